import { isObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";

export const unknownAnnotation: Check = {
  id: "unknown-annotation",
  severity: "info",
  title: "an annotation that looks like a switch and is none",
  why: "Cilium reads one annotation of policies: `policy.cilium.io/name` (or io.cilium.name) on a NetworkPolicy. Others below `policy.cilium.io/` are kept and never read: no annotation puts a single policy into audit mode, switches it off or orders it.",
  limits: "Looks at annotations below policy.cilium.io/ of policies alone.",
  needs: [],
  find: (world) => world.linted.flatMap(foundOf),
  bad: `
name: audit mode for one policy
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop, annotations: {policy.cilium.io/audit-mode: enabled}}
    spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [cluster]}]}
`,
  good: `
name: an annotation of one's own
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop, annotations: {example.com/owner: shop}}
    spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [cluster]}]}
`,
};

function foundOf(policy: PolicyObject): readonly Found[] {
  const metadata = policy.value["metadata"];
  const annotations =
    isObject(metadata) && isObject(metadata["annotations"]) ? Object.keys(metadata["annotations"]) : [];
  const unknown = annotations.filter(
    (key) =>
      key.startsWith("policy.cilium.io/") && !(policy.kind === "NetworkPolicy" && key === "policy.cilium.io/name"),
  );
  return unknown.map((key) => ({
    policy,
    path: `metadata.annotations.${key}`,
    message: `Cilium does not read ${key} on a ${policy.kind}: the policy is in force as if it were not there`,
    help: key.includes("audit")
      ? "audit mode is the agent's (policy-audit-mode), or an endpoint's (cilium-dbg endpoint config)"
      : "drop it, or say what you mean in the spec",
  }));
}
