import type { Check } from "../check.ts";
import { fromSurprises } from "../from-surprises.ts";

export const icmpTypeZero: Check = {
  id: "icmp-type-zero",
  severity: "warn",
  title: "ICMP type 0 stands for every type",
  why: "Type 0 is Echo Reply to a reader; Cilium takes 0 for “no type given”, so the rule covers every ICMP message of its family, in a deny rule too. Replies to a ping need no rule: they belong to its connection.",
  limits: "Reads the manifests alone; nothing else can make the rule narrower.",
  needs: [],
  find: (world) =>
    fromSurprises(world, "icmp-type-zero", "write the type that is meant, such as 8 (EchoRequest); a reply needs none"),
  bad: `
name: an echo reply is meant
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: ping, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: probe}}]
          icmps: [{fields: [{type: 0, family: IPv4}]}]
`,
  good: `
name: an echo request
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: ping, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: probe}}]
          icmps: [{fields: [{type: 8, family: IPv4}]}]
`,
};
