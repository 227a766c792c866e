import { isObject } from "#model/json.ts";
import { policyName } from "#model/policy.ts";
import type { Surprise } from "./surprise.ts";
import { isCiliumPolicy, itemsOf, writtenSpecs } from "./written-rules.ts";

/** `enableDefaultDeny: true` for a direction without rules isolates nothing: a direction with no entry is never seen. */
export const idleDefaultDeny: Surprise = {
  id: "idle-default-deny",
  find(policy) {
    if (!isCiliumPolicy(policy)) return [];
    return writtenSpecs(policy).flatMap(({ spec, path }) => {
      const enable = isObject(spec["enableDefaultDeny"]) ? spec["enableDefaultDeny"] : {};
      const idle = (["ingress", "egress"] as const).filter((direction) => {
        const rules = [...itemsOf(spec[direction]), ...itemsOf(spec[`${direction}Deny`])];
        return enable[direction] === true && rules.length === 0;
      });
      return idle.map((direction) => ({
        rule: { policy: policyName(policy), element: `${path}enableDefaultDeny.${direction}` },
        when: "leaves-open" as const,
        sentence: `\`enableDefaultDeny.${direction}: true\` does nothing without ${direction} rules: write \`${direction}: [{}]\` to isolate`,
      }));
    });
  },
};
