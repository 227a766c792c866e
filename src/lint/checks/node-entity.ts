import type { Check } from "../check.ts";
import { fromDenials } from "../from-denials.ts";

export const nodeEntity: Check = {
  id: "node-entity",
  severity: "error",
  title: "the traffic comes from another node entity than the rule's",
  why: "`host` is the pod's own node and nothing else. Other nodes are `remote-node`; the API server's node is `remote-node` and `kube-apiserver` at once where Cilium knows it for one. A scrape, a hostNetwork ingress controller or a webhook call crosses nodes as soon as the pods are placed so.",
  limits:
    "Needs a recording in which the node's traffic was seen. The pod's own node passes without a rule (allow-localhost).",
  needs: ["flows"],
  yieldsTo: ["ccnp-wide", "lb-identity"],
  find: (world) => fromDenials(world, "node-entity"),
  bad: `
name: another node asks
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
  - {apiVersion: v1, kind: Node, metadata: {name: node-2}, status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEntities: [host]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: "reserved:remote-node", to: shop/web-1, port: 8080, expect: {}}
`,
  good: `
name: other nodes are named
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
  - {apiVersion: v1, kind: Node, metadata: {name: node-2}, status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEntities: [host, remote-node]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: "reserved:remote-node", to: shop/web-1, port: 8080, expect: {}}
`,
};
