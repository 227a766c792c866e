import type { End } from "#model/conversation.ts";
import type { Json, JsonObject } from "#model/json.ts";
import { isObject } from "#model/json.ts";
import { NAMESPACE_LABEL, NAMESPACE_META_PREFIX, parseLabel } from "#model/labels.ts";

/**
 * Reads a label selector as its author wrote it, without what Cilium adds (namespace, cluster). Only for questions
 * about the text ("would it match were it not scoped?"): what a selector really selects is the engine's to say.
 */
export function textMatches(
  selector: Json | undefined,
  labels: readonly string[],
  ignore: (key: string) => boolean,
): boolean {
  if (!isObject(selector)) return false;
  const held = new Map(labels.map((text) => labelPair(text)));
  const matchLabels = isObject(selector["matchLabels"]) ? selector["matchLabels"] : {};
  for (const [key, value] of Object.entries(matchLabels)) {
    const bare = bareKey(key);
    if (!ignore(bare) && held.get(bare) !== String(value)) return false;
  }
  const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"] : [];
  return expressions.every((expression) => !isObject(expression) || expressionHolds(expression, held, ignore));
}

function expressionHolds(
  expression: JsonObject,
  held: ReadonlyMap<string, string>,
  ignore: (key: string) => boolean,
): boolean {
  const key = bareKey(String(expression["key"] ?? ""));
  if (ignore(key)) return true;
  const value = held.get(key);
  const values = Array.isArray(expression["values"]) ? expression["values"].map(String) : [];
  return operatorHolds(expression["operator"], value, values);
}

/** Whether a label of this value (undefined: no such label) meets a requirement; unknown operators are met by none. */
export function operatorHolds(operator: unknown, value: string | undefined, values: readonly string[]): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

function labelPair(text: string): readonly [string, string] {
  const label = parseLabel(text);
  return [label.key, label.value];
}

/** `k8s:app` → `app`; a key without a source prefix stays. */
export function bareKey(key: string): string {
  const found = /^(k8s|any|container|reserved|unspec):(.*)$/.exec(key);
  return found === null ? key : (found[2] ?? "");
}

/** True for the keys that place a selector in a namespace. */
export function isNamespaceKey(key: string): boolean {
  return key === NAMESPACE_LABEL || key.startsWith(NAMESPACE_META_PREFIX);
}

/** True when the selector says itself which namespace it means. */
export function namesNamespace(selector: Json | undefined): boolean {
  if (!isObject(selector)) return false;
  const matchLabels = isObject(selector["matchLabels"]) ? Object.keys(selector["matchLabels"]) : [];
  const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"] : [];
  const keys = expressions.map((expression) => (isObject(expression) ? String(expression["key"] ?? "") : ""));
  return [...matchLabels, ...keys].some((key) => isNamespaceKey(bareKey(key)));
}

/** True for a selector that names at least one label besides the namespace. */
export function isSpecific(selector: Json | undefined): boolean {
  if (!isObject(selector)) return false;
  const matchLabels = isObject(selector["matchLabels"]) ? Object.keys(selector["matchLabels"]) : [];
  const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"].length : 0;
  return matchLabels.some((key) => !isNamespaceKey(bareKey(key))) || expressions > 0;
}

/** The identity labels of an end; none for addresses and unknown ends. */
export function endLabels(end: End): readonly string[] {
  return end.kind === "pod" || end.kind === "reserved" ? end.labels : [];
}
