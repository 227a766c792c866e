import { expect } from "vitest";
import { readFlowEvent } from "../../src/decode/flow/flow.ts";
import { FlowScanner } from "../../src/decode/flow/flow-scanner.ts";
import type { Conversation, End } from "../../src/model/conversation.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Traffic } from "../../src/model/snapshot.ts";
import type { FinishContext } from "../../src/traffic/finish/finish.ts";
import { createFold, type Fold, type FoldOptions } from "../../src/traffic/fold.ts";
import type { Party } from "./ends.ts";

/** Members of a line's flow that replace the usual ones; `undefined` takes one away. */
export type Members = Readonly<Record<string, Json | undefined>>;
/** `on`: the node that saw it; `second`: when, since the recording began. */
export type Seen = { readonly on?: string; readonly second?: number } & Members;
export type Line = JsonObject;

const START = Date.UTC(2026, 10, 21, 2, 40);
/** Hubble's sub types of trace events. */
const POINTS: Readonly<Record<string, number>> = {
  TO_ENDPOINT: 0,
  TO_PROXY: 1,
  TO_HOST: 2,
  TO_STACK: 3,
  TO_OVERLAY: 4,
  FROM_ENDPOINT: 5,
  TO_NETWORK: 11,
};

/** Milliseconds since 1970 of a second of the recording. */
export const timeOf = (second: number) => START + second * 1000;
const stamp = (second: number) => new Date(timeOf(second)).toISOString();

/** A trace: `trace(web, db, "40000 > 5432 TCP SYN")`, by default of a new connection's first packet, at the destination. */
export function trace(
  from: Party,
  to: Party,
  l4: string,
  { point = "TO_ENDPOINT", ...more }: Seen & { point?: string } = {},
): Line {
  const sub = POINTS[point] ?? 0;
  return flow(from, to, l4, {
    verdict: "FORWARDED",
    event_type: { type: 4, ...(sub === 0 ? {} : { sub_type: sub }) },
    traffic_direction: "EGRESS",
    trace_observation_point: point,
    trace_reason: "NEW",
    is_reply: false,
    ...more,
  });
}

/** The answer to that: ends and ports are those of the answering packet. */
export const reply = (from: Party, to: Party, l4: string, more: Seen & { point?: string } = {}): Line =>
  trace(from, to, l4, { trace_reason: "REPLY", is_reply: true, reply: true, ...more });

/** A policy verdict: `verdict("AUDIT egress", …)`. Refusals carry no is_reply. */
export function verdict(what: string, from: Party, to: Party, l4: string, more: Seen = {}): Line {
  const [said = "", side = ""] = what.split(" ");
  const refused = said === "DROPPED";
  return flow(from, to, l4, {
    verdict: said,
    event_type: { type: 5 },
    traffic_direction: side.toUpperCase(),
    ...(refused ? { drop_reason: 133, drop_reason_desc: "POLICY_DENIED" } : { is_reply: false }),
    ...more,
  });
}

/** A drop event of a reason with Hubble's number and name. */
export function drop(code: number, name: string, from: Party, to: Party, l4: string, more: Seen = {}): Line {
  const reason = { drop_reason: code, ...(name === "" ? {} : { drop_reason_desc: name }) };
  return flow(from, to, l4, { verdict: "DROPPED", event_type: { type: 1, sub_type: code }, ...reason, ...more });
}

/** What a proxy saw: `l7` as Hubble writes it. */
export function proxy(l7: JsonObject, from: Party, to: Party, l4: string, more: Seen = {}): Line {
  const common = {
    verdict: "FORWARDED",
    Type: "L7",
    l7,
    event_type: { type: 129 },
    traffic_direction: "EGRESS",
    is_reply: false,
  };
  return flow(from, to, l4, { ...common, ...more });
}

/** A DNS answer by the proxy to `asker`. */
export function answer(asker: Party, server: Party, query: string, ips: readonly string[], more: Seen = {}): Line {
  const dns = { query, ips, ttl: 30, observation_source: "proxy", qtypes: ["A"] };
  return proxy({ type: "RESPONSE", dns }, server, asker, "53 > 40000 UDP", { is_reply: true, reply: true, ...more });
}

/** A policy as `*_allowed_by` and `*_denied_by` name it. */
export function named(path: string, revision: string | undefined): JsonObject {
  const [namespace = "", name = ""] = path.split("/");
  return { name, namespace, kind: "CiliumNetworkPolicy", ...(revision === undefined ? {} : { revision }) };
}

/** A line that is no flow: lost events, node status, agent events. */
export function other(key: string, value: JsonObject, { on = "n1", second = 0 }: Seen = {}): Line {
  return { [key]: value, node_name: `lab/${on}`, time: stamp(second) };
}

function flow(from: Party, to: Party, l4: string, { on = "n1", second, ...members }: Seen): Line {
  const all = {
    time: second === undefined ? null : stamp(second),
    uuid: null,
    emitter: { name: "Hubble", version: "1.20.2" },
    IP: { source: from.address, destination: to.address, ipVersion: from.address.includes(":") ? "IPv6" : "IPv4" },
    l4: readL4(l4),
    source: endpointOf(from, on),
    destination: endpointOf(to, on),
    Type: "L3_L4",
    node_name: `lab/${on}`,
    ...members,
  };
  const kept = Object.entries(all).filter(([, value]) => value !== undefined);
  return { flow: Object.fromEntries(kept) as JsonObject, node_name: `lab/${on}`, time: all.time ?? null };
}

function endpointOf(party: Party, on: string): JsonObject {
  if (party.node !== on) return party.endpoint;
  return { ID: party.id, ...party.endpoint, ...(party.workload === null ? {} : { workloads: [party.workload] }) };
}

/** `40000 > 5432 TCP SYN`, `53 > 40000 UDP`, `ICMPv4 3/4`, `` for none. */
function readL4(text: string): Json {
  if (text === "") return null;
  const icmp = /^(ICMPv[46]) (\d+)\/(\d+)$/.exec(text);
  if (icmp !== null) return { [icmp[1] ?? ""]: { type: Number(icmp[2]), code: Number(icmp[3]) } };
  const [source, , destination, protocol = "", ...flags] = text.split(" ");
  const ports = { source_port: Number(source), destination_port: Number(destination) };
  const set = Object.fromEntries(flags.map((flag) => [flag, true]));
  return { [protocol]: flags.length === 0 ? ports : { ...ports, flags: set } };
}

export type Telling = { readonly context?: Partial<FinishContext>; readonly fold?: FoldOptions };

const NO_CONTEXT: FinishContext = { inventory: null, config: null, policies: [] };

/** One for all tests of a file: it meets some lines anew, of others it knows the shape. */
const scanner = new FlowScanner();

/**
 * What lines fold into, read by JSON.parse and by the byte scanner: both must agree. Lines without time come 10 ms after
 * one another.
 */
export function folded(lines: readonly Line[], { context = {}, fold: options = {} }: Telling = {}): Traffic {
  const texts = lines.map(textOf);
  const finish = (fold: Fold) => fold.finish({ ...NO_CONTEXT, ...context });
  const parsed = createFold(options);
  for (const text of texts) parsed.add(readFlowEvent(JSON.parse(text) as Json));
  const traffic = finish(parsed);
  expect(withoutExamples(finish(scannedFold(texts, options)))).toEqual(withoutExamples(traffic));
  return traffic;
}

/** Which events are kept as examples is the reader's choice where a pod's workload is told only later. */
function withoutExamples(traffic: Traffic): Traffic {
  return { ...traffic, conversations: traffic.conversations.map((one) => ({ ...one, examples: [] })) };
}

function scannedFold(texts: readonly string[], options: FoldOptions): Fold {
  const fold = createFold(options);
  const bytes = new TextEncoder().encode(`${texts.join("\n")}\n`);
  let start = 0;
  for (const text of texts) {
    const end = start + new TextEncoder().encode(text).length;
    const event = scanner.scan(bytes, start, end);
    if (event !== null) fold.add(event);
    start = end + 1;
  }
  return fold;
}

/** The line as Hubble would have written it: with a time and a uuid of its own, nulls left away. */
export function textOf(line: Line, index: number): string {
  const time = new Date(START + index * 10).toISOString();
  const uuid = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const fill = (value: JsonObject, isFlow: boolean) => {
    const full = {
      ...value,
      ...(value["time"] === null ? { time } : {}),
      ...(isFlow && value["uuid"] === null ? { uuid } : {}),
    };
    return Object.fromEntries(Object.entries(full).filter(([, member]) => member !== null));
  };
  const inner = line["flow"];
  return JSON.stringify(inner === undefined ? line : { ...fill(line, false), flow: fill(inner as JsonObject, true) });
}

/** Conversations as text, sorted: `shop/web > shop/db 5432 TCP`. */
export const edges = (traffic: Traffic): readonly string[] => traffic.conversations.map(edgeOf).sort();

export function edgeOf({ from, to, port, protocol, icmpType, icmpCode }: Conversation): string {
  const l4 = icmpType === null ? `${port ?? "-"} ${protocol}` : `${protocol} ${icmpType}/${icmpCode}`;
  return `${nameOf(from)} > ${nameOf(to)} ${l4}`;
}

export function nameOf(end: End): string {
  switch (end.kind) {
    case "pod":
      return `${end.namespace}/${end.workload?.name ?? end.pods[0] ?? "?"}`;
    case "reserved":
      return end.entity;
    case "address":
      return end.prefix ?? end.address;
    case "unknown":
      return `unknown ${end.address}`;
  }
}

/** The only conversation of lines that make one. */
export function only(traffic: Traffic): Conversation {
  expect(edges(traffic)).toHaveLength(1);
  return traffic.conversations[0] as Conversation;
}

/** Ids of what is said of the recording. */
export const findingsOf = (traffic: Traffic): readonly string[] => traffic.coverage.findings.map((one) => one.id);
