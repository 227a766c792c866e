import { applySteps } from "#analysis/edits/edit-step.ts";
import { endKey, endName } from "#analysis/end-name.ts";
import { portText } from "#analysis/cause.ts";
import type { Conversation, End } from "#model/conversation.ts";
import { policyName } from "#model/policy.ts";
import type { Check, Found } from "./check.ts";
import { foundKey, sameElement } from "./element-rule.ts";
import { changedWorld, type LintWorld } from "./lint-world.ts";
import { perWorld } from "./per-world.ts";

/** What the edits of a finding do: `isProven` as LintFix has it. */
export type FixProof = { readonly isProven: boolean; readonly newlyAllows: readonly string[] };

/** Applies a finding's edits to a copy and asks its check and the recording again. */
export function proveFix(check: Check, found: Found, world: LintWorld): FixProof {
  const steps = found.steps ?? [];
  const changed = applySteps(world.set.policies, steps);
  if (steps.length === 0 || changed === null) return { isProven: false, newlyAllows: [] };
  const touched = new Set(steps.map(({ policy }) => policy));
  const about = new Set([...touched, ...(found.policy === null ? [] : [policyName(found.policy)])]);
  const linted = found.policy === null ? world.linted : world.linted.filter((one) => about.has(policyName(one)));
  const conversations = [...new Set([...about].flatMap((policy) => selectedBy(world, policy)))];
  const after = changedWorld(world, changed, { linted, conversations });
  const isAccepted = after.set.engine.policies.every((one) => one.valid || !touched.has(one.policy));
  const isGone = ![...check.find(after)].some((one) => isSame(one, found));
  const ends = new Set([...(found.subjects ?? []), ...(found.peers ?? [])].map(endKey));
  const own = new Set(found.conversations ?? []);
  const isAbout = (one: Conversation) => own.has(one) || ends.has(endKey(one.from)) || ends.has(endKey(one.to));
  const affected = conversations.map((one) => ({
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

/** By world: the conversations of which a policy selects an end. Only those can be decided otherwise when it changes. */
const selections = perWorld(() => new Map<string, readonly Conversation[]>());

function selectedBy(world: LintWorld, policy: string): readonly Conversation[] {
  const known = selections(world);
  const found = known.get(policy) ?? conversationsOf(world, policy);
  known.set(policy, found);
  return found;
}

function conversationsOf({ set, conversations }: LintWorld, policy: string): readonly Conversation[] {
  const ends = new Map<End, boolean>();
  const selects = (end: End) => {
    const answer = ends.get(end) ?? set.engine.selectsSubject(policy, end);
    ends.set(end, answer);
    return answer;
  };
  return conversations.filter(({ from, to }) => selects(from) || selects(to));
}

/** `shop/web → shop/db :5432`. */
export function conversationText(one: Conversation): string {
  return `${endName(one.from)} → ${endName(one.to)} ${portText(one)}`;
}

function isSame(one: Found, other: Found): boolean {
  if (foundKey(one) !== foundKey(other)) return false;
  return one.policy === null ? one.message === other.message : sameElement(one.path, other.path);
}
