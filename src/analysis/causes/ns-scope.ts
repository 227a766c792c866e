import type { Candidate } from "#model/connection.ts";
import type { End } from "#model/conversation.ts";
import { isObject, type Json } from "#model/json.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import { allowRules, type Cause, type CauseWorld } from "../cause.ts";
import type { EditStep } from "../edits/edit-step.ts";
import { itemsAt } from "../element.ts";
import { endLabels, isNamespaceKey, isSpecific, namesNamespace, textMatches } from "../selector-text.ts";

/** A peer selector of a namespaced policy means its own namespace unless it names another. */
export const nsScope: Cause = {
  id: "ns-scope",
  explain(denial, world) {
    if (denial.peer.kind !== "pod" || denial.refused.length > 0) return null;
    for (const candidate of allowRules(denial, ["fromEndpoints", "toEndpoints", "from", "to"])) {
      if (candidate.peerMatches || !candidate.portMatches) continue;
      const found = unscoped(candidate, denial.peer, world);
      if (found !== null) return found;
    }
    return null;
  },
};

function unscoped(candidate: Candidate, peer: Extract<End, { kind: "pod" }>, world: CauseWorld) {
  const policy = world.policies.get(candidate.rule.policy);
  if (policy === undefined || policy.namespace === null || policy.namespace === peer.namespace) return null;
  const list = `${elementPath(candidate.rule.element)}.${candidate.peerField ?? ""}`;
  const item = itemsAt(policy.value, list).find(({ value }) => meansPeer(policy, value, peer));
  if (item === undefined) return null;
  return {
    sentence: `the selector names no namespace, so it means ${policy.namespace}; the peer is in ${peer.namespace}`,
    nearest: candidate.rule,
    steps: [scopeStep(policy, candidate.rule.policy, item.path, item.value, peer.namespace)],
  };
}

function meansPeer(policy: PolicyObject, value: Json, peer: End): boolean {
  if (policy.kind === "NetworkPolicy") {
    if (!isObject(value) || value["namespaceSelector"] !== undefined) return false;
    const selector = value["podSelector"];
    return isSpecific(selector) && textMatches(selector, endLabels(peer), () => false);
  }
  return isSpecific(value) && !namesNamespace(value) && textMatches(value, endLabels(peer), isNamespaceKey);
}

function scopeStep(policy: PolicyObject, name: string, path: string, value: Json, namespace: string): EditStep {
  if (policy.kind === "NetworkPolicy") {
    const selector = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
    return { policy: name, path, op: "set", key: "namespaceSelector", value: selector };
  }
  const labels = isObject(value) ? value["matchLabels"] : undefined;
  const key = "k8s:io.kubernetes.pod.namespace";
  return isObject(labels)
    ? { policy: name, path: `${path}.matchLabels`, op: "set", key, value: namespace }
    : { policy: name, path, op: "set", key: "matchLabels", value: { [key]: namespace } };
}
