import { enumTextOf, type Message, numberOf, partOf, textOf } from "../message.ts";
import { DROP_TEXTS } from "./drop-texts.table.ts";

const DROP = 1;
const CAPTURE = 3;
const TRACE = 4;
const POLICY_VERDICT = 5;
const TRACE_SOCK = 7;

/** Upstream: pkg/monitor/api TraceObservationPoints. */
export const TRACE_POINTS: readonly string[] = [
  "to-endpoint",
  "to-proxy",
  "to-host",
  "to-stack",
  "to-overlay",
  "from-endpoint",
  "from-proxy",
  "from-host",
  "from-stack",
  "from-overlay",
  "from-network",
  "to-network",
  "from-crypto",
  "to-crypto",
];
const MATCH_TYPES = ["none", "L3-Only", "L3-L4", "L4-Only", "all", "L3-Proto", "Proto-Only"];
const XLATE_POINTS = ["", "pre-xlate-fwd", "post-xlate-fwd", "pre-xlate-rev", "post-xlate-rev"];

/** Whether the event is a policy verdict. */
export function isPolicyVerdict(flow: Message | undefined): boolean {
  return numberOf(partOf(flow, "event_type"), "type") === POLICY_VERDICT;
}

/** Upstream: printer.GetFlowType. */
export function flowType(flow: Message | undefined): string {
  const l7 = partOf(flow, "l7");
  if (l7 !== undefined) return l7Type(l7);
  const event = partOf(flow, "event_type");
  const subType = numberOf(event, "sub_type");
  // Upstream casts to uint8.
  const byte = subType & 0xff;
  switch (numberOf(event, "type")) {
    case TRACE:
      return TRACE_POINTS[byte] ?? String(byte);
    case DROP:
      return DROP_TEXTS[byte] ?? `${byte}, 0`;
    case POLICY_VERDICT:
      return verdictType(flow);
    case CAPTURE:
      return enumTextOf(flow, "debug_capture_point", "DBG_CAPTURE_POINT_UNKNOWN");
    case TRACE_SOCK:
      return XLATE_POINTS[subType] || "SOCK_XLATE_POINT_UNKNOWN";
    default:
      return "UNKNOWN";
  }
}

function l7Type(l7: Message): string {
  const type = enumTextOf(l7, "type", "UNKNOWN_L7_TYPE").toLowerCase();
  if (partOf(l7, "http") !== undefined) return `http-${type}`;
  const dns = partOf(l7, "dns");
  return dns === undefined ? `l7-${type}` : `dns-${type} ${textOf(dns, "observation_source")}`;
}

function verdictType(flow: Message | undefined): string {
  const match = MATCH_TYPES[numberOf(flow, "policy_match_type")] ?? "unknown";
  return `policy-verdict:${match} ${enumTextOf(flow, "traffic_direction", "TRAFFIC_DIRECTION_UNKNOWN")}`;
}
