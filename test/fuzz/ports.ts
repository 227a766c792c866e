import type { JsonObject } from "#model/json.ts";
import { PORT_NAMES, PORTS } from "./alphabet.ts";
import { l7Part } from "./l7.ts";
import type { Random } from "./random.ts";
import type { RuleShape } from "./rule-shape.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP", "ANY"] as const;
const FURTHER_PROTOCOLS = ["ICMP", "ICMPv6", "VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH", "tcp"] as const;

/** `toPorts`, `icmps`, both or neither: what a rule says of ports. */
export function portPart(random: Random, shape: RuleShape): JsonObject {
  return random.weighted<() => JsonObject>([
    [3, () => ({})],
    [
      9,
      () => ({
        toPorts: random.times(
          random.weighted([
            [5, 1],
            [1, 2],
          ]),
          () => portRule(random, shape),
        ),
      }),
    ],
    [1.2, () => ({ icmps: [{ fields: random.times(random.int(1, 2), () => icmpField(random)) }] })],
    [0.3, () => ({ toPorts: random.chance(0.5) ? [] : [{}] })],
    [0.1, () => ({ icmps: random.chance(0.5) ? [] : [{ fields: [] }] })],
    [0.05, () => ({ toPorts: [portRule(random, shape)], icmps: [{ fields: [icmpField(random)] }] })],
  ])();
}

function portRule(random: Random, shape: RuleShape): JsonObject {
  const filters = shape.deny ? random.chance(0.01) : random.chance(shape.l7);
  if (filters) return l7Part(random, shape);
  if (random.chance(0.04)) return { ports: [] };
  return {
    ports: random.times(
      random.weighted([
        [4, 1],
        [2, 2],
        [0.5, 3],
      ]),
      () => port(random),
    ),
  };
}

/** One element of `ports`: a number, a name, a range, all ports of a protocol, or an odd number. */
export function port(random: Random): JsonObject {
  const number = random.pick(PORTS);
  return random.weighted<() => JsonObject>([
    [7, () => ({ port: String(number), ...protocol(random) })],
    [2, () => ({ port: random.pick(PORT_NAMES), ...protocol(random) })],
    [3, () => ({ port: String(number), endPort: rangeEnd(random, number), ...protocol(random) })],
    [1, () => ({ port: "0", ...protocol(random) })],
    [0.1, () => ({ protocol: random.pick([...PROTOCOLS, ...FURTHER_PROTOCOLS]) })],
    [0.3, () => ({ port: "0", protocol: random.pick(FURTHER_PROTOCOLS) })],
    [0.2, () => ({ port: "0", endPort: random.pick([79, 443, 65535]), ...protocol(random) })],
    [
      0.3,
      () => ({
        port: random.pick(["0120", "0x50", "080", "65535", "HTTP", "1", "http-1", "65536"]),
        ...protocol(random),
      }),
    ],
  ])();
}

function rangeEnd(random: Random, start: number): number {
  return random.weighted<number>([
    [4, random.pick(PORTS)],
    [2, start + random.int(0, 12)],
    [1, 65535],
    [0.5, 0],
  ]);
}

function protocol(random: Random): JsonObject {
  return random.chance(0.2)
    ? {}
    : {
        protocol: random.weighted([
          [6, "TCP"],
          [3, "UDP"],
          [1, "SCTP"],
          [2, "ANY"],
        ]),
      };
}

const TYPE_NAMES = ["EchoRequest", "EchoReply", "DestinationUnreachable", "TimeExceeded"] as const;

function icmpField(random: Random): JsonObject {
  if (random.chance(0.02)) return { type: "PacketTooBig", family: random.pick(["IPv4", "IPv6"]) };
  const type = random.chance(0.3) ? random.pick(TYPE_NAMES) : random.pick([0, 3, 8, 128, 129, 255]);
  return random.weighted<JsonObject>([
    [3, { type }],
    [3, { family: "IPv4", type }],
    [3, { family: "IPv6", type }],
    [0.1, { family: "IPv4" }],
  ]);
}
