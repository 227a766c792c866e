import type { Json } from "#model/json.ts";
import { isObject } from "#model/json.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";

/** The steps of an element path: `spec.egress[2].toPorts[0]` → spec, egress, 2, toPorts, 0. */
export function pathSteps(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = [];
  for (const part of path.split(".")) {
    const [name = "", ...indexes] = part.split("[");
    if (name !== "") steps.push(name);
    for (const index of indexes) steps.push(Number.parseInt(index, 10));
  }
  return steps;
}

/** The JSON at a path below an object; undefined where there is nothing. */
export function valueAt(value: Json, path: string): Json | undefined {
  let at: Json | undefined = value;
  for (const step of pathSteps(path)) {
    if (typeof step === "number") at = Array.isArray(at) ? at[step] : undefined;
    else at = isObject(at) ? at[step] : undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

/** The JSON of a rule: `egress[2]` of a policy → its `spec.egress[2]`. */
export function elementOf(policy: PolicyObject, element: string): Json | undefined {
  return valueAt(policy.value, elementPath(element));
}

/** The spec that an element belongs to (`spec`, or `specs[1]`), as a path below the object. */
export function specPath(element: string): string {
  return element.startsWith("specs[") ? element.slice(0, element.indexOf("]") + 1) : "spec";
}

/** A list at a path, with the path of each item; empty where there is none. */
export function itemsAt(value: Json, path: string): readonly { readonly path: string; readonly value: Json }[] {
  const list = valueAt(value, path);
  return Array.isArray(list) ? list.map((item, index) => ({ path: `${path}[${index}]`, value: item })) : [];
}
