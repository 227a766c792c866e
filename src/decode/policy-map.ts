import { isObject, type Json } from "#model/json.ts";
import type { PolicyMapDump, PolicyMapEntry } from "#model/policy-map.ts";

/**
 * True when the agent counts at all (`policy-accounting`): then an entry without a count has met no packet, because the
 * count is made with the first one. Without any count in a whole dump nothing follows. Upstream: bpf/lib/policy.h
 * __policy_account, pkg/maps/policymap StatNotAvailable.
 */
export function isCounting(dumps: readonly PolicyMapDump[]): boolean {
  return dumps.some(({ entries }) => entries.some(({ packets }) => packets !== null));
}

const PROTOCOLS: Readonly<Record<string, number>> = { ANY: 0, ICMP: 1, TCP: 6, UDP: 17, ICMPv6: 58, SCTP: 132 };
const ROW = /^(Allow|Deny)\s+(Ingress|Egress)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\d+|-)\s+(\d+|-)\s+(\d+)/;

/**
 * Reads what `cilium-dbg bpf policy get --all --numeric` prints, for people or with `-o json`.
 * Upstream: cilium-dbg/cmd/bpf_policy_get.go formatMap; pkg/maps/policymap PolicyKey.PortProtoString.
 */
export function readPolicyMaps(text: string): readonly PolicyMapDump[] {
  return text.trimStart().startsWith("[") ? fromJson(text) : fromTable(text);
}

function fromTable(text: string): readonly PolicyMapDump[] {
  const dumps: { endpointId: number; entries: PolicyMapEntry[] }[] = [];
  for (const line of text.split("\n")) {
    const heading = /^Endpoint ID: (\d+)/.exec(line);
    if (heading !== null) dumps.push({ endpointId: Number(heading[1]), entries: [] });
    const entry = rowEntry(line);
    if (entry !== null) dumps.at(-1)?.entries.push(entry);
  }
  return dumps;
}

/** POLICY, DIRECTION, IDENTITY, PORT/PROTO, PROXY PORT, AUTH TYPE, BYTES, PACKETS, PREFIX. */
function rowEntry(line: string): PolicyMapEntry | null {
  const row = ROW.exec(line);
  if (row === null) return null;
  const [, policy, direction, identity, portAndProtocol = "", , , , packets] = row;
  const [ports = "", protocol = "ANY"] = portAndProtocol.includes("/")
    ? portAndProtocol.split("/")
    : ["", portAndProtocol];
  const [first = "0", last] = ports.split("-");
  const port = Number(first) || 0;
  return {
    isDeny: policy === "Deny",
    direction: direction === "Ingress" ? "ingress" : "egress",
    identity: Number(identity),
    port,
    portPrefix: port === 0 ? 0 : last === undefined ? 16 : 16 - Math.log2(Number(last) - port + 1),
    protocol: PROTOCOLS[protocol] ?? (Number(protocol.replace(/\D+/g, "")) || 0),
    packets: packets === "-" ? null : Number(packets),
  };
}

/** What of a key is always looked at, and its protocol. Upstream: policymap.StaticPrefixBits, NexthdrBits. */
const STATIC_BITS = 40;
const PROTOCOL_BITS = 8;
/** Upstream: policymap.StatNotAvailable, all bits set. */
const NOT_AVAILABLE = 2 ** 63;

function fromJson(text: string): readonly PolicyMapDump[] {
  const value: Json = JSON.parse(text);
  if (!Array.isArray(value)) return [];
  return value.flatMap((dump: Json): PolicyMapDump[] => {
    if (!isObject(dump) || !Array.isArray(dump["Content"])) return [];
    return [{ endpointId: Number(dump["EndpointID"]), entries: dump["Content"].flatMap(jsonEntry) }];
  });
}

function jsonEntry(entry: Json): readonly PolicyMapEntry[] {
  const key = isObject(entry) ? entry["Key"] : null;
  if (!isObject(entry) || !isObject(key)) return [];
  const packets = Number(entry["Packets"]);
  const protocol = Number(key["Nexthdr"]);
  const swapped = Number(key["DestPortNetwork"]);
  const port = ((swapped & 0xff) << 8) | (swapped >> 8);
  return [
    {
      isDeny: (Number(entry["Flags"]) & 1) !== 0,
      direction: key["TrafficDirection"] === 1 ? "egress" : "ingress",
      identity: Number(key["Identity"]),
      port,
      portPrefix: Math.max(0, Number(key["Prefixlen"]) - STATIC_BITS - PROTOCOL_BITS),
      protocol,
      packets: packets >= NOT_AVAILABLE ? null : packets,
    },
  ];
}
