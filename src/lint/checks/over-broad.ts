import { durationText } from "#analysis/evidence.ts";
import { itemsOf } from "#analysis/surprises/written-rules.ts";
import { isObject, type JsonObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { ruleUses, type Use, useKey } from "../long-window.ts";

const WEEKS = {
  coverage: {
    ...{ from: 0, to: 1_814_400_000, windowSeconds: 1_814_400, flows: 9000 },
    nodes: [{ name: "node-1", flows: 9000, from: 0, to: 1_814_400_000 }],
  },
};

/** So few peers or ports are few enough to be named. */
const FEW = 5;

export const overBroad: Check = {
  id: "over-broad",
  severity: "info",
  title: "a rule for everybody that a handful uses",
  why: "`toEntities: [world]` or `all`, 0.0.0.0/0, and rules without ports are written while nobody knows what is needed. After weeks of recording it is known: what was never used is an opening for whoever gets into the pod.",
  limits:
    "Judged only by recordings of two weeks and more in which every node and workload was heard; told where at most five peers or ports used the rule.",
  needs: ["objects", "flows"],
  find: (world) => {
    const uses = ruleUses(world);
    return uses === null ? [] : world.rules.flatMap((rule) => foundOf(rule, uses.get(useKey(rule)), world));
  },
  bad: `
name: the whole world for one API
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEntities: [world]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
connections:
  - {from: shop/web-1, to: 198.51.100.7, port: 443, expect: {}}
`,
  good: `
name: the API alone
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toCIDR: [198.51.100.7/32]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
connections:
  - {from: shop/web-1, to: 198.51.100.7, port: 443, expect: {}}
`,
  recorded: { bad: WEEKS, good: WEEKS },
};

function foundOf(rule: LintRule, use: Use | undefined, world: LintWorld): readonly Found[] {
  if (rule.deny || use === undefined) return [];
  const window = durationText(world.snapshot.traffic.coverage.windowSeconds);
  const peers =
    isForEverybody(rule) && use.peers.size <= FEW
      ? `${use.peers.size === 1 ? "one peer" : `${use.peers.size} peers`}`
      : null;
  const ports = hasAllPorts(rule) && use.ports.size <= FEW ? [...use.ports].sort().join(", ") : null;
  if (peers === null && ports === null) return [];
  const used = [
    ...(peers === null ? [] : [`${peers} used what it opens to everybody`]),
    ...(ports === null ? [] : [`of all ports only ${ports} was used`]),
  ];
  const help = peers === null ? "name the ports" : "name the peers: toFQDNs, a CIDR, or labels";
  const message = `in ${window} of recording ${used.join(", and ")}`;
  return [
    { policy: rule.policy, path: elementPath(rule.ref.element), message, help, conversations: use.conversations },
  ];
}

const EVERYBODY = ["world", "all", "0.0.0.0/0", "::/0"];

function isForEverybody({ value }: LintRule): boolean {
  const peers = [
    ...itemsOf(value["toEntities"]),
    ...itemsOf(value["fromEntities"]),
    ...itemsOf(value["toCIDR"]),
    ...itemsOf(value["fromCIDR"]),
  ];
  const sets = [...itemsOf(value["toCIDRSet"]), ...itemsOf(value["fromCIDRSet"])].map((one) =>
    isObject(one) ? one["cidr"] : undefined,
  );
  return [...peers, ...sets].some((one) => EVERYBODY.includes(String(one)));
}

/** A rule for a person's own pods (`fromEndpoints: [{}]`) without ports is usual and no opening to speak of. */
function hasAllPorts(rule: LintRule): boolean {
  const { value }: { readonly value: JsonObject } = rule;
  return (
    value["toPorts"] === undefined &&
    value["ports"] === undefined &&
    value["icmps"] === undefined &&
    isForEverybody(rule)
  );
}
