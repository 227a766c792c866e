import { servicesOf, targetPort } from "#analysis/pod-facts.ts";
import { valueAt } from "#analysis/element.ts";
import type { End } from "#model/conversation.ts";
import type { Service } from "#model/objects.ts";
import { isObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { aboutDenials, grouped, isOpen, type NewDenial, lintedDenials } from "../newly-denied.ts";

export const lbIdentity: Check = {
  id: "lb-identity",
  severity: "error",
  title: "traffic through a load balancer arrives as somebody else",
  why: "Who comes through a NodePort or LoadBalancer is `world` with its own address only where the node that it enters by has the pod, or the routing keeps the source (DSR, externalTrafficPolicy Local, tunnels that carry the identity). Else the entry node masquerades, and the pod sees `remote-node`, or `host` on the same node. Which one depends on routing mode, load balancer mode and version (1.20 translates in-cluster calls at the source).",
  limits:
    "Needs Services and a recording: told for what was recorded, where a rule for the port names the other identity.",
  isProposal: true,
  needs: ["flows"],
  find: (world) =>
    grouped(lintedDenials(world).filter((one) => isThroughLoadBalancer(one, world))).map((group) => foundOf(group)),
  bad: `
name: clients come in by another node
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}}
  - {apiVersion: v1, kind: Node, metadata: {name: node-2}, status: {addresses: [{type: InternalIP, address: 192.0.2.12}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web, ports: [{containerPort: 8080}]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEntities: [world]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: 192.0.2.12, to: shop/web-1, port: 8080, expect: {}}
`,
  good: `
name: both are admitted
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}}
  - {apiVersion: v1, kind: Node, metadata: {name: node-2}, status: {addresses: [{type: InternalIP, address: 192.0.2.12}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web, ports: [{containerPort: 8080}]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEntities: [world, remote-node]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: 192.0.2.12, to: shop/web-1, port: 8080, expect: {}}
`,
};

type Kind = "node" | "outside";

function isThroughLoadBalancer(one: NewDenial, world: LintWorld): boolean {
  const { conversation, side, peer, refused, walk } = one.denied.denial;
  const kind = kindOf(peer);
  if (
    side !== "ingress" ||
    kind === null ||
    refused.length > 0 ||
    isOpen(conversation) ||
    one.denied.cause === "deny-rule"
  )
    return false;
  if (!isExposed(conversation.to, conversation.port, world)) return false;
  return walk.candidates.some(
    (rule) =>
      !rule.deny && rule.portMatches && !rule.peerMatches && names(rule.rule.policy, rule.rule.element, kind, world),
  );
}

function kindOf(peer: End): Kind | null {
  if (peer.kind === "address") return "outside";
  return peer.kind === "reserved" && ["remote-node", "host"].includes(peer.entity) ? "node" : null;
}

/** Behind a Service that is reached from outside on this container port. */
function isExposed(end: End, port: number | null, { snapshot }: LintWorld): boolean {
  const isPublic = (service: Service) =>
    service.type === "LoadBalancer" || service.type === "NodePort" || service.externalIPs.length > 0;
  return servicesOf(end, snapshot).some(
    (service) =>
      isPublic(service) && service.ports.some((one) => targetPort(service, one.port, end, snapshot) === port),
  );
}

/** The rule names the other of the two: outside for a node, nodes for the outside. */
function names(policy: string, element: string, kind: Kind, world: LintWorld): boolean {
  const value = valueAt(world.set.policies.get(policy)?.value ?? null, elementPath(element));
  const entities = isObject(value) && Array.isArray(value["fromEntities"]) ? value["fromEntities"] : [];
  const wanted = kind === "node" ? ["world", "world-ipv4", "world-ipv6"] : ["remote-node", "host"];
  const hasCidr =
    kind === "node" && isObject(value) && (value["fromCIDR"] !== undefined || value["fromCIDRSet"] !== undefined);
  return hasCidr || entities.some((one) => wanted.includes(String(one)));
}

function foundOf(group: readonly [NewDenial, ...NewDenial[]]): Found {
  const [{ denied, policy, path }] = group;
  const { peer, conversation } = denied.denial;
  const isNode = kindOf(peer) === "node";
  const message = isNode
    ? `what comes in through another node, or from it, arrives as ${peer.kind === "reserved" ? peer.entity : "remote-node"}, which the rule for :${conversation.port} does not take`
    : `clients arrive as world with their own addresses here; the rule for :${conversation.port} takes nodes only`;
  const help = isNode
    ? "add remote-node (and host) beside world, or keep the source: externalTrafficPolicy Local, or DSR"
    : "add world, or the clients' CIDR, to the rule";
  return { policy, path, message, help, ...aboutDenials(group) };
}
