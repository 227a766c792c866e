import type { JsonObject } from "#model/json.ts";
import { NAMES, PORTS, WORLD_ADDRESSES } from "./alphabet.ts";
import type { Families } from "./inventory.ts";
import { odder } from "./peers.ts";
import type { PacketHint } from "./packet-hints.ts";
import type { Random } from "./random.ts";

const RESERVED = [
  ...["host", "remote-node", "kube-apiserver", "world", "health", "ingress", "init", "unmanaged"],
  ...["world-ipv4", "world-ipv6"],
].map((entity) => `reserved:${entity}`);

/** An address as the cluster could see it: outside, a node's, a pod's, of nobody. */
function address(random: Random, { ipv4, ipv6 }: Families): string {
  const v4 = [...WORLD_ADDRESSES.v4, "10.10.0.1", "10.10.0.2", "10.10.0.3", "10.0.1.1", "10.0.1.2", "20.1.9.1"];
  const v6 = [...WORLD_ADDRESSES.v6, "fd00:20::1", "fd00:20::2", "fd00:20::3", "fd00:10::1"];
  // An address of a family that is switched off is asked for as well, seldom.
  if (random.chance(0.03)) return random.pick([...v4, ...v6]);
  return random.pick([...(ipv4 ? v4 : []), ...(ipv6 ? v6 : [])]);
}

export type Asked = {
  readonly pods: readonly string[];
  readonly families: Families;
  readonly hints: readonly PacketHint[];
  readonly count: number;
};

/** Who connects to whom, mostly a pod on one side: nobody else has policies, but for health and ingress. */
export function connections(random: Random, { pods, families, hints, count }: Asked): readonly JsonObject[] {
  const other = () =>
    random.weighted<() => string>([
      [5, () => random.pick(pods)],
      [3, () => random.pick(RESERVED)],
      [4, () => address(random, families)],
    ])();
  return random.times(count, () => {
    const [subject, peer] = random.chance(0.96) ? [random.pick(pods), other()] : [other(), other()];
    const ends = random.chance(0.5) ? { from: subject, to: peer } : { from: peer, to: subject };
    return { ...ends, ...(hints.length > 0 && random.chance(0.6) ? hinted(random, hints) : packet(random)) };
  });
}

/** Protocol, port and the request in it. */
function packet(random: Random): JsonObject {
  const port = random.weighted<() => number>([
    [10, () => random.pick(PORTS)],
    [1, () => random.pick([0, 1, 54, 78, 82, 89, 91, 442, 444, 65535])],
  ])();
  return random.weighted<() => JsonObject>([
    [4, () => ({ port, protocol: "TCP" })],
    [4, () => ({ port: random.pick([80, 80, 443, 8080, 81, port]), protocol: "TCP", ...requests(random) })],
    [3, () => ({ port: 53, protocol: random.pick(["UDP", "UDP", "TCP"]), ...dnsQuery(random) })],
    [3, () => ({ port, protocol: "UDP" })],
    [0.7, () => ({ port, protocol: "SCTP" })],
    [1.5, () => ({ protocol: "ICMP", icmpType: random.pick([0, 3, 8, 11, 128]) })],
    [1, () => ({ protocol: "ICMPv6", icmpType: random.pick([1, 128, 129, 2]) })],
    [0.5, () => ({ protocol: random.pick(["VRRP", "IGMP", "GRE", "ESP", "AH", "47", "112", "IPIP", "89"]) })],
  ])();
}

/** A packet that a rule speaks of, or one beside it. */
function hinted(random: Random, hints: readonly PacketHint[]): JsonObject {
  const { protocol, port } = random.pick(hints);
  if (protocol.startsWith("ICMP")) return { protocol, icmpType: port };
  const near = random.chance(0.85) ? port : Math.min(65535, Math.max(0, port + random.pick([-1, 1])));
  const asked = random.chance(0.92) ? protocol : random.pick(["TCP", "UDP", "SCTP"]);
  if (near === 53 && random.chance(0.8)) return { port: near, protocol: asked, ...dnsQuery(random) };
  return { port: near, protocol: asked, ...(asked === "TCP" && random.chance(0.7) ? requests(random) : {}) };
}

function requests(random: Random): JsonObject {
  return random.weighted<() => JsonObject>([
    [6, () => ({ http: http(random) })],
    [2, () => ({ serverName: serverName(random) })],
    [1, () => ({ http: http(random), serverName: serverName(random) })],
    [0.5, () => ({ http: http(random), ...dnsQuery(random) })],
  ])();
}

function http(random: Random): JsonObject {
  const values = () => random.some(["abc", "d", "", "ABC"], 1, 2);
  return {
    method: random.pick(["GET", "POST", "PUT", "get"]),
    path: random.pick(["/", "/a", "/abc/d", "/a/b", "/1", "/A", "/a?x=1"]),
    ...(random.chance(0.6) ? { host: random.pick(["x.test", "a.test", "X.test", "y"]) } : {}),
    ...(random.chance(0.4) ? { headers: { [random.pick(["X-T", "x-t", "X-U"])]: values() } } : {}),
  };
}

function dnsQuery(random: Random): JsonObject {
  if (random.chance(0.1)) return {};
  return { dnsQuery: { name: random.chance(0.1) ? random.pick(["com", "b.c.d.com", "svc"]) : anyName(random) } };
}

function anyName(random: Random): string {
  return odder(random, random.pick(NAMES));
}

function serverName(random: Random): string {
  return random.pick(["github.com", "api.github.com", "x.y.github.com", "GitHub.com", "other.example"]);
}

/** What the DNS proxies learned: names of addresses, seen by all nodes or by that of one pod. */
export function learned(random: Random, pods: readonly string[], { ipv6 }: Families): readonly JsonObject[] {
  const addresses = ["8.8.8.8", "20.1.2.3", "1.1.1.1", "10.10.0.2", ...(ipv6 ? ["2001:db8::1"] : [])];
  return random.times(
    random.weighted([
      [2, 0],
      [3, 2],
      [3, 4],
    ]),
    () => ({
      name: anyName(random),
      ips: random.some(addresses, 1, 2),
      ...(random.chance(0.3) ? { seenBy: random.pick(pods) } : {}),
    }),
  );
}
