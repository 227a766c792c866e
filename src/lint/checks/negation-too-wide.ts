import type { Check } from "../check.ts";
import { fromSurprises } from "../from-surprises.ts";
import type { LintWorld } from "../lint-world.ts";

export const negationTooWide: Check = {
  id: "negation-too-wide",
  severity: "error",
  title: "a selector that only excludes takes far more than pods",
  why: "A peer that says which namespaces it does not mean is not scoped to the policy's own namespace (getEndpointSelector), and whatever has no namespace meets it: the world, nodes, the host. From 1.19 the cluster label keeps peers to the cluster's pods, unless policy-default-local-cluster is off; in 1.20 the aggregate identities (pkg/policy/aggregate.go) then make it take even what it excludes. A negated cidrGroupSelector takes pods and nodes before 1.20.",
  limits: "Silent where another, positive expression of the selector keeps reserved identities out.",
  needs: [],
  find: (world) => {
    const help =
      "name what is meant: add `{key: io.kubernetes.pod.namespace, operator: Exists}` to the selector, or list the namespaces";
    const groups = "name the groups that are meant with In or matchLabels";
    return [...fromSurprises(world, "negated-peer", help), ...fromSurprises(world, "negated-group", groups)].map(
      (found) => ({
        ...found,
        message: `${found.message}${assumed(world)}`,
      }),
    );
  },
  bad: `
name: everybody but kube-system
cilium: "1.18"
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: NotIn, values: [kube-system]}]}]
`,
  good: `
name: pods of the cluster from 1.19 on
cilium: "1.19"
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: NotIn, values: [kube-system]}]}]
`,
};

function assumed({ snapshot, minor }: LintWorld): string {
  return snapshot.cilium.assumed ? ` (Cilium ${minor} is assumed)` : "";
}
