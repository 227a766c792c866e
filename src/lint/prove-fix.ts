import type { EditStep } from "#analysis/edits/edit-step.ts";
import { applyStep } from "#analysis/edits/edit-step.ts";
import { endKey, endName } from "#analysis/end-name.ts";
import { portText } from "#analysis/cause.ts";
import type { Conversation } from "#model/conversation.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import type { Check, Found } from "./check.ts";
import { sameElement } from "./element-rule.ts";
import { changedWorld, type LintWorld } from "./lint-world.ts";

/** What the edits of a finding do: `isProven` as LintFix has it. */
export type FixProof = { readonly isProven: boolean; readonly newlyAllows: readonly string[] };

/** Applies a finding's edits to a copy and asks its check and the recording again. */
export function proveFix(check: Check, found: Found, world: LintWorld): FixProof {
  const steps = found.steps ?? [];
  const changed = changedPolicies(world.set.policies, steps);
  if (steps.length === 0 || changed === null) return { isProven: false, newlyAllows: [] };
  const after = changedWorld(world, changed);
  const touched = new Set(steps.map(({ policy }) => policy));
  const isAccepted = after.set.engine.policies.every((one) => one.valid || !touched.has(one.policy));
  const isGone = ![...check.find(after)].some((one) => isSame(one, found));
  const ends = new Set([...(found.subjects ?? []), ...(found.peers ?? [])].map(endKey));
  const own = new Set(found.conversations ?? []);
  const isAbout = (one: Conversation) => own.has(one) || ends.has(endKey(one.from)) || ends.has(endKey(one.to));
  const affected = world.conversations.map((one) => ({
    one,
    before: world.set.judge(one).verdict,
    after: after.set.judge(one).verdict,
  }));
  const isWorse = affected.some((one) => one.after === "denied" && one.before !== "denied");
  const allowed = affected.filter((one) => one.before === "denied" && one.after === "allowed").map(({ one }) => one);
  return {
    isProven: isAccepted && isGone && !isWorse && allowed.every(isAbout),
    newlyAllows: allowed.map(conversationText),
  };
}

/** `shop/web → shop/db :5432`. */
export function conversationText(one: Conversation): string {
  return `${endName(one.from)} → ${endName(one.to)} ${portText(one)}`;
}

function isSame(one: Found, other: Found): boolean {
  if (one.policy === null || other.policy === null) return one.policy === other.policy && one.message === other.message;
  return policyName(one.policy) === policyName(other.policy) && sameElement(one.path, other.path);
}

/** The set with the edits made; null when one leads nowhere. */
function changedPolicies(
  policies: ReadonlyMap<string, PolicyObject>,
  steps: readonly EditStep[],
): ReadonlyMap<string, PolicyObject> | null {
  const changed = new Map(policies);
  for (const step of steps) {
    const policy = changed.get(step.policy);
    const made = policy === undefined ? null : applyStep(policy, step);
    if (made === null) return null;
    changed.set(step.policy, made);
  }
  return changed;
}
