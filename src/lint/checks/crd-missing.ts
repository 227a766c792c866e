import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";

export const crdMissing: Check = {
  id: "crd-missing",
  severity: "info",
  title: "a kind of policy that the cluster does not have",
  why: "Not every cluster with Cilium in it lets its users write Cilium's policies: GKE's Dataplane V2 has no CiliumNetworkPolicy of its own before certain versions, and ClusterNetworkPolicy needs its own CRD. Applying such an object fails, and a sync stops there.",
  limits: "Told where the objects hold CustomResourceDefinitions of cilium.io and this kind is not among them.",
  needs: ["objects"],
  find: (world) => foundIn(world),
  bad: `
name: only the clusterwide kind is there
objects:
  - {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: ciliumclusterwidenetworkpolicies.cilium.io}, spec: {group: cilium.io, names: {kind: CiliumClusterwideNetworkPolicy}}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [cluster]}]}
`,
  good: `
name: the kind is there
objects:
  - {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: ciliumnetworkpolicies.cilium.io}, spec: {group: cilium.io, names: {kind: CiliumNetworkPolicy}}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [cluster]}]}
`,
};

/** One finding for each kind, at the first policy of it. */
function foundIn({ linted, snapshot }: LintWorld): readonly Found[] {
  const { policyCrds = [] } = snapshot.inventory;
  if (policyCrds.length === 0) return [];
  const kinds = [...new Set(linted.map(({ kind }) => kind))].filter(
    (kind) => kind !== "NetworkPolicy" && !policyCrds.includes(kind),
  );
  return kinds.flatMap((kind) => {
    const policies = linted.filter((one) => one.kind === kind);
    const [policy] = policies;
    if (policy === undefined) return [];
    const message = `the cluster's CustomResourceDefinitions have no ${kind}: ${policies.length === 1 ? "this object" : `${policies.length} objects`} cannot be applied`;
    return [{ policy, path: "", message, help: "install Cilium's CRDs, or write NetworkPolicies" }];
  });
}
