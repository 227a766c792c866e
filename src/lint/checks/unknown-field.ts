import type { Check } from "../check.ts";
import { foundOfSaid, saidOf } from "../said.ts";

export const unknownField: Check = {
  id: "unknown-field",
  severity: "error",
  title: "a field that the CRD does not have",
  why: "The API server drops fields that the CRD's schema does not know (structural pruning) without refusing the object. What is left often means something else: a rule whose peers are gone takes everybody, one whose ports are gone takes every port.",
  limits: "Fields of the schema of the given Cilium version; an older one may have had them (removed-feature).",
  needs: [],
  yieldsTo: ["removed-feature"],
  claims: ["unknown-field"],
  find: (world) => saidOf(world, "unknown-field").map(foundOfSaid),
  bad: `
name: fromEndpoint lacks its s
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoint: [{matchLabels: {app: api}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
  good: `
name: fromEndpoints
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: api}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
};
