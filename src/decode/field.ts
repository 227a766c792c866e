import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { StringMap } from "#model/objects.ts";

/*
 * Reading fields of objects that others wrote: a field that is absent or of another type than Kubernetes gives it
 * reads as absent. What the API server would refuse is said by the schema check, not here.
 */

/** The value below the given keys, undefined where one is missing. */
export function valueAt(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  let at = value;
  for (const key of keys) {
    if (!isObject(at)) return undefined;
    at = Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

export function textAt(value: Json | undefined, ...keys: readonly string[]): string | undefined {
  const found = valueAt(value, ...keys);
  return typeof found === "string" ? found : undefined;
}

/** Text, or a number or boolean written as text: what an unquoted name such as `12` or `on` became. */
export function scalarAt(value: Json | undefined, ...keys: readonly string[]): string | undefined {
  const found = valueAt(value, ...keys);
  return found === undefined || found === null || typeof found === "object" ? undefined : String(found);
}

export function numberAt(value: Json | undefined, ...keys: readonly string[]): number | undefined {
  const found = valueAt(value, ...keys);
  return typeof found === "number" ? found : undefined;
}

export function flagAt(value: Json | undefined, ...keys: readonly string[]): boolean {
  return valueAt(value, ...keys) === true;
}

/** The objects of a list; other elements are left out. Empty when it is absent or no list. */
export function objectsAt(value: Json | undefined, ...keys: readonly string[]): readonly JsonObject[] {
  const found = valueAt(value, ...keys);
  return Array.isArray(found) ? found.filter((element): element is JsonObject => isObject(element)) : [];
}

/** The strings of a list; other elements are left out. */
export function textsAt(value: Json | undefined, ...keys: readonly string[]): readonly string[] {
  const found = valueAt(value, ...keys);
  return Array.isArray(found) ? found.filter((element): element is string => typeof element === "string") : [];
}

/** A map of strings (labels, annotations). Scalars that YAML read as something else are written back as text. */
export function stringMapAt(value: Json | undefined, ...keys: readonly string[]): StringMap {
  const found = valueAt(value, ...keys);
  if (!isObject(found)) return {};
  return Object.fromEntries(
    Object.entries(found).flatMap(([key, entry]) =>
      entry === null || typeof entry === "object" ? [] : [[key, String(entry)] as const],
    ),
  );
}

/** Drops nulls as the API server does with fields that are not nullable: in objects, not in lists. */
export function pruneNulls(value: Json): Json {
  if (typeof value !== "object" || value === null || !holdsNull(value)) return value;
  return Array.isArray(value) ? value.map(pruneNulls) : isObject(value) ? pruneObject(value) : value;
}

export function pruneObject(value: JsonObject): JsonObject {
  if (!holdsNull(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (entry === null ? [] : [[key, pruneNulls(entry)] as const])),
  );
}

/** Most objects hold no null: they are kept as they are, not copied. */
function holdsNull(value: JsonObject | readonly Json[]): boolean {
  if (Array.isArray(value))
    return value.some((entry) => typeof entry === "object" && entry !== null && holdsNull(entry));
  for (const key in value) {
    const entry = (value as JsonObject)[key];
    if (entry === null) return true;
    if (typeof entry === "object" && holdsNull(entry)) return true;
  }
  return false;
}
