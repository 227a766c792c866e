import { type PolicySet, policySet, proposedSet } from "#analysis/proposal.ts";
import type { Conversation } from "#model/conversation.ts";
import type { GenerationProof, LeftConversation } from "#model/generated.ts";
import type { PolicyObject } from "#model/policy.ts";
import { policyName } from "#model/policy.ts";
import { leftConversation } from "./evidence.ts";
import type { Stage } from "./stage.ts";

/** The result made askable: alone, and beside the policies in force that it does not replace. */
export type Result = { readonly alone: PolicySet; readonly together: PolicySet };

export function resultOf(policies: readonly PolicyObject[], { snapshot, facts }: Stage): Result {
  const alone = policySet(snapshot, facts, policies);
  if (snapshot.policies.length === 0) return { alone, together: alone };
  return { alone, together: policySet(snapshot, facts, proposedSet(snapshot.policies, policies, false)) };
}

/**
 * Decides the source conversations under the result, by the engine: none that was turned into rules may be refused, by
 * the result alone or by what stays in force beside it.
 */
export function prove(written: readonly Conversation[], { alone, together }: Result): GenerationProof {
  const denied: LeftConversation[] = [];
  const undecided: LeftConversation[] = [];
  let l7Unseen = 0;
  let allowed = 0;
  for (const conversation of written) {
    const own = alone.judge(conversation);
    const whole = together === alone ? own : together.judge(conversation);
    if (own.verdict === "denied") denied.push(leftConversation(conversation, deniedBy(conversation, alone)));
    else if (whole.verdict === "denied") {
      denied.push(leftConversation(conversation, `a policy in force: ${deniedBy(conversation, together)}`));
    } else if (own.verdict === "undecided")
      undecided.push(leftConversation(conversation, missingOf(conversation, alone)));
    else {
      allowed += 1;
      if (own.l7 === "unseen") l7Unseen += 1;
    }
  }
  const rejected = alone.engine.policies.flatMap((one) =>
    one.valid ? [] : [{ policy: one.policy, error: one.error }],
  );
  return { conversations: written.length, allowed, l7Unseen, denied, undecided, rejected };
}

function deniedBy(conversation: Conversation, set: PolicySet): string {
  const { decision, refused } = set.judge(conversation);
  const rules = [decision.egress, decision.ingress].flatMap((ruling) =>
    ruling?.decision === "denied" ? ruling.by.map((rule) => `${rule.policy} ${rule.element}`) : [],
  );
  if (rules.length > 0) return `denied by ${[...new Set(rules)].join(", ")}`;
  const sides = (["egress", "ingress"] as const).filter((side) => decision[side]?.decision === "denied");
  if (sides.length > 0) return `no rule allows its ${sides.join(" and ")}`;
  return `a proxy refuses ${refused.length} of its requests`;
}

function missingOf(conversation: Conversation, set: PolicySet): string {
  const { egress, ingress } = set.judge(conversation).decision;
  const open = [egress, ingress].find((ruling) => ruling?.decision === "undecided");
  return open?.decision === "undecided" ? open.missing.what : "a fact is missing";
}

/** Names of policies of which the result has a namesake: applying it replaces them. */
export function replacedNames(policies: readonly PolicyObject[], inForce: readonly PolicyObject[]): readonly string[] {
  const own = new Set(policies.map(policyName));
  return inForce.map(policyName).filter((name) => own.has(name));
}
