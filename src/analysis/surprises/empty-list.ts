import { type Surprise, type SurpriseFound } from "./surprise.ts";
import { isCiliumPolicy, itemsOf, peerFields, portsText, type WrittenRule, writtenRules } from "./written-rules.ts";

/** Empty lists of these are no peer at all. Upstream: the kinds that mergeEndpointSelectors does not ask about. */
const NOT_COUNTED = ["toFQDNs", "toServices", "toGroups", "fromGroups"];

/**
 * An empty list is not an absent one. `toFQDNs: []`, `toServices: []` and `toGroups: []` with ports are everybody on
 * those ports; an empty list of any other peer selects nobody. Upstream: pkg/policy/utils/parserules.go.
 */
export const emptyList: Surprise = {
  id: "empty-list",
  find(policy) {
    return isCiliumPolicy(policy) ? writtenRules(policy).flatMap(emptyPeers) : [];
  },
};

function emptyPeers(rule: WrittenRule): readonly SurpriseFound[] {
  const fields = peerFields(rule).filter((field) => Array.isArray(rule.value[field]));
  const empty = fields.filter((field) => itemsOf(rule.value[field]).length === 0);
  const closing = empty.find((field) => !NOT_COUNTED.includes(field) && !field.endsWith("Requires"));
  if (closing !== undefined) {
    const sentence = `\`${closing}: []\` selects nobody; left out, it would be everybody`;
    return [{ rule: rule.ref, when: "fails", sentence }];
  }
  const [opening] = empty;
  const ports = portsText(rule);
  if (opening === undefined || empty.length < fields.length || ports === "") return [];
  const word = rule.deny ? "denied to" : "open to";
  const sentence = `\`${opening}: []\` counts as no peer, not as nobody: ${ports} is ${word} everybody`;
  return [{ rule: rule.ref, when: "decides", sentence }];
}
