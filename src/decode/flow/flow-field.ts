import type { Json, JsonObject } from "#model/json.ts";
import { isObject } from "#model/json.ts";
import { readTime } from "./flow-time.ts";

/*
 * Reading protojson: fields by their proto name or its lowerCamel form, null as absent, 64-bit integers as strings or
 * numbers, enums as names or numbers. A value of another type than the proto's reads as absent.
 */

/** `node_name` → `nodeName`: how protojson writes it without UseProtoNames. */
export function lowerCamel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function field(object: JsonObject, name: string): Json | undefined {
  const value = object[name] ?? object[lowerCamelOf(name)];
  return value === null ? undefined : value;
}

const camelNames = new Map<string, string>();

function lowerCamelOf(name: string): string {
  const known = camelNames.get(name);
  if (known !== undefined) return known;
  const camel = lowerCamel(name);
  camelNames.set(name, camel);
  return camel;
}

export function textField(object: JsonObject, name: string): string {
  const value = field(object, name);
  return typeof value === "string" ? value : "";
}

/** A number, or the text of one; 0 when absent. */
export function numberField(object: JsonObject, name: string): number {
  return numberOf(field(object, name)) ?? 0;
}

export function numberOf(value: Json | undefined): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export function timeField(object: JsonObject, name: string): number | null {
  const value = field(object, name);
  return typeof value === "string" ? readTime(value) : null;
}

export function objectField(object: JsonObject, name: string): JsonObject | null {
  const value = field(object, name);
  return isObject(value) ? value : null;
}

export function textsField(object: JsonObject, name: string): readonly string[] {
  return textsOf(field(object, name));
}

export function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === "string") : [];
}

/** An enum's name: as written, or looked up by number; `table[0]` (unknown) and absent read as "". */
export function enumField(object: JsonObject, name: string, table: Readonly<Record<number, string>>): string {
  return enumOf(field(object, name), table);
}

export function enumOf(value: Json | undefined, table: Readonly<Record<number, string>>): string {
  if (typeof value === "number") return value === 0 ? "" : (table[value] ?? String(value));
  return typeof value === "string" && value !== table[0] ? value : "";
}
