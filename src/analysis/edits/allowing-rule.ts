import type { CauseWorld, Denial } from "../cause.ts";
import type { EditStep } from "./edit-step.ts";
import { policyToEdit } from "../nearest-rule.ts";
import { ruleFor } from "../peer-rule.ts";

/** A rule of its own for exactly this conversation, in the policy that an edit belongs into; none where there is none. */
export function allowingRule(denial: Denial, world: CauseWorld): readonly EditStep[] {
  const target = policyToEdit(denial, world);
  const policy = target === null ? undefined : world.policies.get(target.policy);
  if (target === null || policy === undefined) return [];
  const value = ruleFor(denial.conversation, denial.side, policy);
  return [{ policy: target.policy, path: target.list, op: "append", value }];
}
