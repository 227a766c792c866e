import type { Engine } from "#engine/engine.ts";
import { podEnd } from "#engine/identity.ts";
import type { Connection, NameKnowledge } from "#model/connection.ts";
import type { Conversation, End, PodEnd } from "#model/conversation.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { endKey } from "./end-name.ts";

/** Who resolves names for a source: an end and port that its DNS questions go to. */
export type Resolver = { readonly to: End; readonly protocol: string; readonly port: number };

/** Every name that an address is known by, and every resolver that a source was seen asking. */
export type NameFacts = {
  readonly byAddress: ReadonlyMap<string, readonly string[]>;
  readonly addressesOf: ReadonlyMap<string, readonly string[]>;
  /** Stand-ins for names of which only a recorded `fqdn:` pattern is known: they match what that pattern matches. */
  readonly standIns: ReadonlyMap<string, readonly string[]>;
  readonly resolversOf: ReadonlyMap<string, readonly Resolver[]>;
  readonly usualResolvers: readonly Resolver[];
};

const NOTHING: NameKnowledge = { learned: [], complete: true };

/** Gathers what the snapshot knows of names: DNS answers, destination_names, the names file; one table for both ways. */
export function nameFacts(snapshot: Snapshot): NameFacts {
  const byAddress = new Map<string, Set<string>>();
  const addressesOf = new Map<string, Set<string>>();
  const note = (name: string, address: string) => {
    addTo(byAddress, address, name);
    addTo(addressesOf, name, address);
  };
  for (const record of snapshot.traffic.names) for (const address of record.addresses) note(record.name, address);
  const standIns = new Map<string, Set<string>>();
  for (const conversation of snapshot.traffic.conversations) {
    if (conversation.to.kind !== "address") continue;
    const address = conversation.to.address;
    for (const name of conversation.destinationNames) note(name, address);
    for (const selector of fqdnSelectors(conversation)) {
      if (selector.includes("*")) addTo(standIns, address, nameMatching(selector));
      else note(selector, address);
    }
  }
  return {
    byAddress: sorted(byAddress),
    addressesOf: sorted(addressesOf),
    standIns: sorted(standIns),
    resolversOf: seenResolvers(snapshot.traffic.conversations),
    usualResolvers: usualResolvers(snapshot),
  };
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

/** True for a conversation that asks a resolver: port 53, or DNS requests seen in it on any port. */
export function isDns(conversation: Conversation): boolean {
  return conversation.port === 53 || conversation.requests.some((seen) => seen.request.kind === "dns");
}

function seenResolvers(conversations: readonly Conversation[]): ReadonlyMap<string, readonly Resolver[]> {
  const found = new Map<string, Resolver[]>();
  for (const conversation of conversations) {
    if (!isDns(conversation) || conversation.port === null) continue;
    const resolver = { to: conversation.to, protocol: conversation.protocol, port: conversation.port };
    const key = endKey(conversation.from);
    const list = found.get(key);
    if (list === undefined) found.set(key, [resolver]);
    else list.push(resolver);
  }
  return found;
}

/** The cluster's DNS pods, for sources whose questions the recording does not hold. */
function usualResolvers(snapshot: Snapshot): readonly Resolver[] {
  const config = snapshot.config.value;
  const pods = snapshot.inventory.pods.filter(
    (pod) => !pod.hostNetwork && ["kube-dns", "coredns"].includes(pod.labels["k8s-app"] ?? ""),
  );
  const ends: End[] = pods.map((pod) => podEnd(pod, snapshot.inventory, snapshot.cilium.value, config));
  if (ends.length === 0) ends.push(assumedResolver(config.clusterName));
  return ends.slice(0, 4).flatMap((to) => [
    { to, protocol: "UDP", port: 53 },
    { to, protocol: "TCP", port: 53 },
  ]);
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
  /** The knowledge that decides a conversation. */
  readonly of: (from: End, to: End) => NameKnowledge;
  /** True when some DNS question of this source goes through the DNS proxy. */
  readonly isProxied: (from: End) => boolean;
  /** True when the DNS proxy passes this very question of this source. */
  readonly mayAsk: (from: End, name: string) => boolean;
  readonly resolvers: (from: End) => readonly Resolver[];
};

/**
 * What an endpoint's own lookups teach Cilium under `engine`'s policies. A name is learned when the source may ask it
 * through the DNS proxy; a source whose DNS is not proxied learns nothing (a neighbour's lookup may teach its node:
 * flaky, so never counted on; traps 16 and 37, lab 1.3). Where the source is proxied but nobody recorded a name for the
 * address, the knowledge is incomplete.
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
  const of = (from: End, to: End): NameKnowledge => {
    if (from.kind !== "pod" || to.kind !== "address" || !isProxied(from)) return NOTHING;
    const known = facts.byAddress.get(to.address) ?? [];
    const standIns = facts.standIns.get(to.address) ?? [];
    return { learned: [...known, ...standIns].filter((name) => mayAsk(from, name)), complete: known.length > 0 };
  };
  return { of, isProxied, mayAsk, resolvers };
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
