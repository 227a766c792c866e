import { bareKey, textMatches } from "../selector-text.ts";
import type { End } from "#model/conversation.ts";
import { isObject, type Json } from "#model/json.ts";
import { NAMESPACE_LABEL } from "#model/labels.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { Surprise, SurpriseFound, SurpriseWorld } from "./surprise.ts";
import { isCiliumPolicy, itemsOf, type WrittenRule, writtenRules } from "./written-rules.ts";

/**
 * A peer that says which namespaces it does not mean selects whatever has no namespace as well: the world, nodes, every
 * reserved identity, unless peers are scoped to the cluster. In 1.20 the aggregate identities then make it select even
 * what it excludes. Upstream: getEndpointSelector (pkg/k8s/apis/cilium.io/utils), pkg/policy/aggregate.go.
 */
export const negatedPeer: Surprise = {
  id: "negated-peer",
  find(policy, world) {
    return writtenRules(policy).flatMap((rule): readonly SurpriseFound[] => {
      if (!isBeyondPods(policy, rule, world)) return [];
      const word = rule.deny ? "denies" : "allows";
      const sentence =
        world.minor === "1.20"
          ? `the world and nodes have no namespace, so a peer that only excludes namespaces takes them, and in 1.20 even the namespaces it excludes: the rule ${word} everybody`
          : `the world and nodes have no namespace, so a peer that only excludes namespaces takes them as well: the rule ${word} them too`;
      return [{ rule: rule.ref, when: "decides" as const, sentence, unless: (peer) => isMeant(rule, peer) }];
    });
  },
};

function isBeyondPods(policy: PolicyObject, { value }: WrittenRule, { minor, config }: SurpriseWorld): boolean {
  if (config.policyDefaultLocalCluster) return false;
  if (policy.kind === "NetworkPolicy") {
    if (minor === "1.20") return false;
    return [...itemsOf(value["from"]), ...itemsOf(value["to"])].some(
      (peer) =>
        isObject(peer) && excludesOnly(peer["namespaceSelector"], () => true) && asksNothing(peer["podSelector"]),
    );
  }
  const isNamespace = (key: string) => bareKey(key) === NAMESPACE_LABEL;
  const peers = [...itemsOf(value["fromEndpoints"]), ...itemsOf(value["toEndpoints"])];
  return isCiliumPolicy(policy) && peers.some((peer) => excludesOnly(peer, isNamespace));
}

const NEGATIONS = ["NotIn", "DoesNotExist"];

/** Nothing but negations, one of a namespace key among them. */
function excludesOnly(selector: Json | undefined, isNamespace: (key: string) => boolean): boolean {
  if (!isObject(selector) || Object.keys(isObject(selector["matchLabels"]) ? selector["matchLabels"] : {}).length > 0)
    return false;
  const expressions = itemsOf(selector["matchExpressions"]).filter(isObject);
  const negates = expressions.every((item) => NEGATIONS.includes(String(item["operator"])));
  return negates && expressions.some((item) => isNamespace(String(item["key"])));
}

function asksNothing(selector: Json | undefined): boolean {
  if (!isObject(selector)) return true;
  const labels = isObject(selector["matchLabels"]) ? Object.keys(selector["matchLabels"]) : [];
  return labels.length === 0 && itemsOf(selector["matchExpressions"]).length === 0;
}

/** A pod that the text of the rule takes: what its author had in mind. */
function isMeant({ value }: WrittenRule, peer: End): boolean {
  if (peer.kind !== "pod") return false;
  const selectors = [...itemsOf(value["fromEndpoints"]), ...itemsOf(value["toEndpoints"])];
  const isKnp = itemsOf(value["from"]).length + itemsOf(value["to"]).length > 0;
  return isKnp || selectors.some((selector) => textMatches(selector, peer.labels, () => false));
}
