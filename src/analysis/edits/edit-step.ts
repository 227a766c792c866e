import type { Change } from "#edit/change.ts";
import type { Json } from "#model/json.ts";
import { isObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import { pathSteps } from "../element.ts";

/** One change to a policy, by the policy's name: what a cause proposes, for its data and its text alike. */
export type EditStep = Change & { readonly policy: string };

/** The policy with the change made; null when the path leads nowhere. Its file's text is changed by `edit/` likewise. */
export function applyStep(policy: PolicyObject, step: EditStep): PolicyObject | null {
  const changed = changeAt(policy.value, pathSteps(step.path), (old) => changedValue(old, step));
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

function changedValue(old: Json | undefined, step: EditStep): Json | undefined {
  switch (step.op) {
    case "append":
      if (old === undefined) return [step.value];
      return Array.isArray(old) ? [...old, step.value] : undefined;
    case "set":
      if (step.key === undefined || !(old === undefined || isObject(old))) return undefined;
      return { ...old, [step.key]: step.value };
    case "replace":
      return old === undefined ? undefined : step.value;
  }
}

/** Rebuilds the value with `change` applied at the path; undefined when the path leads nowhere. */
function changeAt(
  value: Json | undefined,
  steps: readonly (string | number)[],
  change: (old: Json | undefined) => Json | undefined,
): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return change(value);
  if (typeof step === "number") {
    if (!Array.isArray(value) || value[step] === undefined) return undefined;
    const inner = changeAt(value[step], rest, change);
    return inner === undefined ? undefined : value.map((item, index) => (index === step ? inner : item));
  }
  if (!isObject(value)) return undefined;
  const inner = changeAt(value[step], rest, change);
  return inner === undefined ? undefined : { ...value, [step]: inner };
}
