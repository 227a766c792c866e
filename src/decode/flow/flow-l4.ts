import { type Flow, TcpFlag } from "#model/flow.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { numberField, objectField } from "./flow-field.ts";

export type FlowL4 = Pick<Flow, "protocol" | "sourcePort" | "destinationPort" | "icmpType" | "icmpCode" | "tcpFlags">;

export const NO_L4: FlowL4 = {
  protocol: "",
  sourcePort: 0,
  destinationPort: 0,
  icmpType: 0,
  icmpCode: 0,
  tcpFlags: -1,
};

const FLAG_NAMES: readonly (readonly [name: string, bit: number])[] = [
  ["FIN", TcpFlag.fin],
  ["SYN", TcpFlag.syn],
  ["RST", TcpFlag.rst],
  ["PSH", TcpFlag.psh],
  ["ACK", TcpFlag.ack],
  ["URG", TcpFlag.urg],
  ["ECE", TcpFlag.ece],
  ["CWR", TcpFlag.cwr],
  ["NS", TcpFlag.ns],
];

/** Hubble's l4: one protocol key. ICMP types lie in the type and code, never in the ports. */
export function readL4(value: Json | undefined): FlowL4 {
  if (!isObject(value)) return NO_L4;
  const protocol = Object.keys(value).find((key) => isObject(value[key]));
  const body = protocol === undefined ? null : objectField(value, protocol);
  if (protocol === undefined || body === null) return NO_L4;
  if (protocol === "ICMPv4" || protocol === "ICMPv6") {
    return { ...NO_L4, protocol, icmpType: numberField(body, "type"), icmpCode: numberField(body, "code") };
  }
  return {
    ...NO_L4,
    protocol,
    sourcePort: numberField(body, "source_port"),
    destinationPort: numberField(body, "destination_port"),
    tcpFlags: protocol === "TCP" ? readFlags(objectField(body, "flags")) : -1,
  };
}

function readFlags(flags: JsonObject | null): number {
  if (flags === null) return -1;
  return FLAG_NAMES.reduce((bits, [name, bit]) => (flags[name] === true ? bits | bit : bits), 0);
}
