import { isObject, type Json, type JsonObject } from "#model/json.ts";

// Decoded structs as Go's zero values present them: an absent string is "", an absent list has no elements. Where Go
// tells nil from empty, `isSet` does.

export function textOf(value: JsonObject, field: string): string {
  const text = value[field];
  return typeof text === "string" ? text : "";
}

export function numberOf(value: JsonObject, field: string): number {
  const number = value[field];
  return typeof number === "number" ? number : 0;
}

export function listOf(value: JsonObject, field: string): readonly Json[] {
  const list = value[field];
  return Array.isArray(list) ? list : [];
}

/** A list of structs; an element that is null is a zero struct, as in a Go slice of values. */
export function structsOf(value: JsonObject, field: string): readonly JsonObject[] {
  return listOf(value, field).map((element) => (isObject(element) ? element : {}));
}

/** A list of strings; an element that is null is "". */
export function textsOf(value: JsonObject, field: string): readonly string[] {
  return listOf(value, field).map((element) => (typeof element === "string" ? element : ""));
}

/** A pointer to a struct: null when absent. */
export function structOf(value: JsonObject, field: string): JsonObject | null {
  const struct = value[field];
  return isObject(struct) ? struct : null;
}

/** Go: `field != nil` for slices, maps and pointers. */
export function isSet(value: JsonObject, field: string): boolean {
  return value[field] !== undefined && value[field] !== null;
}
