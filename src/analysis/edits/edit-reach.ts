import type { Conversation } from "#model/conversation.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { EditStep } from "./edit-step.ts";

/**
 * Tells which conversations a change could decide otherwise, by the ports that it names: a rule added for one port
 * cannot touch another. Every one whenever that is not certain (no port, a named one, a range, DNS rules).
 */
export function editReach(step: EditStep): (conversation: Conversation) => boolean {
  const ports = step.op === "append" && isObject(step.value) ? portsOf(step.value) : null;
  if (ports === null || ports.includes(53)) return () => true;
  return (conversation) => conversation.port !== null && ports.includes(conversation.port);
}

/** The numbers of all ports that an added rule, or port, names; null when it is not limited to plain numbers. */
function portsOf(value: JsonObject): readonly number[] | null {
  const lists = Array.isArray(value["toPorts"]) ? value["toPorts"] : null;
  const entries = lists === null ? (value["port"] === undefined ? null : [value]) : lists.flatMap(portEntries);
  if (entries === null || entries.length === 0) return null;
  const numbers = entries.map((entry) =>
    isObject(entry) && entry["endPort"] === undefined ? Number(entry["port"]) : Number.NaN,
  );
  return numbers.some((port) => !Number.isInteger(port) || port <= 0) ? null : numbers;
}

function portEntries(list: Json): readonly Json[] {
  return isObject(list) && Array.isArray(list["ports"]) ? list["ports"] : [null];
}
