import type { ExplainedDenial } from "#analysis/holes.ts";
import type { Check } from "../check.ts";
import { fromDenials } from "../from-denials.ts";
import type { LintWorld } from "../lint-world.ts";

export const dnsRuleByAccident: Check = {
  id: "dns-rule-by-accident",
  severity: "error",
  title: "a name is known only because a neighbour asks for it",
  why: "An address has one identity on a node, whoever looked its name up: a `toFQDNs` rule of a pod whose own DNS passes no proxy works while some other pod on the node asks for the same name, and stops when that pod moves or its answer expires. It works on one node and not on the next.",
  limits: "Needs a recording in which the neighbour's DNS answer was seen before the connection, on the same node.",
  needs: ["flows"],
  find: (world) => fromDenials(world, "fqdn-no-dns-rule", (one) => isByAccident(world, one)),
  bad: `
name: only the neighbour's DNS is proxied
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: sync-1, namespace: ci, labels: {app: sync}}, spec: {nodeName: node-1, containers: [{name: sync}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: sync, namespace: ci}
    spec:
      endpointSelector: {matchLabels: {app: sync}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}]}]
        - toFQDNs: [{matchName: api.example.com}]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
dns:
  - {name: api.example.com, ips: [203.0.113.7], seenBy: shop/web-1}
connections:
  - {from: ci/sync-1, to: 203.0.113.7, port: 443, expect: {}}
`,
  good: `
name: its own DNS is proxied
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: sync-1, namespace: ci, labels: {app: sync}}, spec: {nodeName: node-1, containers: [{name: sync}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: sync, namespace: ci}
    spec:
      endpointSelector: {matchLabels: {app: sync}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
        - toFQDNs: [{matchName: api.example.com}]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
dns:
  - {name: api.example.com, ips: [203.0.113.7], seenBy: ci/sync-1}
connections:
  - {from: ci/sync-1, to: 203.0.113.7, port: 443, expect: {}}
`,
};

/** The address is known on the node, by what a neighbour asked; Cilium's own label of it tells the same. */
function isByAccident(world: LintWorld, { denial }: ExplainedDenial): boolean {
  const { conversation, subject, peer } = denial;
  if (world.set.names.neighbour(subject, peer, conversation) !== null) return true;
  const passed = (conversation.recorded["FORWARDED"] ?? 0) > 0;
  const labels = [
    ...(peer.kind === "address" ? peer.labels : []),
    ...conversation.verdicts.flatMap(({ remoteLabels }) => remoteLabels ?? []),
  ];
  return (
    passed &&
    labels.some((label) => label.startsWith("fqdn:")) &&
    !world.before.names.isProxied(subject) &&
    world.before.policies.size > 0
  );
}
