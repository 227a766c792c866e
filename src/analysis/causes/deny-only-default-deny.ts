import { specPath } from "../element.ts";
import type { Cause } from "../cause.ts";

/**
 * A policy that only denies switches default deny on all the same: everything it does not name stops
 * (upstream: pkg/policy/api Rule.Sanitize sets DefaultDeny by the presence of either section).
 */
export const denyOnlyDefaultDeny: Cause = {
  id: "deny-only-default-deny",
  explain(denial) {
    const { walk, ruling, side } = denial;
    if (ruling.decision !== "denied" || ruling.by.length > 0 || walk.defaultDeny.length === 0) return null;
    if (!walk.defaultDeny.every((rule) => rule.element.includes(`${side}Deny[`))) return null;
    const rule = walk.defaultDeny[0];
    if (rule === undefined || walk.candidates.some((candidate) => !candidate.deny)) return null;
    const path = specPath(rule.element);
    return {
      sentence: `a policy with only ${side}Deny rules switches ${side} default deny on: all it does not name stops as well`,
      nearest: rule,
      steps: [{ policy: rule.policy, path, op: "set", key: "enableDefaultDeny", value: { [side]: false } }],
    };
  },
};
