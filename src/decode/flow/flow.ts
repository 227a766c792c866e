import type { Direction } from "#model/decision.ts";
import type { AgentEvent, Flow, FlowEvent, LostEvents, NodeStatus } from "#model/flow.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import {
  AGENT_EVENT_TYPES,
  DROP_REASONS,
  FLOW_TYPES,
  LOST_EVENT_SOURCES,
  NODE_STATES,
  OBSERVATION_POINTS,
  TRACE_REASONS,
  TRAFFIC_DIRECTIONS,
  VERDICTS,
} from "./flow-enums.table.ts";
import { enumField, field, numberField, objectField, textField, textsField, timeField } from "./flow-field.ts";
import { readL4 } from "./flow-l4.ts";
import {
  dropReasonOf,
  observationPointOf,
  readAgentVersion,
  readAggregate,
  readEndpoint,
  readL7,
  readPolicies,
  readService,
  verdictOf,
} from "./flow-parts.ts";
import { fingerprint } from "./flow-uuid.ts";

/** Keys that only a bare flow (Hubble 0.10, `-o json` with legacy output) has at its top. */
const BARE_FLOW_KEYS = ["verdict", "IP", "l4", "source", "destination", "event_type", "eventType", "Type", "is_reply"];

/**
 * One line of a recording, parsed, as an event: enveloped (`{"flow": …}`) or bare, in any spelling that protojson reads.
 * Upstream: api/v1/observer GetFlowsResponse and ExportEvent. The byte scanner is held to this reader by tests.
 */
export function readFlowEvent(line: Json): FlowEvent {
  if (!isObject(line)) return { kind: "unknown", time: null, node: "", what: "" };
  const time = timeField(line, "time");
  const node = textField(line, "node_name");
  const flow = objectField(line, "flow");
  if (flow !== null) return readFlow(flow, time, node);
  const lost = objectField(line, "lost_events");
  if (lost !== null) return readLost(lost, time, node);
  const status = objectField(line, "node_status");
  if (status !== null) return readStatus(status, time, node);
  const agent = objectField(line, "agent_event");
  if (agent !== null) return readAgentEvent(agent, time, node);
  if (objectField(line, "debug_event") !== null) return { kind: "debug", time, node, what: "debug_event" };
  if (field(line, "num_events_lost") !== undefined) return readLost(line, time, node);
  if (BARE_FLOW_KEYS.some((key) => field(line, key) !== undefined)) return readFlow(line, time, node);
  return { kind: "unknown", time, node, what: Object.keys(line)[0] ?? "" };
}

function readLost(lost: JsonObject, time: number | null, node: string): LostEvents {
  return {
    kind: "lost",
    time,
    node,
    source: enumField(lost, "source", LOST_EVENT_SOURCES),
    count: numberField(lost, "num_events_lost"),
    first: timeField(lost, "first"),
    last: timeField(lost, "last"),
  };
}

function readStatus(status: JsonObject, time: number | null, node: string): NodeStatus {
  return {
    kind: "node-status",
    time,
    node,
    state: enumField(status, "state_change", NODE_STATES),
    nodes: textsField(status, "node_names"),
    message: textField(status, "message"),
  };
}

function readAgentEvent(agent: JsonObject, time: number | null, node: string): AgentEvent {
  const update = objectField(agent, "policy_update");
  const revision = update === null ? 0 : numberField(update, "revision");
  return {
    kind: "agent",
    time: timeField(objectField(agent, "agent_start") ?? {}, "time") ?? time,
    node,
    type: enumField(agent, "type", AGENT_EVENT_TYPES),
    revision: revision === 0 ? null : revision,
  };
}

function readFlow(flow: JsonObject, time: number | null, node: string): Flow {
  const ip = objectField(flow, "IP") ?? {};
  const type = objectField(flow, "event_type") ?? {};
  const eventType = numberField(type, "type");
  const subType = numberField(type, "sub_type");
  const uuid = textField(flow, "uuid");
  const [uuidHigh, uuidLow] = fingerprint(uuid);
  const dropName = enumField(flow, "drop_reason_desc", DROP_REASONS);
  const point = enumField(flow, "trace_observation_point", OBSERVATION_POINTS);
  return {
    kind: "flow",
    time: timeField(flow, "time") ?? time,
    node: textField(flow, "node_name") || node,
    uuid,
    uuidHigh,
    uuidLow,
    verdict: verdictOf(enumField(flow, "verdict", VERDICTS)),
    eventType,
    subType,
    flowType: enumField(flow, "Type", FLOW_TYPES),
    observationPoint: observationPointOf(point, eventType, subType),
    traceReason: enumField(flow, "trace_reason", TRACE_REASONS),
    isReply: readIsReply(flow),
    direction: directionOf(enumField(flow, "traffic_direction", TRAFFIC_DIRECTIONS)),
    dropReason: dropReasonOf(dropName, numberField(flow, "drop_reason"), eventType, subType),
    policyMatchType: numberField(flow, "policy_match_type"),
    source: readEndpoint(field(flow, "source")),
    destination: readEndpoint(field(flow, "destination")),
    sourceAddress: textField(ip, "source"),
    destinationAddress: textField(ip, "destination"),
    sourceXlated: textField(ip, "source_xlated"),
    ...readL4(field(flow, "l4")),
    tunnel: objectField(flow, "tunnel") !== null,
    sourceNames: textsField(flow, "source_names"),
    destinationNames: textsField(flow, "destination_names"),
    sourceService: readService(field(flow, "source_service")),
    destinationService: readService(field(flow, "destination_service")),
    l7: readL7(field(flow, "l7")),
    egressAllowedBy: readPolicies(field(flow, "egress_allowed_by")),
    ingressAllowedBy: readPolicies(field(flow, "ingress_allowed_by")),
    egressDeniedBy: readPolicies(field(flow, "egress_denied_by")),
    ingressDeniedBy: readPolicies(field(flow, "ingress_denied_by")),
    socketCookie: String(field(flow, "socket_cookie") ?? ""),
    count: readAggregate(field(flow, "aggregate")),
    isAggregated: objectField(flow, "aggregate") !== null,
    agentVersion: readAgentVersion(field(flow, "emitter")),
  };
}

/**
 * Absent is unknown, not false. Agents before is_reply (1.10) wrote `reply`, whose false cannot be told from absent.
 * Upstream: flow.proto Flow.reply (deprecated).
 */
function readIsReply(flow: JsonObject): boolean | null {
  const value = field(flow, "is_reply");
  if (typeof value === "boolean") return value;
  return field(flow, "reply") === true ? true : null;
}

export function directionOf(text: string): Direction | null {
  if (text === "INGRESS") return "ingress";
  return text === "EGRESS" ? "egress" : null;
}
