import type { Surprise, SurpriseFound } from "./surprise.ts";
import { isCiliumPolicy, itemsOf, peerFields, portsText, writtenRules } from "./written-rules.ts";

/** Only `egress` is translated: toServices in a deny rule is no peer. Upstream: pkg/policy/k8s/service.go processRule. */
export const servicesInDeny: Surprise = {
  id: "services-in-deny",
  find(policy) {
    if (!isCiliumPolicy(policy)) return [];
    return writtenRules(policy).flatMap((rule): readonly SurpriseFound[] => {
      const isAsked = rule.deny && itemsOf(rule.value["toServices"]).length > 0;
      if (!isAsked || peerFields(rule).some((field) => field !== "toServices")) return [];
      const ports = portsText(rule);
      return ports === ""
        ? [
            {
              rule: rule.ref,
              when: "fails",
              sentence: "Cilium does not translate toServices in a deny rule: this one denies nothing",
            },
          ]
        : [
            {
              rule: rule.ref,
              when: "decides",
              sentence: `Cilium does not translate toServices in a deny rule: this one denies ${ports} to everybody`,
            },
          ];
    });
  },
};
