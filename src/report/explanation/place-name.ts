import type { RulePlace } from "#model/rehearsal.ts";
import { ruleName } from "../ends.ts";

/**
 * Where a rule stands, as a person finds it: `api.yaml:12`; of a JSON dump, whose lines nobody wrote, the policy's own name
 * and the element.
 */
export function placeName(rule: RulePlace): string {
  if (rule.file !== null && !rule.file.endsWith(".json")) return ruleName(rule);
  return `${shortName(rule.policy)} ${rule.element}`.trim();
}

/** `CiliumNetworkPolicy/shop/api` → `shop/api`. */
export function shortName(policy: string): string {
  return policy.slice(policy.indexOf("/") + 1);
}
