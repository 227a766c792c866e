import { bareKey } from "#analysis/selector-text.ts";
import { isObject, type Json } from "#model/json.ts";
import { NAMESPACE_LABEL } from "#model/labels.ts";
import type { Check, Found } from "../check.ts";
import type { Spec } from "../subjects.ts";

export const subjectNamespaceOverridden: Check = {
  id: "subject-namespace-overridden",
  severity: "info",
  title: "a subject in another namespace than the policy",
  why: "A CiliumNetworkPolicy is about its own namespace. Cilium overwrites a `matchLabels` of another one in `endpointSelector` with the policy's namespace and goes on with a warning in the agent's log: the policy then selects pods of its own namespace. In `matchExpressions` it is not overwritten, and selects nothing.",
  limits: "Reads the manifests alone.",
  needs: [],
  find: (world) => world.specs.flatMap(foundIn),
  bad: `
name: the pods are in shop
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: policies}
    spec:
      endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": shop, app: web}}
      ingress: [{fromEntities: [cluster]}]
`,
  good: `
name: the policy is in shop too
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": shop, app: web}}
      ingress: [{fromEntities: [cluster]}]
`,
};

function foundIn({ policy, path, value }: Spec): readonly Found[] {
  const selector = value["endpointSelector"];
  const { namespace } = policy;
  if (policy.kind !== "CiliumNetworkPolicy" || namespace === null || !isObject(selector)) return [];
  const labels = Object.entries(isObject(selector["matchLabels"]) ? selector["matchLabels"] : {});
  const other = labels.find(([key, wanted]) => bareKey(key) === NAMESPACE_LABEL && wanted !== namespace)?.[1];
  const help = `move the policy to the namespace of its pods, or leave the label out`;
  if (other !== undefined) {
    const message = `namespace ${String(other)} is overwritten with the policy's own: it selects pods of ${namespace}`;
    return [{ policy, path: `${path}.endpointSelector.matchLabels`, message, help }];
  }
  const expressions: readonly Json[] = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"] : [];
  return expressions.flatMap((one, index) => {
    if (!isObject(one) || bareKey(String(one["key"])) !== NAMESPACE_LABEL || one["operator"] !== "In") return [];
    const values: readonly Json[] = Array.isArray(one["values"]) ? one["values"] : [];
    if (values.includes(namespace)) return [];
    const message = `a policy is about its own namespace, ${namespace}: with ${values.join(", ")} asked as well it selects nothing`;
    return [{ policy, path: `${path}.endpointSelector.matchExpressions[${index}]`, message, help }];
  });
}
