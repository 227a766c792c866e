import type { Candidate } from "#model/connection.ts";
import type { End } from "#model/conversation.ts";
import { isObject } from "#model/json.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import { allowRules, type Cause, type CauseWorld } from "../cause.ts";
import { itemsAt } from "../element.ts";
import { endName } from "../end-name.ts";
import { peerSelector } from "../peer-rule.ts";
import { endLabels, namesNamespace } from "../selector-text.ts";

/** The rule for this port has a peer selector that takes no endpoint there is: a label that nobody carries. */
export const peerMatchesNothing: Cause = {
  id: "peer-matches-nothing",
  explain(denial, world) {
    if (denial.peer.kind !== "pod" || denial.refused.length > 0) return null;
    for (const candidate of allowRules(denial, ["fromEndpoints", "toEndpoints", "from", "to"])) {
      if (candidate.peerMatches || !candidate.portMatches || takesSomebody(candidate, world)) continue;
      const policy = world.policies.get(candidate.rule.policy);
      if (policy === undefined || !mayMean(policy, candidate, denial.peer)) continue;
      const path = `${elementPath(candidate.rule.element)}.${candidate.peerField ?? ""}`;
      return {
        sentence: `the rule's peer selector matches no pod; ${endName(denial.peer)} carries other labels`,
        nearest: candidate.rule,
        steps:
          policy.kind === "NetworkPolicy"
            ? []
            : [
                {
                  policy: candidate.rule.policy,
                  path,
                  op: "append" as const,
                  value: peerSelector(denial.peer, policy.namespace),
                },
              ],
      };
    }
    return null;
  },
};

function takesSomebody(candidate: Candidate, world: CauseWorld): boolean {
  return world.ends.some((end) => world.engine.selectsPeer(candidate.rule, end));
}

/** The selector means the peer's namespace, and one of its values is among the peer's labels or names. */
function mayMean(policy: PolicyObject, candidate: Candidate, peer: Extract<End, { kind: "pod" }>): boolean {
  const path = `${elementPath(candidate.rule.element)}.${candidate.peerField ?? ""}`;
  return itemsAt(policy.value, path).some(({ value }) => {
    const selector = policy.kind === "NetworkPolicy" && isObject(value) ? value["podSelector"] : value;
    const labels = isObject(selector) && isObject(selector["matchLabels"]) ? selector["matchLabels"] : {};
    const texts = [...endLabels(peer).map((label) => label.slice(label.indexOf("=") + 1)), peer.workload?.name ?? ""];
    const near = Object.values(labels).some((wanted) => texts.includes(String(wanted)));
    return near || (policy.namespace === peer.namespace && !namesNamespace(value));
  });
}
