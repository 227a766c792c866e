import type { Check } from "../check.ts";
import { fromSurprises } from "../from-surprises.ts";
import { isWholeInventory } from "../whole-inventory.ts";

export const servicesToNobody: Check = {
  id: "services-to-nobody",
  severity: "error",
  title: "toServices that finds no Service",
  why: "A `toServices` that no Service answers leaves a rule without a peer (pkg/policy/k8s/service.go, processRule). With ports that rule allows everybody on them, the world included; without ports it allows nobody. It lasts until the Service is there.",
  limits:
    "Needs the objects of a cluster: manifests from a repository do not show which Services charts and operators make. A Service with a selector and no pods yet is a label selector, and no finding.",
  needs: ["objects"],
  find: (world) =>
    isWholeInventory(world.snapshot.inventory)
      ? fromSurprises(world, "services-to-nobody", "name a Service that exists, or its pods with `toEndpoints`")
      : [],
  bad: `
name: the Service is called orders
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}}
  - {apiVersion: v1, kind: Pod, metadata: {name: cilium-1, namespace: kube-system, labels: {k8s-app: cilium}}, spec: {nodeName: node-1, hostNetwork: true, containers: [{name: agent}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: {selector: {app: orders}, ports: [{port: 80}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toServices: [{k8sService: {serviceName: order, namespace: shop}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
  good: `
name: a Service without pods is no finding
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}}
  - {apiVersion: v1, kind: Pod, metadata: {name: cilium-1, namespace: kube-system, labels: {k8s-app: cilium}}, spec: {nodeName: node-1, hostNetwork: true, containers: [{name: agent}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: orders, namespace: shop}, spec: {selector: {app: orders}, ports: [{port: 80}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toServices: [{k8sService: {serviceName: orders, namespace: shop}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
};
