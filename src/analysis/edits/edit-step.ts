import type { Change } from "#edit/change.ts";
import { changeJson } from "#edit/change-json.ts";
import { isObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";

/** One change to a policy, by the policy's name: what a cause proposes, for its data and its text alike. */
export type EditStep = Change & { readonly policy: string };

/** The policy with the change made; null when the path leads nowhere. Its file's text is changed by `edit/` likewise. */
export function applyStep(policy: PolicyObject, step: EditStep): PolicyObject | null {
  const changed = changeJson(policy.value, step);
  return isObject(changed) ? { ...policy, value: changed } : null;
}

/** The policies with all steps made, in order, by name; null when one of them leads nowhere. */
export function applySteps(
  policies: ReadonlyMap<string, PolicyObject>,
  steps: readonly EditStep[],
): ReadonlyMap<string, PolicyObject> | null {
  const edited = new Map(policies);
  for (const step of steps) {
    const policy = edited.get(step.policy);
    const changed = policy === undefined ? null : applyStep(policy, step);
    if (changed === null) return null;
    edited.set(step.policy, changed);
  }
  return edited;
}
