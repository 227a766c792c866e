import { isObject, type Json } from "#model/json.ts";
import type { End } from "#model/conversation.ts";
import type { Surprise } from "./surprise.ts";
import { isCiliumPolicy, itemsOf, writtenRules } from "./written-rules.ts";

/** Before 1.20 a negated cidrGroupSelector takes whatever is in no group: pods and nodes too. Upstream: CIDRSelector.Matches. */
export const negatedGroup: Surprise = {
  id: "negated-group",
  find(policy, { minor }) {
    if (!isCiliumPolicy(policy) || minor === "1.20") return [];
    return writtenRules(policy)
      .filter(({ value }) => [...itemsOf(value["fromCIDRSet"]), ...itemsOf(value["toCIDRSet"])].some(isNegated))
      .map(({ ref, deny }) => ({
        rule: ref,
        when: "decides" as const,
        unless: (peer: End) => peer.kind === "address",
        sentence: `before Cilium 1.20 a cidrGroupSelector that only excludes takes pods and nodes as well: the rule ${deny ? "denies" : "allows"} them too`,
      }));
  },
};

/** Nothing but negations. */
function isNegated(item: Json): boolean {
  const selector = isObject(item) ? item["cidrGroupSelector"] : undefined;
  if (!isObject(selector)) return false;
  const labels = isObject(selector["matchLabels"]) ? Object.keys(selector["matchLabels"]) : [];
  const expressions = itemsOf(selector["matchExpressions"]).filter(isObject);
  const negates = expressions.every((one) => ["NotIn", "DoesNotExist"].includes(String(one["operator"])));
  return labels.length === 0 && expressions.length > 0 && negates;
}
