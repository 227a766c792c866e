import { isObject, type Json } from "#model/json.ts";
import { momentOf } from "../go-time.ts";
import type { Message } from "../message.ts";
import { enumOf, type Field } from "../schema.ts";

/** Integers are bigints, signed or not; moments and durations count nanoseconds. */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly CelValue[]
  | { readonly kind: "message"; readonly type: string; readonly value: Message }
  | { readonly kind: "timestamp" | "duration"; readonly nanos: bigint };

/** The value of a message's field; of one that is absent its default. */
export function fieldValue(message: Message, field: Field): CelValue {
  const value = message[field.name];
  if (field.isRepeated) return Array.isArray(value) ? value.map((one: Json) => single(one, field)) : [];
  return value === undefined ? zeroOf(field) : single(value, field);
}

function zeroOf({ kind, type }: Field): CelValue {
  if (kind === "message") return { kind: "message", type, value: {} };
  if (kind === "enum") return 0n;
  if (type === "string") return "";
  if (type === "bool") return false;
  if (type === "double") return 0;
  if (type === "Timestamp") return { kind: "timestamp", nanos: 0n };
  return type.endsWith("Value") || type === "Any" ? null : 0n;
}

function single(value: Json, { kind, type }: Field): CelValue {
  if (kind === "message") return { kind: "message", type, value: isObject(value) ? value : {} };
  if (kind === "enum")
    return BigInt(typeof value === "number" ? value : (enumOf(type).numbers.get(String(value)) ?? 0));
  if (type === "Timestamp") return timestampOf(String(value));
  if (type === "string" || typeof value === "boolean") return typeof value === "boolean" ? value : String(value);
  if (type === "double") return Number(value);
  return type === "Any" ? null : BigInt(String(value));
}

function timestampOf(text: string): CelValue {
  const { seconds, nanos } = momentOf(text);
  return { kind: "timestamp", nanos: BigInt(seconds) * 1_000_000_000n + BigInt(nanos) };
}

/** Upstream: types.Equal; numbers of different kinds are equal when they are the same number. */
export function isEqual(a: CelValue, b: CelValue): boolean {
  if (isList(a)) return isList(b) && a.length === b.length && a.every((one, index) => isEqual(one, b[index] ?? null));
  if (typeof a === "object" && a !== null) {
    if (typeof b !== "object" || b === null || isList(b) || a.kind !== b.kind) return false;
    if (a.kind === "message") return b.kind === "message" && JSON.stringify(a.value) === JSON.stringify(b.value);
    return b.kind !== "message" && a.nanos === b.nanos;
  }
  if (isNumber(a) && isNumber(b)) return typeof a === typeof b ? a === b : Number(a) === Number(b);
  return a === b;
}

export function isList(value: CelValue): value is readonly CelValue[] {
  return Array.isArray(value);
}

function isNumber(value: CelValue): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}

/** Below 0, 0, above 0; null for values that have no order. */
export function compareValues(a: CelValue, b: CelValue): number | null {
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || isList(a) || isList(b)) return null;
  if (a.kind === "message" || b.kind === "message" || a.kind !== b.kind) return null;
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}
