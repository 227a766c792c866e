import { isObject } from "#model/json.ts";
import type { Direction } from "#model/decision.ts";
import type { Surprise } from "./surprise.ts";
import { isCiliumPolicy, type WrittenRule, writtenRules } from "./written-rules.ts";

/** Deny rules alone switch default deny on as well: what no rule allows is denied. Upstream: Rule.Sanitize. */
export const denyIsolates: Surprise = {
  id: "deny-isolates",
  find(policy, { config }) {
    if (!isCiliumPolicy(policy)) return [];
    const rules = writtenRules(policy);
    const isAlone = (rule: WrittenRule) =>
      !rules.some((other) => other.spec === rule.spec && other.direction === rule.direction && !other.deny);
    return rules
      .filter((rule) => rule.deny && isAlone(rule) && !(config.enableNonDefaultDenyPolicies && isOptedOut(rule)))
      .map(({ ref, direction }) => ({
        rule: ref,
        when: "isolates",
        sentence: `deny rules alone isolate as well: ${direction} that no rule allows is denied too, not only what they name`,
      }));
  },
};

function isOptedOut({
  spec,
  direction,
}: {
  readonly spec: WrittenRule["spec"];
  readonly direction: Direction;
}): boolean {
  const enable = spec["enableDefaultDeny"];
  return isObject(enable) && enable[direction] === false;
}
