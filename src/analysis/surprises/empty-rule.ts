import type { Surprise } from "./surprise.ts";
import { isCiliumPolicy, writtenRules } from "./written-rules.ts";

/**
 * `ingress: [{}]` isolates and allows nothing in a CiliumNetworkPolicy, and allows everything in a NetworkPolicy.
 * Upstream: a rule without L3 and L4 adds no entry (pkg/policy/rule.go); pkg/k8s/network_policy.go writes a wildcard.
 */
export const emptyRule: Surprise = {
  id: "empty-rule",
  find(policy) {
    const empty = writtenRules(policy).filter(({ value }) => Object.keys(value).length === 0);
    if (policy.kind === "NetworkPolicy") {
      const sentence = "an empty rule `{}` of a NetworkPolicy allows everybody on every port";
      return empty.map(({ ref }) => ({ rule: ref, when: "decides", sentence }));
    }
    if (!isCiliumPolicy(policy)) return [];
    return empty.map(({ ref, deny }) => ({
      rule: ref,
      when: "isolates",
      sentence: deny
        ? "an empty deny rule `{}` denies nothing by itself, but switches default deny on"
        : "an empty rule `{}` switches default deny on and allows nothing; in a NetworkPolicy it would allow everything",
    }));
  },
};
