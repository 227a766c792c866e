import type { JsonObject } from "./json.ts";
import type { Place, Position } from "./place.ts";

export const POLICY_KINDS = [
  "CiliumNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
  "NetworkPolicy",
  "ClusterNetworkPolicy",
] as const;
export type PolicyKind = (typeof POLICY_KINDS)[number];

/**
 * A policy object as the agent gets it: nulls pruned, namespace defaulted, otherwise the JSON as it was written, so
 * that absent (`undefined`) and empty (`[]`) stay apart: Cilium gives them different meanings.
 * `value` is the whole object (apiVersion, kind, metadata, spec, specs). `places` maps an element path below the
 * object (`spec.egress[0].toFQDNs[1]`) to its position in `file`.
 */
export type PolicyObject = {
  readonly kind: PolicyKind;
  /** null for cluster-scoped kinds. */
  readonly namespace: string | null;
  readonly name: string;
  readonly value: JsonObject;
  readonly file: string | null;
  readonly places: Readonly<Record<string, Position>>;
};

/** `CiliumNetworkPolicy/argocd/argocd`, `CiliumClusterwideNetworkPolicy/default-deny`: how a policy is named. */
export function policyName(policy: Pick<PolicyObject, "kind" | "namespace" | "name">): string {
  return policy.namespace === null
    ? `${policy.kind}/${policy.name}`
    : `${policy.kind}/${policy.namespace}/${policy.name}`;
}

/**
 * One rule (element) of a policy: `policy` as `policyName` writes it, `element` its path below `spec`
 * (`egress[2]`, `ingressDeny[0]`), below the object for `specs` (`specs[1].egress[0]`).
 */
export type RuleRef = { readonly policy: string; readonly element: string };

/** The position of an element, or of the nearest ancestor whose position is known. */
export function placeOf(policy: PolicyObject, path: string): Place {
  const object = policyName(policy);
  const base = policy.file === null ? { object, path } : { file: policy.file, object, path };
  let at = path;
  for (;;) {
    const position = policy.places[at];
    if (position !== undefined) return { ...base, line: position[0], column: position[1] };
    const cut = Math.max(at.lastIndexOf("."), at.lastIndexOf("["));
    if (cut < 0) break;
    at = at.slice(0, cut);
  }
  const whole = policy.places[""];
  return whole === undefined ? base : { ...base, line: whole[0], column: whole[1] };
}

/** The path below the object of a rule's element: `egress[2]` → `spec.egress[2]`; `specs[1].…` stays. */
export function elementPath(element: string): string {
  return element.startsWith("specs[") ? element : element === "" ? "spec" : `spec.${element}`;
}
