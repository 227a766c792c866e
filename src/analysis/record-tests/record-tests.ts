import type { Conversation, End } from "#model/conversation.ts";
import type { JsonObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { PolicyTest, RecordedTest } from "#model/policy-test.ts";
import { defaultConfig } from "#model/profile.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { endName } from "../end-name.ts";
import { type NameFacts, nameFacts } from "../learned-names.ts";
import { preparePolicyTest, runConnection } from "../policy-test/policy-test.ts";
import { type PolicySet, policySet, proposedSet } from "../proposal.ts";
import { type Accepted, sortConversation } from "./accepted.ts";
import { castOf } from "./cast.ts";
import { connectionDocument, connectionsOf, homeOf, type RecordedConnection } from "./connections.ts";
import { inventoryFor, manifestsFor, policyManifest } from "./objects.ts";

/** What tests are made of, and which policies the tests will find in the user's own files. */
export type RecordingInput = {
  readonly snapshot: Snapshot;
  readonly proposed: readonly PolicyObject[];
  readonly only: boolean;
  /** Policy files that the tests will name; policies of other files are written into the tests. */
  readonly files: ReadonlySet<string>;
};

type Stage = {
  readonly input: RecordingInput;
  readonly facts: NameFacts;
  readonly set: PolicySet;
  readonly policies: readonly PolicyObject[];
  /** What all policies say, in lower case. */
  readonly policyText: string;
};

/**
 * Makes policy tests from the conversations that were forwarded and that the proposal allows: one a namespace, ends made
 * from the recorded labels. Each test is run before it is given back: a connection that its few objects decide otherwise
 * than the whole cluster did is left out, and said.
 */
export function recordTests(input: RecordingInput): readonly RecordedTest[] {
  const stage = prepare(input);
  const homes = new Map<string | null, { accepted: Accepted[]; leftOut: string[] }>();
  for (const conversation of inOrder(input.snapshot.traffic.conversations)) {
    const named = withNames(conversation, stage);
    const home = homes.get(homeOf(named)) ?? { accepted: [], leftOut: [] };
    homes.set(homeOf(named), home);
    const { accepted, leftOut } = sortConversation(named, stage.set);
    if (accepted !== null) home.accepted.push(accepted);
    home.leftOut.push(...leftOut);
  }
  return [...homes]
    .sort(([a], [b]) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
    .map(([namespace, home]) => recordedTest(namespace, home, stage));
}

function prepare(input: RecordingInput): Stage {
  const { snapshot, proposed, only } = input;
  const facts = nameFacts(snapshot);
  const policies = proposedSet(snapshot.policies, proposed, only);
  const policyText = policies.map((policy) => JSON.stringify(policy.value).toLowerCase()).join("\n");
  return { input, facts, policies, policyText, set: policySet(snapshot, facts, policies) };
}

/** By names and port, not by when or how often: the same traffic gives the same file. */
function inOrder(conversations: readonly Conversation[]): readonly Conversation[] {
  const key = (one: Conversation) =>
    [endName(one.to), endName(one.from), String(one.port ?? "").padStart(5, "0"), one.protocol, one.id].join("\u0000");
  return conversations
    .map((one) => ({ one, key: key(one) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ one }) => one);
}

/** Outside ends under the first name that is known of them, for people to read. */
function withNames(conversation: Conversation, { facts }: Stage): Conversation {
  const named = (end: End): End =>
    end.kind === "address" ? { ...end, names: facts.byAddress.get(end.address) ?? end.names } : end;
  return { ...conversation, from: named(conversation.from), to: named(conversation.to) };
}

type Home = { readonly accepted: readonly Accepted[]; readonly leftOut: readonly string[] };

function recordedTest(namespace: string | null, { accepted, leftOut }: Home, stage: Stage): RecordedTest {
  const first = buildTest(namespace, accepted, stage);
  const wrong = first.connections.filter((_, index) => !first.passes(index));
  const wrongOnes = new Set(wrong.map(({ conversation }) => conversation));
  const kept = accepted.filter(({ conversation }) => !wrongOnes.has(conversation));
  const built = wrongOnes.size === 0 ? first : buildTest(namespace, kept, stage);
  const connections = built.connections.filter((_, index) => built.passes(index));
  const unlike = [...wrongOnes].map(
    ({ from, to, port, protocol }) =>
      `${endName(from)} → ${endName(to)} ${port ?? protocol}: the few objects of a test decide it otherwise than the cluster`,
  );
  return {
    namespace,
    document: { ...built.head, connections: connections.map(connectionDocument) },
    connections: connections.length,
    leftOut: [...leftOut, ...built.dropped, ...unlike].sort(),
  };
}

type Built = {
  readonly head: JsonObject;
  readonly connections: readonly RecordedConnection[];
  readonly dropped: readonly string[];
  readonly passes: (index: number) => boolean;
};

function buildTest(namespace: string | null, accepted: readonly Accepted[], stage: Stage): Built {
  const { snapshot, files } = stage.input;
  const { cilium, config } = snapshot;
  const ends = accepted.flatMap(({ conversation: { from, to } }) => [from, to]);
  const cast = castOf(ends, {
    addresses: config.value.policyCIDRMatchMode.includes("pods"),
    ports: /"port":"(?!\d+")/.test(stage.policyText),
  });
  const made = accepted.map((one) => ({ one, ...connectionsOf(one, { ...stage, cast }) }));
  const connections = distinctNames(made.flatMap((one) => one.connections));
  const inventory = inventoryFor(cast, stage.policies, snapshot);
  const inline = stage.policies.filter((policy) => policy.file === null || !files.has(policy.file));
  const relevant = inline.filter((policy) => isAbout(policy, ends, stage));
  const dns = learnedIn(accepted, stage);
  const name = namespace === null ? "accepted traffic outside namespaces" : `accepted traffic of ${namespace}`;
  const test: PolicyTest = {
    name,
    cilium: cilium.value,
    config: config.value,
    objects: [],
    dns,
    connections: connections.map(({ connection }) => connection),
    expectPolicies: [],
    file: null,
  };
  const prepared = preparePolicyTest(test, inventory, stage.policies);
  const settings = settingsOf(snapshot);
  return {
    connections,
    dropped: made.flatMap(({ one: { conversation }, dropped }) =>
      dropped === 0
        ? []
        : [`${endName(conversation.from)} → ${endName(conversation.to)}: ${dropped} more kinds of requests`],
    ),
    passes: (index) => runConnection(prepared, index).pass,
    head: {
      name,
      cilium: cilium.value,
      ...(Object.keys(settings).length === 0 ? {} : { config: settings }),
      objects: [...relevant.map(policyManifest), ...manifestsFor(inventory)],
      ...(dns.length === 0 ? {} : { dns: dns.map(({ name: known, ips }) => ({ name: known, ips })) }),
    },
  };
}

/** Policies that select no end of the test decide nothing in it. */
function isAbout(policy: PolicyObject, ends: readonly End[], { set }: Stage): boolean {
  const name = [...set.policies].find(([, one]) => one === policy)?.[0];
  return name !== undefined && ends.some((end) => set.engine.selectsSubject(name, end));
}

/** Two connections of one name would be told apart by nothing: the later ones get a number. */
function distinctNames(connections: readonly RecordedConnection[]): readonly RecordedConnection[] {
  const counts = new Map<string, number>();
  return connections.map((one) => {
    const name = one.connection.name ?? "";
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? one : { ...one, connection: { ...one.connection, name: `${name} (${count})` } };
  });
}

/** The names under which Cilium would know the outside addresses; stand-ins for unknown names are none. */
function learnedIn(accepted: readonly Accepted[], { facts, set }: Stage): PolicyTest["dns"] {
  const addresses = new Map<string, Set<string>>();
  for (const { conversation } of accepted) {
    const { from, to } = conversation;
    if (to.kind !== "address") continue;
    const standIns = facts.standIns.get(to.address) ?? [];
    for (const name of set.names.of(from, to, conversation).learned) {
      if (standIns.includes(name)) continue;
      addresses.set(name, (addresses.get(name) ?? new Set()).add(to.address));
    }
  }
  return [...addresses]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, ips]) => ({ name, ips: [...ips].sort(), seenBy: null }));
}

/** The settings of the policy test format. */
const SETTINGS: ReadonlySet<string> = new Set([
  "policyEnforcementMode",
  "allowLocalhost",
  "policyCIDRMatchMode",
  "ipv4",
  "ipv6",
  "clusterName",
  "policyDefaultLocalCluster",
  "enableL7Proxy",
  "enableSCTP",
  "enableICMPRules",
  "enableNodeSelectorLabels",
  "enableExtendedIPProtocols",
  "allowICMPFragNeeded",
  "enableNonDefaultDenyPolicies",
]);

/** Settings that differ from the minor's defaults, among those that a test may name. */
function settingsOf({ cilium, config }: Snapshot): JsonObject {
  const defaults: ReadonlyMap<string, unknown> = new Map(Object.entries(defaultConfig(cilium.value)));
  const differing = Object.entries(config.value).filter(([key, value]) => {
    return SETTINGS.has(key) && JSON.stringify(defaults.get(key)) !== JSON.stringify(value);
  });
  return Object.fromEntries(differing);
}
