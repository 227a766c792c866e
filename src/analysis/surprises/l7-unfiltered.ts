import { isObject } from "#model/json.ts";
import type { Surprise } from "./surprise.ts";
import { isCiliumPolicy, itemsOf, type WrittenRule, writtenRules } from "./written-rules.ts";

/**
 * Under `enableDefaultDeny: false` a rule for every request joins L7 rules, until another policy isolates the endpoint.
 * Upstream: createL4Filter, ensureWildcard (pkg/policy/l4.go).
 */
export const l7Unfiltered: Surprise = {
  id: "l7-unfiltered",
  find(policy, { config }) {
    if (!isCiliumPolicy(policy) || !config.enableNonDefaultDenyPolicies) return [];
    return writtenRules(policy)
      .filter((rule) => !rule.deny && isOptedOut(rule) && hasL7(rule))
      .map(({ ref, direction }) => ({
        rule: ref,
        when: "decides-open",
        sentence: `under \`enableDefaultDeny.${direction}: false\` L7 rules filter nothing: every request passes until another policy isolates ${direction}`,
      }));
  },
};

function isOptedOut({ spec, direction }: WrittenRule): boolean {
  const enable = spec["enableDefaultDeny"];
  return isObject(enable) && enable[direction] === false;
}

function hasL7({ value }: WrittenRule): boolean {
  return itemsOf(value["toPorts"]).some((item) => {
    const rules = isObject(item) ? item["rules"] : undefined;
    return isObject(rules) && ["http", "dns", "kafka", "l7"].some((kind) => itemsOf(rules[kind]).length > 0);
  });
}
