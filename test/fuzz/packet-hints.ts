import { isObject, type Json, type JsonObject } from "#model/json.ts";

/** A protocol and a port (or an ICMP type) that some policy or pod of the world speaks of. */
export type PacketHint = { readonly protocol: string; readonly port: number };

/** What is worth sending in a world: packets that meet a rule decide more than others. */
export function packetHints(objects: readonly JsonObject[]): readonly PacketHint[] {
  return objects.flatMap(hintsOf);
}

function hintsOf(value: Json): readonly PacketHint[] {
  if (Array.isArray(value)) return value.flatMap(hintsOf);
  if (!isObject(value)) return [];
  return [...ownHints(value), ...Object.values(value).flatMap(hintsOf)];
}

function ownHints(value: JsonObject): readonly PacketHint[] {
  const protocol = typeof value["protocol"] === "string" ? value["protocol"] : "TCP";
  const numbers = ["port", "endPort", "containerPort", "number", "start", "end"].map((key) => Number(value[key]));
  const ports = numbers.filter((port) => Number.isInteger(port) && port >= 0 && port <= 65535);
  const types = [Number(value["type"])].filter((type) => Number.isInteger(type) && type >= 0 && type <= 255);
  const icmp = value["family"] === "IPv6" ? "ICMPv6" : "ICMP";
  return [
    ...ports.flatMap((port) => protocolsOf(protocol).map((name) => ({ protocol: name, port }))),
    ...types.map((port) => ({ protocol: icmp, port })),
  ];
}

const KNOWN = new Set(["TCP", "UDP", "SCTP"]);

function protocolsOf(protocol: string): readonly string[] {
  return KNOWN.has(protocol) ? [protocol] : protocol === "ANY" ? ["TCP", "UDP"] : [];
}
