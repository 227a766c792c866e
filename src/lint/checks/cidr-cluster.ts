import { cidrContains, covers, parsePrefix } from "#engine/identity/cidr.ts";
import { endName } from "#analysis/end-name.ts";
import { podEnds } from "#analysis/known-ends.ts";
import type { End } from "#model/conversation.ts";
import { answerFor, between, HOST, ruleSpec } from "../ask.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { packetsOf } from "../names.ts";
import { nodeEnd } from "../probe.ts";
import { withDenials } from "../with-denials.ts";
import { writtenCidrs } from "../written-cidrs.ts";

export const cidrCluster: Check = {
  id: "cidr-cluster",
  severity: "error",
  title: "a CIDR for addresses of the cluster",
  why: "A CIDR rule takes addresses that have no identity of the cluster (pkg/policy/types, cidr labels belong to the world). Pods, nodes and the agent's own endpoints have one, so a rule for their addresses takes nothing, whatever its width: not the pod CIDR, not a node's /32, not a Service's ClusterIP, which is a pod's address before policy is asked.",
  limits:
    "Needs objects that tell which addresses are the cluster's (or a recording). Told are CIDRs that lie wholly inside: a wider one may mean the outside as well. Silent where `policyCIDRMatchMode` makes nodes or pods match, and where other rules allow what it means.",
  needs: ["objects"],
  yieldsTo: ["apiserver-egress"],
  find: (world) =>
    withDenials(
      world,
      world.rules.flatMap((rule) => foundIn(world, rule)),
      "cidr-cluster",
    ),
  bad: `
name: the pod CIDR is meant
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, spec: {podCIDRs: [10.42.0.0/24]}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}, status: {podIP: 10.42.0.7}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {nodeName: node-1, containers: [{name: db}]}, status: {podIP: 10.42.0.8}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toCIDR: [10.42.0.0/24]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
  good: `
name: the pods are selected
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, spec: {podCIDRs: [10.42.0.0/24]}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}, status: {podIP: 10.42.0.7}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {nodeName: node-1, containers: [{name: db}]}, status: {podIP: 10.42.0.8}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {app: db}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
};

function foundIn(world: LintWorld, rule: LintRule): readonly Found[] {
  return writtenCidrs(rule).flatMap(({ path, cidr }): readonly Found[] => {
    const held = heldBy(world, cidr);
    if (held === null || isAllowedAnyway(world, rule, held.ends)) return [];
    const what = rule.deny ? "denies" : "takes";
    return [
      {
        ...{ policy: rule.policy, path, peers: held.ends },
        message: `${cidr} is ${held.what}: it has an identity of the cluster, so a CIDR rule never ${what} it`,
        help: held.help,
      },
    ];
  });
}

/** What a CIDR that lies wholly in the cluster stands for. */
type Held = { readonly what: string; readonly help: string; readonly ends: readonly End[] };

function heldBy(world: LintWorld, cidr: string): Held | null {
  const mode = world.config.policyCIDRMatchMode;
  const single = /\/(?:32|128)$/.test(cidr) ? cidr.slice(0, cidr.lastIndexOf("/")) : null;
  if (single === null) return mode.includes("pods") ? null : podPrefix(world, cidr);
  const facts = clusterAddresses(world);
  const node = facts.nodes.get(single);
  if (node !== undefined && !mode.includes("nodes")) {
    const help = "name the entities `remote-node` and `host`";
    return { what: `the address of node ${node}`, help, ends: [HOST, nodeEnd(false)] };
  }
  const pod = facts.pods.get(single);
  if (pod !== undefined && !mode.includes("pods"))
    return { what: `a pod's address (${endName(pod)})`, help: "select the pod by its labels", ends: [pod] };
  const service = facts.services.get(single);
  if (service === undefined || world.config.socketLoadBalancing === false) return null;
  const help = "select the Service's pods by their labels, with the container's port";
  return { what: `the ClusterIP of Service ${service}`, help, ends: [] };
}

function podPrefix(world: LintWorld, cidr: string): Held | null {
  const prefix = parsePrefix(cidr);
  if (prefix === null) return null;
  const outer = clusterAddresses(world).podPrefixes.find((text) => {
    const one = parsePrefix(text);
    return one !== null && covers(one, prefix);
  });
  if (outer === undefined) return null;
  const ends = podEnds(world.causes.ends).filter((end) => end.addresses.some((address) => cidrContains(cidr, address)));
  return {
    what: `addresses of pods (${outer} is a node's pod CIDR)`,
    help: "select the pods by their labels",
    ends: ends.slice(0, 20),
  };
}

const clusterAddresses = perWorld(({ snapshot: { inventory }, causes }) => {
  const pods = new Map(podEnds(causes.ends).flatMap((end) => end.addresses.map((address) => [address, end] as const)));
  const all = [...inventory.nodes, ...inventory.ciliumNodes];
  const nodes = new Map(all.flatMap((node) => node.addresses.map(({ address }) => [address, node.name] as const)));
  const services = new Map(
    inventory.services.flatMap((one) =>
      one.clusterIPs.map((address) => [address, `${one.namespace}/${one.name}`] as const),
    ),
  );
  services.delete("None");
  return { pods, nodes, services, podPrefixes: all.flatMap(({ podCIDRs }) => podCIDRs) };
});

/** What it means is let by other rules on every port that it names: then it is only superfluous. */
function isAllowedAnyway(world: LintWorld, rule: LintRule, ends: readonly End[]): boolean {
  const [subject] = world.subjects(ruleSpec(rule)).each();
  if (rule.deny || subject === undefined || ends.length === 0) return false;
  return ends.every((peer) =>
    packetsOf(rule).every(
      (packet) => answerFor(world, between(subject, peer, rule.direction, packet), rule.direction) !== "denied",
    ),
  );
}
