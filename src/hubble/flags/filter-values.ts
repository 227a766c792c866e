import { quote } from "#engine/validate/go-text.ts";
import type { Json } from "#model/json.ts";
import { TCP_FLAGS } from "../filters/tcp-flags.ts";
import { parseUint } from "../go-text.ts";
import type { Message } from "../message.ts";
import { TRACE_POINTS } from "../print/flow-type.ts";
import { RESERVED_NAMES, RESERVED_NUMBERS } from "../reserved-identities.ts";
import { enumOf } from "../schema.ts";
import { FlagError } from "./flag.ts";

/*
 * Values of filter flags as the fields of a FlowFilter. Upstream: hubble/cmd/observe/flows_filter.go.
 */

/** Types of events by name. Upstream: pkg/monitor/api MessageTypeNames. */
export const EVENT_TYPES: Readonly<Record<string, number>> = {
  drop: 1,
  debug: 2,
  capture: 3,
  trace: 4,
  "policy-verdict": 5,
  "trace-sock": 7,
  l7: 129,
  agent: 130,
};

/** Sub-types of agent events, by number. Upstream: agentEventSubtypes. */
const AGENT_EVENTS: readonly string[] = [
  "unspecified",
  "message",
  "agent-started",
  "endpoint-regenerate-success",
  "endpoint-regenerate-failure",
  "policy-updated",
  "policy-deleted",
  "endpoint-created",
  "endpoint-deleted",
  "ipcache-upserted",
  "ipcache-deleted",
];

/** `TYPE[:SUBTYPE]`. The trap: names of sub-types are known only where the type is named. */
export function eventTypeValue(text: string): Message {
  const colon = text.indexOf(":");
  const typeText = colon < 0 ? text : text.slice(0, colon);
  const named = Object.hasOwn(EVENT_TYPES, typeText) ? EVENT_TYPES[typeText] : undefined;
  const type = named ?? int32Value(typeText, `unable to parse type '${typeText}', not a known type name`);
  if (colon < 0) return withoutZeros({ type });
  const subTypeText = text.slice(colon + 1);
  const names = named === EVENT_TYPES["trace"] ? TRACE_POINTS : named === EVENT_TYPES["agent"] ? AGENT_EVENTS : [];
  const known = names.indexOf(subTypeText);
  const what = `unable to parse event sub-type '${subTypeText}', not a known sub-type name`;
  return withoutZeros({ type, match_sub_type: true, sub_type: known >= 0 ? known : int32Value(subTypeText, what) });
}

/** Read as uint32, kept as int32. */
function int32Value(text: string, what: string): number {
  const parsed = parseUint(text, 10, 32);
  if (!parsed.ok) throw new FlagError(`${what} and unable to parse as numeric value: ${parsed.error}`);
  return Number(parsed.value) | 0;
}

function withoutZeros(message: Readonly<Record<string, Json>>): Message {
  return Object.fromEntries(
    Object.entries(message).filter(([, value]) => value !== 0 && value !== "" && value !== false),
  );
}

/** An enum's name, in upper case only. */
export function enumValue(text: string, type: string, flag: string): string {
  if (!enumOf(type).numbers.has(text)) throw new FlagError(`invalid --${flag} value: ${text}`);
  return text;
}

export function dropReasonValue(text: string): string {
  if (text === "") throw new FlagError("empty --drop-reason-desc value");
  return enumValue(text, "DropReason", "drop-reason-desc");
}

export function ipTraceIdValue(text: string): string {
  if (text === "0") throw new FlagError("invalid --ip-trace-id value; must be greater than 0");
  const parsed = parseUint(text, 10, 64);
  if (!parsed.ok) throw new FlagError(`invalid --ip-trace-id value: ${parsed.error}`);
  return parsed.value.toString();
}

export function ipVersionValue(text: string): string {
  const version = /^(?:ipv|ip|v)?([46])$/.exec(text.toLowerCase())?.[1];
  return version === undefined ? "IP_NOT_USED" : `IPv${version}`;
}

export function httpHeaderValue(text: string): Message {
  const colon = text.indexOf(":");
  if (colon < 0) throw new FlagError(`invalid http-header value ${quote(text)}, expected name:value`);
  return withoutZeros({ key: text.slice(0, colon), value: text.slice(colon + 1) });
}

/** `[kind/]name`. */
export function workloadValue(text: string): Message {
  const slash = text.indexOf("/");
  return withoutZeros(slash < 0 ? { name: text } : { name: text.slice(slash + 1), kind: text.slice(0, slash) });
}

export function identityValue(text: string): number {
  const reserved = RESERVED_NUMBERS.get(text);
  if (reserved !== undefined) return reserved;
  const parsed = parseUint(text, 0, 32);
  if (parsed.ok) return Number(parsed.value);
  throw new FlagError(`invalid security identity, expected one of [${RESERVED_NAMES.join(" ")}] or a numeric value`);
}

export function tcpFlagsValue(text: string): Message {
  const names = text.split(",");
  const unknown = names.find((name) => !TCP_FLAGS.some((flag) => flag === name.toUpperCase()));
  if (unknown !== undefined) throw new FlagError(`unknown tcp flag: ${unknown}`);
  const wanted = new Set(names.map((name) => name.toUpperCase()));
  return Object.fromEntries(TCP_FLAGS.filter((flag) => wanted.has(flag)).map((flag) => [flag, true]));
}

export function trafficDirectionValue(text: string): string {
  const direction = text.toLowerCase();
  if (direction === "ingress" || direction === "egress") return direction.toUpperCase();
  throw new FlagError(`${direction}: invalid traffic direction, expected ingress or egress`);
}
