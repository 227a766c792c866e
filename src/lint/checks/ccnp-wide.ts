import { podEnds } from "#analysis/known-ends.ts";
import { publicServices } from "#analysis/pod-facts.ts";
import type { Candidate, Walk } from "#model/connection.ts";
import type { End, PodEnd } from "#model/conversation.ts";
import type { Severity } from "#model/finding.ts";
import type { Inventory } from "#model/objects.ts";
import { policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import { isIsolated } from "../isolation-memo.ts";
import type { LintWorld } from "../lint-world.ts";
import { nodeEnd, OUTSIDE, ownEndpoint, probe } from "../probe.ts";
import { onlySpec, type Spec } from "../subjects.ts";

export const ccnpWide: Check = {
  id: "ccnp-wide",
  severity: "error",
  title: "a clusterwide policy that also closes what the cluster runs on",
  why: "`endpointSelector: {}` in a CiliumClusterwideNetworkPolicy takes every endpoint, the agent's own among them: reserved:health, which other nodes probe (remote-node, TCP 4240 and ICMP), and reserved:ingress, in whose name Envoy serves Cilium Ingress and Gateway API (denied requests get a 403, under audit mode as well). It takes CoreDNS and ingress controllers too.",
  limits:
    "Told where the merged set isolates them and no rule takes what they need. The ingress endpoint, DNS and controllers count where objects or flows show them; health is a warning where the number of nodes is not known, and silent with one node.",
  needs: [],
  find: (world) =>
    world.specs.flatMap((spec) => (spec.policy.kind === "CiliumClusterwideNetworkPolicy" ? foundOf(spec, world) : [])),
  bad: `
name: health is an endpoint
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumClusterwideNetworkPolicy
    metadata: {name: default-deny}
    spec:
      endpointSelector: {}
      ingress: [{fromEntities: [host]}]
`,
  good: `
name: health is admitted
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumClusterwideNetworkPolicy
    metadata: {name: default-deny}
    spec:
      endpointSelector: {}
      ingress: [{fromEntities: [health, remote-node]}]
`,
};

/** Something that is cut off, in words, and how sure it is. */
type Cut = { readonly what: string; readonly help: string; readonly severity: Severity; readonly ends: readonly End[] };

function foundOf(spec: Spec, world: LintWorld): readonly Found[] {
  const alone = world.alone(onlySpec(spec));
  const name = policyName(spec.policy);
  const selects = (end: End) => alone.selectsSubject(name, end);
  const cuts = [...health(selects, name, world), ...ingress(selects, name, world), ...pods(selects, name, world)];
  return cuts.map(({ what, help, severity, ends }) => ({
    ...{ policy: spec.policy, path: spec.path, help, severity, subjects: ends },
    message: `the clusterwide selector also takes ${what}`,
  }));
}

type Selects = (end: End) => boolean;

/** Nodes with a health endpoint; null where the objects do not tell. */
function healthEndpoints({ nodes, ciliumNodes }: Inventory): number | null {
  if (ciliumNodes.length > 0) return ciliumNodes.filter((node) => node.healthAddresses.length > 0).length;
  return nodes.length > 0 ? nodes.length : null;
}

/** The allow rules that take a connection's port, or those that take its peer as well; null where this policy isolates nothing there. */
function allows(walk: Walk, name: string): readonly Candidate[] | null {
  if (!walk.defaultDeny.some((rule) => rule.policy === name)) return null;
  return walk.candidates.filter((one) => !one.deny && one.portMatches);
}

function health(selects: Selects, name: string, world: LintWorld): readonly Cut[] {
  const end = ownEndpoint("health");
  const { inventory } = world.snapshot;
  const nodes = healthEndpoints(inventory);
  if ((nodes !== null && nodes < 2) || !selects(end)) return [];
  const open = allows(world.set.engine.walk(probe(nodeEnd(false), end, { port: 4240 }), "ingress"), name);
  if (open === null || open.some((one) => one.peerMatches || /CIDR|Nodes/.test(one.peerField ?? ""))) return [];
  const known = nodes !== null;
  const what = `the agents' health endpoint, and nothing admits other nodes to it: the nodes call each other unreachable${known ? "" : " (on more than one node, with endpoint health checking on as by default)"}`;
  const help =
    "add `fromEntities: [remote-node]` to it, or keep health out of the selector: `matchExpressions: [{key: reserved:health, operator: DoesNotExist}]`";
  return [{ what, help, severity: known ? "error" : "warn", ends: known ? [end] : [] }];
}

/** Cilium Ingress or Gateway API is on where nodes have an ingress address, or the recording met the endpoint. */
function ingress(selects: Selects, name: string, world: LintWorld): readonly Cut[] {
  const end = ownEndpoint("ingress");
  const isOn =
    world.snapshot.inventory.ciliumNodes.some((node) => node.ingressAddresses.length > 0) ||
    world.causes.ends.some((one) => one.kind === "reserved" && one.entity === "ingress");
  if (!isOn || !selects(end)) return [];
  const into = world.set.engine.walk(probe(OUTSIDE, end, { port: 443 }), "ingress");
  const out = world.set.engine.walk(probe(end, OUTSIDE, { port: 8080 }), "egress");
  const isCut = (walk: Walk) =>
    allows(walk, name) !== null && walk.candidates.every((one) => one.deny || one.peerField === null);
  const sides = [...(isCut(into) ? ["to"] : []), ...(isCut(out) ? ["from"] : [])];
  if (sides.length === 0) return [];
  const what = `reserved:ingress, and no rule admits anything ${sides.join(" or ")} it: requests through Cilium Ingress or Gateway API get a 403`;
  const help =
    "keep it out of the selector: `matchExpressions: [{key: reserved:ingress, operator: DoesNotExist}]`, or allow clients in and backends out for it";
  return [{ what, help, severity: "error", ends: [end] }];
}

/** CoreDNS, and pods behind a LoadBalancer, with no rule at all for their port. */
function pods(selects: Selects, name: string, world: LintWorld): readonly Cut[] {
  const dns: PodEnd[] = [];
  const controllers: PodEnd[] = [];
  for (const end of podEnds(world.causes.ends)) {
    if (!isIsolated(world, end, "ingress")) continue;
    if (end.labels.some((label) => /^k8s:k8s-app=(?:kube-dns|coredns)$/.test(label))) {
      if (selects(end) && isClosed(end, 53, "UDP", name, world)) dns.push(end);
      continue;
    }
    const ports = [...new Set(end.namedPorts.map(({ port }) => port))].filter(
      (port) => publicServices(end, port, world.snapshot).length > 0,
    );
    if (ports.length > 0 && selects(end) && ports.every((port) => isClosed(end, port, "TCP", name, world)))
      controllers.push(end);
  }
  const cut = (ends: readonly PodEnd[], what: string, help: string): readonly Cut[] =>
    ends.length === 0 ? [] : [{ what, help, severity: "error", ends }];
  return [
    ...cut(
      dns,
      "the cluster's DNS, and no rule admits port 53: every lookup fails",
      "admit all pods to port 53 there, TCP and UDP",
    ),
    ...cut(
      controllers,
      "pods behind a LoadBalancer, and no rule admits their ports: nothing from outside gets in",
      "admit world (and remote-node, where nodes forward) to their container ports",
    ),
  ];
}

function isClosed(end: PodEnd, port: number, protocol: string, name: string, world: LintWorld): boolean {
  const open = allows(world.set.engine.walk(probe(OUTSIDE, end, { port, protocol }), "ingress"), name);
  return open !== null && open.length === 0;
}
