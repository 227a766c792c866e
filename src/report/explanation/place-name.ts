import type { RulePlace } from "#model/rehearsal.ts";
import { ruleName } from "../ends.ts";
import { cutMiddle, displayWidth } from "../width.ts";

/**
 * Where a rule stands, as a person finds it: `api.yaml:12`; of a JSON dump, whose lines nobody wrote, the policy's own name
 * and the element.
 */
export function placeName(rule: RulePlace): string {
  if (rule.file !== null && !/\.json(\.gz)?$/.test(rule.file)) return ruleName(rule);
  return `${shortName(rule.policy)} ${rule.element}`.trim();
}

/** The same in at most `width` columns: directories go first. */
export function shortPlace(rule: RulePlace, width: number): string {
  const name = placeName(rule);
  if (displayWidth(name) <= width) return name;
  const slash = name.includes(" ") ? -1 : name.lastIndexOf("/");
  return cutMiddle(slash < 0 ? name : `…${name.slice(slash)}`, width);
}

/** `CiliumNetworkPolicy/shop/api` → `shop/api`. */
function shortName(policy: string): string {
  return policy.slice(policy.indexOf("/") + 1);
}
