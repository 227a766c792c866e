import { type Flow, TcpFlag } from "#model/flow.ts";
import type { EventKind } from "./event-kind.ts";

/**
 * Which way an event's packet went: a `request` as it stands, a `reply` to be turned round, or by its ports a
 * `probable-reply`; `open` when nothing tells.
 */
export type Orientation = "request" | "reply" | "probable-reply" | "open";

/** Linux hands out source ports from here on by default. */
const EPHEMERAL = 32_768;

/**
 * Tells requests from replies. is_reply is tri-state (trap 2); a late UDP reply, or a TCP end after the connection was
 * forgotten, comes as a new connection from the server's port to an ephemeral one (trap 14) and is never decided as a
 * request (trap 33). Policy verdicts are taken as they stand: policy decided that very packet.
 */
export function orientationOf(flow: Flow, kind: EventKind): Orientation {
  if (flow.protocol === "ICMPv4" || flow.protocol === "ICMPv6") return icmpOrientation(flow);
  const flags = flow.tcpFlags;
  if (flags > 0 && (flags & TcpFlag.syn) !== 0) return (flags & TcpFlag.ack) === 0 ? "request" : "reply";
  if (flow.isReply === true) return "reply";
  const ports = portOrientation(flow.sourcePort, flow.destinationPort);
  if (kind === "verdict" || kind === "drop") return ports === "probable-reply" ? ports : "request";
  if (flow.isReply === null) return ports;
  const isUnclaimed = flow.traceReason === "NEW" && (flow.protocol === "UDP" || flags > 0);
  return isUnclaimed && ports === "probable-reply" ? ports : "request";
}

function portOrientation(source: number, destination: number): Orientation {
  if (source === 0 || destination === 0) return "request";
  const isFromEphemeral = source >= EPHEMERAL;
  const isToEphemeral = destination >= EPHEMERAL;
  if (isFromEphemeral !== isToEphemeral) return isToEphemeral ? "probable-reply" : "request";
  if (source < 1024 !== destination < 1024) return source < 1024 ? "probable-reply" : "request";
  return "open";
}

function icmpOrientation(flow: Flow): Orientation {
  const isEchoReply = flow.protocol === "ICMPv4" ? flow.icmpType === 0 : flow.icmpType === 129;
  return isEchoReply || flow.isReply === true ? "reply" : "request";
}

/** The type of the request that an ICMP reply answers. */
export function icmpRequestType(protocol: string, type: number): number {
  if (protocol === "ICMPv4") return ICMP_REQUESTS.get(type) ?? type;
  return type === 129 ? 128 : type;
}

/** Echo, timestamp, information and address mask replies. */
const ICMP_REQUESTS: ReadonlyMap<number, number> = new Map([
  [0, 8],
  [14, 13],
  [16, 15],
  [18, 17],
]);
