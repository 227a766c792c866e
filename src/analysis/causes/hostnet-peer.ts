import type { Candidate } from "#model/connection.ts";
import { isObject } from "#model/json.ts";
import { NAMESPACE_LABEL, NAMESPACE_META_PREFIX } from "#model/labels.ts";
import { elementPath } from "#model/policy.ts";
import type { Pod } from "#model/objects.ts";
import { allowingRule } from "../edits/allowing-rule.ts";
import { allowRules, type Cause, type CauseWorld } from "../cause.ts";
import { itemsAt } from "../element.ts";
import { isSpecific, namesNamespace, textMatches } from "../selector-text.ts";

/** A selector cannot take a hostNetwork pod: on the wire it is its node. */
export const hostnetPeer: Cause = {
  id: "hostnet-peer",
  explain(denial, world) {
    if (denial.peer.kind !== "reserved" || denial.refused.length > 0) return null;
    const pods = world.snapshot.inventory.pods.filter((pod) => pod.hostNetwork);
    for (const candidate of allowRules(denial, ["fromEndpoints", "toEndpoints", "from", "to"])) {
      const pod = candidate.peerMatches ? undefined : pods.find((one) => means(candidate, one, world));
      if (pod === undefined || !candidate.portMatches) continue;
      return {
        sentence: `the rule selects ${pod.namespace}/${pod.name}, a hostNetwork pod: on the wire it is ${denial.peer.entity}`,
        nearest: candidate.rule,
        steps: allowingRule(denial, world),
      };
    }
    return null;
  },
};

function means(candidate: Candidate, pod: Pod, world: CauseWorld): boolean {
  const policy = world.policies.get(candidate.rule.policy);
  if (policy === undefined) return false;
  const own = Object.entries(pod.labels).map(([key, value]) => `k8s:${key}=${value}`);
  const labels = [
    ...own,
    `k8s:${NAMESPACE_LABEL}=${pod.namespace}`,
    `k8s:${NAMESPACE_META_PREFIX}kubernetes.io/metadata.name=${pod.namespace}`,
  ];
  const list = `${elementPath(candidate.rule.element)}.${candidate.peerField ?? ""}`;
  return itemsAt(policy.value, list).some(({ value }) => {
    const selector = policy.kind === "NetworkPolicy" && isObject(value) ? value["podSelector"] : value;
    if (!isSpecific(selector) || !textMatches(selector, labels, () => false)) return false;
    const isPlaced = namesNamespace(selector) || (isObject(value) && value["namespaceSelector"] !== undefined);
    return isPlaced || policy.namespace === null || policy.namespace === pod.namespace;
  });
}
