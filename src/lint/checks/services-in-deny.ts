import type { Check } from "../check.ts";
import { fromSurprises } from "../from-surprises.ts";

export const servicesInDeny: Check = {
  id: "services-in-deny",
  severity: "error",
  title: "toServices in a deny rule is not translated",
  why: "Cilium turns `toServices` into peers in `egress` alone (pkg/policy/k8s/service.go, processRule). In `egressDeny` it stays without effect: the rule denies nothing, or, where it names ports, denies these ports to everybody.",
  limits: "Reads the manifests alone; the Service does not matter.",
  needs: [],
  find: (world) => fromSurprises(world, "services-in-deny", "name the pods behind the Service with `toEndpoints`"),
  bad: `
name: the database is meant
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egressDeny:
        - toServices: [{k8sService: {serviceName: db, namespace: shop}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
  good: `
name: its pods are denied
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egressDeny:
        - toEndpoints: [{matchLabels: {app: db}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
};
