import type { Json, JsonObject } from "#model/json.ts";
import { isObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import { pathSteps } from "./element.ts";

/**
 * One change to a policy, at a path below the object. `append`: add `value` to the list at `path`, made when absent;
 * `set`: give the mapping at `path` the key `key`; `replace`: put `value` in the place of what is there.
 */
export type EditStep = {
  readonly policy: string;
  readonly path: string;
  readonly op: "append" | "set" | "replace";
  readonly key?: string;
  readonly value: Json;
};

/** The policy with the change made; the text of its file is changed by `edit/` in the same way. */
export function applyStep(policy: PolicyObject, step: EditStep): PolicyObject | null {
  const changed = changeAt(policy.value, pathSteps(step.path), (old) => changedValue(old, step));
  return isObject(changed) ? { ...policy, value: changed } : null;
}

function changedValue(old: Json | undefined, step: EditStep): Json | undefined {
  switch (step.op) {
    case "append":
      if (old === undefined) return [step.value];
      return Array.isArray(old) ? [...old, step.value] : undefined;
    case "set":
      return isObject(old) && step.key !== undefined ? { ...old, [step.key]: step.value } : undefined;
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
  return inner === undefined ? undefined : ({ ...value, [step]: inner } satisfies JsonObject);
}
