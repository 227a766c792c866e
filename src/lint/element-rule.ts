import { policyName } from "#model/policy.ts";
import type { Found } from "./check.ts";

/** The rule that an element path lies in (`spec.egress[0].toPorts[1]` → `spec.egress[0]`); the path itself outside rules. */
export function rulePathOf(path: string): string {
  return /^(?:spec|specs\[\d+\])\.(?:ingress|egress)(?:Deny)?\[\d+\]/.exec(path)?.[0] ?? path;
}

/** True when one of the two elements holds the other, or they lie in the same rule. */
export function sameElement(one: string, other: string): boolean {
  const [a, b] = [rulePathOf(one), rulePathOf(other)];
  return isWithin(a, b) || isWithin(b, a);
}

function isWithin(inner: string, outer: string): boolean {
  return outer === "" || inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}

/** Equal for findings about one policy; "" for what is about the whole set. */
export function foundKey({ policy }: Pick<Found, "policy">): string {
  return policy === null ? "" : policyName(policy);
}
