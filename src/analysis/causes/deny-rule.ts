import type { Cause } from "../cause.ts";

/** A deny rule matches; inside a tier it beats every allow, whatever the widths. */
export const denyRule: Cause = {
  id: "deny-rule",
  explain(denial) {
    const rule = denial.ruling.decision === "denied" ? denial.ruling.by[0] : undefined;
    if (rule === undefined) return null;
    return {
      sentence: `${rule.element} of ${rule.policy} denies it; a deny beats every allow`,
      nearest: rule,
      steps: [],
    };
  },
};
