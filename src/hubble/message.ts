import { isObject, type Json, type JsonObject } from "#model/json.ts";

/**
 * A protobuf message as plain data: what protojson writes, with proto field names in declaration order, zero values left
 * out, enums by name (by number when the name is not known), 64-bit integers as decimal text, times in UTC. The readers
 * below give the zero value for what is absent, as protobuf's getters do.
 */
export type Message = JsonObject;

export function textOf(message: Message | undefined, name: string): string {
  const value = message?.[name];
  return typeof value === "string" ? value : "";
}

/** A 32-bit integer or a double. */
export function numberOf(message: Message | undefined, name: string): number {
  const value = message?.[name];
  return typeof value === "number" ? value : 0;
}

export function flagOf(message: Message | undefined, name: string): boolean {
  return message?.[name] === true;
}

/** A 64-bit integer, as decimal text; "0" when absent. */
export function integerTextOf(message: Message | undefined, name: string): string {
  const value = message?.[name];
  return typeof value === "string" ? value : "0";
}

/** An enum's name; its number as text where the name is not known; `zero` when absent. */
export function enumTextOf(message: Message | undefined, name: string, zero: string): string {
  const value = message?.[name];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : zero;
}

/** A message inside; undefined when absent. */
export function partOf(message: Message | undefined, name: string): Message | undefined {
  const value = message?.[name];
  return isObject(value) ? value : undefined;
}

const NO_MESSAGES: readonly Message[] = [];
const NO_TEXTS: readonly string[] = [];

export function partsOf(message: Message | undefined, name: string): readonly Message[] {
  const value = message?.[name];
  return Array.isArray(value) ? value.filter(isObject) : NO_MESSAGES;
}

export function textsOf(message: Message | undefined, name: string): readonly string[] {
  const value = message?.[name];
  return Array.isArray(value) ? value.filter((one: Json) => typeof one === "string") : NO_TEXTS;
}

/** A repeated field as it is; empty when absent. */
export function listOf(message: Message | undefined, name: string): readonly Json[] {
  const value = message?.[name];
  return Array.isArray(value) ? value : NO_TEXTS;
}
