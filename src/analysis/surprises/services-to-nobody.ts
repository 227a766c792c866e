import { parseContext } from "#engine/rules/parse-context.ts";
import { servicePeers } from "#engine/rules/to-services.ts";
import type { Surprise, SurpriseFound } from "./surprise.ts";
import { isCiliumPolicy, itemsOf, peerFields, portsText, writtenRules } from "./written-rules.ts";

/**
 * toServices that finds nothing leaves a rule without a peer: with ports that is everybody on those ports, without ports
 * nobody. Upstream: pkg/policy/k8s/service.go processRule, whose empty result reads as no peer field.
 */
export const servicesToNobody: Surprise = {
  id: "services-to-nobody",
  find(policy, { minor, config, inventory }) {
    if (!isCiliumPolicy(policy)) return [];
    const context = parseContext(minor, config, inventory);
    return writtenRules(policy).flatMap((rule): readonly SurpriseFound[] => {
      const isAsked = !rule.deny && itemsOf(rule.value["toServices"]).length > 0;
      if (!isAsked || peerFields(rule).some((field) => field !== "toServices")) return [];
      const { endpoints, cidrs } = servicePeers(rule.value, context);
      if (endpoints.length + cidrs.length > 0) return [];
      const ports = portsText(rule);
      return ports === ""
        ? [{ rule: rule.ref, when: "fails", sentence: "toServices finds no Service, so this rule takes nobody" }]
        : [
            {
              rule: rule.ref,
              when: "decides",
              sentence: `toServices finds no Service, which leaves the rule without a peer: ${ports} is open to everybody, the world included`,
            },
          ];
    });
  },
};
