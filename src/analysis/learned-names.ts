import type { Engine } from "#engine/engine.ts";
import { podEnd } from "#engine/identity/identity.ts";
import type { Connection, NameKnowledge } from "#model/connection.ts";
import type { Conversation, End, PodEnd } from "#model/conversation.ts";
import type { NameRecord } from "#model/coverage.ts";
import type { Missing } from "#model/decision.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { endKey } from "./end-name.ts";
import { DNS_PORT, isDns, type ResolverPorts, resolverPorts } from "./resolver-ports.ts";
import { isOwn, type NameQuery, neighbourOf, type Occasion, ownNames, unnamed } from "./known-names.ts";

/** Who resolves names for a source: an end and port that its DNS questions go to. */
export type Resolver = { readonly to: End; readonly protocol: string; readonly port: number };

/** Every name that an address is known by, and every resolver that a source was seen asking. */
export type NameFacts = {
  readonly byAddress: ReadonlyMap<string, readonly string[]>;
  readonly addressesOf: ReadonlyMap<string, readonly string[]>;
  /** Stand-ins for names of which only a recorded `fqdn:` pattern is known: they match what that pattern matches. */
  readonly standIns: ReadonlyMap<string, readonly string[]>;
  /** Names that a recorded `fqdn:` label tells of an address: Cilium itself knew them. */
  readonly labelled: ReadonlyMap<string, readonly string[]>;
  readonly recordsAt: ReadonlyMap<string, readonly NameRecord[]>;
  /** Names that each end was seen asking for, by `endKey`. */
  readonly askedBy: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ends whose DNS the proxy saw while recording. */
  readonly heard: ReadonlySet<string>;
  readonly minTtlSeconds: number;
  /** What was worked out for a conversation already: it is the same under every set of policies. */
  readonly worked: WeakMap<Occasion, NamesFor>;
  readonly resolversOf: ReadonlyMap<string, readonly Resolver[]>;
  readonly usualResolvers: readonly Resolver[];
};

/** The names of one address that count for one source; with `missing` where none does. */
export type NamesFor = { readonly names: readonly string[]; readonly missing: Missing | null };

const NOTHING: NameKnowledge = { learned: [], complete: true };

/** Gathers what the snapshot knows of names: DNS answers, destination_names, the names files; one table for both ways. */
export function nameFacts(snapshot: Snapshot): NameFacts {
  const { names, conversations } = snapshot.traffic;
  const ports = resolverPorts(snapshot);
  const labels = labelledNames(conversations);
  const byAddress = new Map<string, Set<string>>();
  const addressesOf = new Map<string, Set<string>>();
  const note = (name: string, address: string) => {
    addTo(byAddress, address, name);
    addTo(addressesOf, name, address);
  };
  for (const record of names) for (const address of record.addresses) note(record.name, address);
  for (const [address, labelled] of labels.names) for (const name of labelled) note(name, address);
  for (const conversation of conversations) {
    if (conversation.to.kind !== "address") continue;
    for (const name of conversation.destinationNames) note(name, conversation.to.address);
  }
  return {
    byAddress: sorted(byAddress),
    addressesOf: sorted(addressesOf),
    standIns: sorted(labels.standIns),
    labelled: sorted(labels.names),
    recordsAt: recordsByAddress(names),
    ...questionsSeen(conversations),
    minTtlSeconds: snapshot.config.value.fqdnMinTtlSeconds ?? 0,
    worked: new WeakMap(),
    resolversOf: seenResolvers(conversations, ports),
    usualResolvers: usualResolvers(snapshot, ports),
  };
}

/** The names, and patterns' stand-ins, that recorded labels of outside ends tell. */
function labelledNames(conversations: readonly Conversation[]) {
  const names = new Map<string, Set<string>>();
  const standIns = new Map<string, Set<string>>();
  for (const conversation of conversations) {
    if (conversation.to.kind !== "address") continue;
    for (const selector of fqdnSelectors(conversation)) {
      if (selector.includes("*")) addTo(standIns, conversation.to.address, nameMatching(selector));
      else addTo(names, conversation.to.address, selector);
    }
  }
  return { names, standIns };
}

function recordsByAddress(names: readonly NameRecord[]): ReadonlyMap<string, readonly NameRecord[]> {
  const found = new Map<string, NameRecord[]>();
  for (const record of names) {
    for (const address of record.addresses) {
      const list = found.get(address);
      if (list === undefined) found.set(address, [record]);
      else list.push(record);
    }
  }
  return found;
}

/** Requests without a verdict come from a query log: asked for, but not through Cilium's proxy. */
function questionsSeen(conversations: readonly Conversation[]): Pick<NameFacts, "askedBy" | "heard"> {
  const askedBy = new Map<string, Set<string>>();
  const heard = new Set<string>();
  for (const { from, requests } of conversations) {
    for (const { request, verdicts } of requests) {
      if (request.kind !== "dns") continue;
      addTo(askedBy, endKey(from), request.name);
      if (Object.keys(verdicts).length > 0) heard.add(endKey(from));
    }
  }
  return { askedBy, heard };
}

/** The selectors in the recorded `fqdn:` labels of a conversation's destination, at any time of the recording. */
function fqdnSelectors(conversation: Conversation): readonly string[] {
  const now = conversation.to.kind === "address" ? conversation.to.labels : [];
  const then = conversation.verdicts.flatMap((verdict) => verdict.remoteLabels ?? []);
  return selectorsIn([...now, ...then]);
}

/** `fqdn:*.github.com` → `*.github.com`. */
export function selectorsIn(labels: readonly string[]): readonly string[] {
  const found = labels.filter((label) => label.startsWith("fqdn:")).map((label) => label.slice("fqdn:".length));
  return [...new Set(found)];
}

/** Some name that a pattern matches, in every minor. The recording told the pattern, not the name. */
export function nameMatching(pattern: string): string {
  return pattern
    .replace(/^\*\*\./, "recorded-name.")
    .replaceAll("*", "recorded-name")
    .toLowerCase();
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

function sorted(map: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  return new Map([...map].map(([key, values]) => [key, [...values].sort()]));
}

function seenResolvers(
  conversations: readonly Conversation[],
  portsOf: ResolverPorts,
): ReadonlyMap<string, readonly Resolver[]> {
  const found = new Map<string, Resolver[]>();
  for (const conversation of conversations) {
    if (conversation.port === null) continue;
    if (!isDns(conversation) && !portsOf(conversation.to).includes(conversation.port)) continue;
    const resolver = { to: conversation.to, protocol: conversation.protocol, port: conversation.port };
    const key = endKey(conversation.from);
    const list = found.get(key);
    if (list === undefined) found.set(key, [resolver]);
    else list.push(resolver);
  }
  return found;
}

/** The cluster's DNS pods, for sources whose questions the recording does not hold. */
function usualResolvers(snapshot: Snapshot, portsOf: ResolverPorts): readonly Resolver[] {
  const config = snapshot.config.value;
  const pods = snapshot.inventory.pods.filter(
    (pod) => !pod.hostNetwork && ["kube-dns", "coredns"].includes(pod.labels["k8s-app"] ?? ""),
  );
  const ends: End[] = pods.map((pod) => podEnd(pod, snapshot.inventory, snapshot.cilium.value, config));
  if (ends.length === 0) ends.push(assumedResolver(config.clusterName));
  return ends.slice(0, 4).flatMap((to) =>
    (portsOf(to).length > 0 ? portsOf(to) : [DNS_PORT]).flatMap((port) => [
      { to, protocol: "UDP", port },
      { to, protocol: "TCP", port },
    ]),
  );
}

/** What nearly every cluster runs, when neither flows nor objects say: CoreDNS in kube-system. */
function assumedResolver(cluster: string): PodEnd {
  return {
    kind: "pod",
    namespace: "kube-system",
    workload: { kind: "Deployment", name: "coredns" },
    pods: [],
    podCount: 0,
    labels: [
      "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=kube-system",
      `k8s:io.cilium.k8s.policy.cluster=${cluster}`,
      "k8s:io.cilium.k8s.policy.serviceaccount=coredns",
      "k8s:io.kubernetes.pod.namespace=kube-system",
      "k8s:k8s-app=kube-dns",
    ],
    namedPorts: [
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "dns-tcp", port: 53, protocol: "TCP" },
    ],
    nodes: [],
    addresses: [],
    otherCluster: null,
  };
}

/** Answers, under one set of policies, which names Cilium would know for whom. */
export type LearnedNames = {
  /** The knowledge that decides a conversation; without an occasion, at any time. */
  readonly of: (from: End, to: End, occasion?: Occasion) => NameKnowledge;
  /** True when some DNS question of this source goes through the DNS proxy. */
  readonly isProxied: (from: End) => boolean;
  /** True when the DNS proxy passes this very question of this source. */
  readonly mayAsk: (from: End, name: string) => boolean;
  readonly resolvers: (from: End) => readonly Resolver[];
  /** A record of another pod on the source's node that would make the address known there by accident. */
  readonly neighbour: (from: End, to: End, occasion?: Occasion) => NameRecord | null;
};

const NONE: ReadonlySet<string> = new Set();

/**
 * What an endpoint's own lookups teach Cilium under `engine`'s policies. A name is learned when the source may ask it
 * through the DNS proxy; a source whose DNS is not proxied learns nothing (a neighbour's lookup may teach its node:
 * flaky, so never counted on; traps 16 and 37, lab 1.3). Where the recording holds the source's own DNS, only what it
 * asked counts, in time; where it does not, the address is taken to be called what anybody calls it. Where the source is
 * proxied but no name counts, the knowledge is incomplete.
 */
export function learnedNames(engine: Engine, facts: NameFacts): LearnedNames {
  const proxied = new Map<string, boolean>();
  const asked = new Map<string, boolean>();
  const resolvers = (from: End) => facts.resolversOf.get(endKey(from)) ?? facts.usualResolvers;
  const isProxied = (from: End) =>
    remembered(proxied, endKey(from), () => resolvers(from).some((resolver) => asksProxy(engine, from, resolver)));
  const mayAsk = (from: End, name: string) =>
    remembered(asked, `${endKey(from)} ${name}`, () =>
      resolvers(from).some((resolver) => passesProxy(engine, from, resolver, name)),
    );
  const of = (from: End, to: End, occasion?: Occasion): NameKnowledge => {
    if (from.kind !== "pod" || to.kind !== "address" || !isProxied(from)) return NOTHING;
    const { names, missing } = namesFor(facts, from, to.address, happened(occasion));
    const standIns = facts.standIns.get(to.address) ?? [];
    const learned = [...names, ...standIns].filter((name) => mayAsk(from, name));
    return missing === null ? { learned, complete: true } : { learned, complete: false, missing };
  };
  const neighbour = (from: End, to: End, occasion?: Occasion) =>
    to.kind === "address" ? neighbourOf(queryOf(facts, from, to.address, happened(occasion))) : null;
  return { of, isProxied, mayAsk, resolvers, neighbour };
}

function happened(occasion: Occasion | undefined): Occasion | null {
  return occasion === undefined || occasion.flows === 0 ? null : occasion;
}

function queryOf(facts: NameFacts, from: End, address: string, occasion: Occasion | null): NameQuery {
  const records = facts.recordsAt.get(address) ?? [];
  const asked = facts.askedBy.get(endKey(from)) ?? NONE;
  return { from, asked, records, occasion, minTtlSeconds: facts.minTtlSeconds };
}

/** The names by which a source would know an address were its DNS proxied, stand-ins for known patterns among them. */
export function namesIfProxied(facts: NameFacts, from: End, to: End, occasion: Occasion): NamesFor {
  return to.kind === "address" ? namesFor(facts, from, to.address, happened(occasion)) : { names: [], missing: null };
}

function namesFor(facts: NameFacts, from: End, address: string, occasion: Occasion | null): NamesFor {
  const known = occasion === null ? undefined : facts.worked.get(occasion);
  if (known !== undefined) return known;
  const found = findNames(facts, from, address, occasion);
  if (occasion !== null) facts.worked.set(occasion, found);
  return found;
}

function findNames(facts: NameFacts, from: End, address: string, occasion: Occasion | null): NamesFor {
  const query = queryOf(facts, from, address, occasion);
  const isHeard =
    facts.heard.has(endKey(from)) || query.records.some((one) => one.source === "dns" && isOwn(one, query));
  const everybodys = facts.byAddress.get(address) ?? [];
  const labelled = facts.labelled.get(address) ?? [];
  const own = ownNames(query);
  const names = isHeard ? [...new Set([...own.names, ...labelled])].sort() : everybodys;
  if (names.length > 0) return { names, missing: null };
  return { names, missing: own.missing ?? unnamed(from, address, unplacedNames(facts, query)) };
}

/** Outside names that the source asks for and whose addresses nobody told: one of them may be the address's. */
function unplacedNames(facts: NameFacts, { asked }: NameQuery): readonly string[] {
  const isExpanded = (name: string) =>
    name.split(".").some((_, at, labels) => at > 1 && asked.has(labels.slice(0, at).join(".")));
  return [...asked]
    .filter((name) => !facts.addressesOf.has(name) && name.includes(".") && !isInside(name) && !isExpanded(name))
    .sort();
}

function isInside(name: string): boolean {
  return /(^|\.)(svc|cluster\.local|in-addr\.arpa|ip6\.arpa)$/.test(name);
}

function remembered(memo: Map<string, boolean>, key: string, compute: () => boolean): boolean {
  const known = memo.get(key);
  if (known !== undefined) return known;
  const value = compute();
  memo.set(key, value);
  return value;
}

function asksProxy(engine: Engine, from: End, resolver: Resolver): boolean {
  const egress = engine.decide(connectionToResolver(from, resolver)).egress;
  return egress?.decision === "allowed" && egress.redirect === "dns";
}

function passesProxy(engine: Engine, from: End, resolver: Resolver, name: string): boolean {
  const egress = engine.decide(connectionToResolver(from, resolver, name)).egress;
  return egress?.decision === "allowed" && egress.redirect === "dns" && egress.l7 === "allowed";
}

/** The connection by which a source asks a resolver for a name; without one, at L4 alone. */
export function connectionToResolver(from: End, resolver: Resolver, name: string | null = null): Connection {
  return {
    from,
    to: resolver.to,
    protocol: resolver.protocol,
    port: resolver.port,
    icmpType: null,
    icmpCode: null,
    request: name === null ? null : { kind: "dns", name },
    names: NOTHING,
  };
}
