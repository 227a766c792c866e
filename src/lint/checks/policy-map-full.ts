import { rulePorts } from "#analysis/rule-ports.ts";
import { itemsOf } from "#analysis/surprises/written-rules.ts";
import { podEnds } from "#analysis/known-ends.ts";
import { endKey, endName } from "#analysis/end-name.ts";
import type { PodEnd } from "#model/conversation.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { isolatingPolicy } from "../isolating-policy.ts";
import { mostPodPeers, podPeers } from "../rule-peers.ts";

/** pkg/maps/policymap, bpf-policy-map-max. */
const MOST_ENTRIES = 16_384;

export const policyMapFull: Check = {
  id: "policy-map-full",
  severity: "warn",
  title: "more policy map entries than an endpoint has room for",
  why: "The datapath's policy map of an endpoint has one entry for each peer identity, protocol and port that a rule allows; no protocol makes three, a range one for each of its prefixes. Beyond bpf-policy-map-max (16384) entries cannot be written: the endpoint keeps what it had, or is locked down (enable-endpoint-lockdown-on-policy-overflow).",
  limits:
    "Needs the pods: counts what the rules make of the identities that are known, each once. More pods, addresses and names make more.",
  needs: ["objects"],
  find: (world) => foundIn(world),
  bad: `
name: three peers, two ports
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: a}}, spec: {containers: [{name: a}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop, labels: {app: b}}, spec: {containers: [{name: b}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: c, namespace: shop, labels: {app: c}}, spec: {containers: [{name: c}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: d, namespace: other, labels: {app: d}}, spec: {containers: [{name: d}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: a, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: a}}
      ingress:
        - fromEndpoints: [{}]
          toPorts: [{ports: [{port: "80", protocol: TCP}, {port: "443", protocol: TCP}]}]
`,
  good: `
name: one port
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: a}}, spec: {containers: [{name: a}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop, labels: {app: b}}, spec: {containers: [{name: b}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: c, namespace: shop, labels: {app: c}}, spec: {containers: [{name: c}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: d, namespace: other, labels: {app: d}}, spec: {containers: [{name: d}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: a, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: a}}
      ingress:
        - fromEndpoints: [{}]
          toPorts: [{ports: [{port: "80", protocol: TCP}]}]
`,
  recorded: { bad: { config: { policyMapMax: 4 } }, good: { config: { policyMapMax: 4 } } },
};

/** What a rule makes: its peers and its ports, each as keys. */
type Made = { readonly direction: string; readonly peers: readonly string[]; readonly ports: readonly string[] };

function foundIn(world: LintWorld): readonly Found[] {
  const limit = world.config.policyMapMax ?? MOST_ENTRIES;
  const pods = podEnds(world.causes.ends);
  const most = new Map(world.rules.map((rule) => [rule, mostEntries(rule, world)]));
  const memo = new Map<LintRule, Made>();
  const made = (rule: LintRule): Made => {
    const known = memo.get(rule) ?? madeBy(rule, pods, world);
    memo.set(rule, known);
    return known;
  };
  const bySpec = new Map<object, LintRule[]>();
  for (const rule of world.rules) bySpec.set(rule.spec, [...(bySpec.get(rule.spec) ?? []), rule]);
  const rulesOf = new Map<PodEnd, LintRule[]>();
  for (const spec of world.specs) {
    const own = bySpec.get(spec.value) ?? [];
    const subjects = world.subjects(spec);
    if (!subjects.isReal) continue;
    for (const end of subjects.ends) rulesOf.set(end, [...(rulesOf.get(end) ?? []), ...own]);
  }
  return [...rulesOf].flatMap(([end, rules]) => {
    // An upper bound first: what it rules out is not counted.
    if (rules.reduce((sum, rule) => sum + (most.get(rule) ?? 0), 0) <= limit) return [];
    const entries = distinctEntries(rules.map(made));
    const place =
      entries <= limit ? null : (isolatingPolicy(world, end, "egress") ?? isolatingPolicy(world, end, "ingress"));
    if (place === null) return [];
    const message = `${endName(end)} gets at least ${entries} policy map entries, and bpf-policy-map-max is ${limit}`;
    const help =
      "name fewer peers (an entity or a namespace instead of labels of many identities), fewer ports, or raise bpf-policy-map-max";
    return [{ policy: place.policy, path: "", message, help, subjects: [end] }];
  });
}

const PEER_LISTS = ["fromCIDR", "toCIDR", "fromCIDRSet", "toCIDRSet", "toFQDNs"];

function mostEntries(rule: LintRule, world: LintWorld): number {
  const listed = PEER_LISTS.reduce((sum, field) => sum + itemsOf(rule.value[field]).length, 0);
  return (mostPodPeers(rule, world) + listed + 1) * portKeys(rule).length;
}

function distinctEntries(made: readonly Made[]): number {
  const keys = new Set<string>();
  for (const { direction, peers, ports } of made)
    for (const peer of peers) for (const port of ports) keys.add(`${direction} ${peer} ${port}`);
  return keys.size;
}

/** Entities stand for one entry each here: how many identities they are depends on the version. */
function madeBy(rule: LintRule, pods: readonly PodEnd[], world: LintWorld): Made {
  const { value, direction } = rule;
  const taken = podPeers(rule, world).map(endKey);
  // From 1.20 on one entry may stand for the whole cluster.
  const isWhole = taken.length > 1 && taken.length === pods.length;
  const isEntity = [...itemsOf(value["fromEntities"]), ...itemsOf(value["toEntities"])].length > 0;
  const prefixes = [
    ...itemsOf(value["fromCIDR"]),
    ...itemsOf(value["toCIDR"]),
    ...itemsOf(value["fromCIDRSet"]),
    ...itemsOf(value["toCIDRSet"]),
  ];
  const names = itemsOf(value["toFQDNs"]).map((one) => JSON.stringify(one));
  const peers =
    isEntity || (isWhole && world.minor === "1.20")
      ? ["entity"]
      : [...new Set(taken), ...prefixes.map((one) => JSON.stringify(one)), ...names];
  return { direction, peers: peers.length === 0 ? ["everybody"] : peers, ports: portKeys(rule) };
}

function portKeys(rule: LintRule): readonly string[] {
  const ports = rulePorts(rule.policy, rule.ref);
  if (ports.length === 0) return ["0"];
  return ports.flatMap(({ port, protocol, endPort }) => {
    const protocols = protocol === "ANY" ? ["TCP", "UDP", "SCTP"] : [protocol];
    const prefixes = endPort === null || Number.isNaN(Number(port)) ? [port] : rangePrefixes(Number(port), endPort);
    return protocols.flatMap((one) => prefixes.map((prefix) => `${one} ${prefix}`));
  });
}

/** The prefixes that make up a range, as `start/size`. Upstream: PortRangeToMaskedPorts. */
function rangePrefixes(start: number, end: number): readonly string[] {
  if (end <= start) return [String(start)];
  const found: string[] = [];
  for (let at = start; at <= end; ) {
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 - 1 <= end && size < 65_536) size *= 2;
    found.push(`${at}/${size}`);
    at += size;
  }
  return found;
}
