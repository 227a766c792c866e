import type { Check } from "../check.ts";
import { fromSurprises } from "../from-surprises.ts";

export const emptyPeerOpens: Check = {
  id: "empty-peer-opens",
  severity: "error",
  title: "an empty list of names, Services or groups opens its ports to everybody",
  why: "An empty list of endpoints, entities or CIDRs takes nobody. Cilium does not ask that of `toFQDNs`, `toServices` and `toGroups` (pkg/policy/utils/parserules.go): there an empty list is no peer at all, and a rule with ports and no peer is about everybody, the world included. Templates write such a list when their values are empty.",
  limits: "Silent without ports (then the rule takes nobody) and beside another peer field.",
  needs: [],
  find: (world) =>
    fromSurprises(
      world,
      "empty-list",
      "fill the list, or take the whole rule out; `toEntities: []` is how to write nobody",
      ({ when }) => when === "decides",
    ),
  bad: `
name: a template left no names
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toFQDNs: []
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
  good: `
name: an empty list of entities takes nobody
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEntities: []
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
};
