import type { JsonObject } from "#model/json.ts";
import { NAMES, PATTERNS, PORT_NAMES, SERVER_NAMES } from "./alphabet.ts";
import { odder } from "./peers.ts";
import type { Random } from "./random.ts";
import type { RuleShape } from "./rule-shape.ts";

/** An element of `toPorts` that a proxy has to look at. */
export function l7Part(random: Random, { minor, direction }: RuleShape): JsonObject {
  const old = minor !== "1.20";
  const egress = direction === "egress";
  return random.weighted<() => JsonObject>([
    [6, () => ({ ports: tcpPorts(random), rules: { http: list(random, () => httpRule(random)) } })],
    [egress ? 6 : 0.1, () => ({ ports: dnsPorts(random), rules: { dns: list(random, () => dnsRule(random)) } })],
    [egress ? 2 : 0.7, () => ({ ports: tcpPorts(random), serverNames: random.some(SERVER_NAMES, 1, 2) })],
    [0.15, () => httpAndServerNames(random)],
    [egress ? 1 : 0.1, () => ({ ports: tcpPorts(random), listener: listener(random) })],
    [
      egress ? 0.3 : 0.05,
      () => ({ ports: tcpPorts(random), rules: { http: [httpRule(random)] }, listener: listener(random) }),
    ],
    [0.4, () => ({ ports: tcpPorts(random), terminatingTLS: tls(), rules: { http: [httpRule(random)] } })],
    [0.3, () => ({ ports: tcpPorts(random), originatingTLS: tls() })],
    [old ? 0.7 : 0.05, () => ({ ports: tcpPorts(random), rules: { kafka: list(random, () => kafkaRule(random)) } })],
    [old ? 0.4 : 0.05, () => ({ ports: tcpPorts(random), rules: { l7proto: "r2d2", l7: [{ cmd: "READ" }] } })],
    [0.2, () => ({ ports: tcpPorts(random), rules: {} })],
  ])();
}

function list(random: Random, make: () => JsonObject): readonly JsonObject[] {
  return random.times(
    random.weighted([
      [0.5, 0],
      [5, 1],
      [3, 2],
    ]),
    make,
  );
}

/** Ports that a TCP proxy takes: few, so that filters of several rules fall together. */
function tcpPorts(random: Random): readonly JsonObject[] {
  return random.times(
    random.weighted([
      [5, 1],
      [1, 2],
    ]),
    () =>
      random.weighted<JsonObject>([
        [5, { port: random.pick(["80", "443"]), protocol: "TCP" }],
        [1, { port: "8080", protocol: "TCP" }],
        [0.7, { port: random.pick(PORT_NAMES), protocol: "TCP" }],
        [0.15, { port: "79", endPort: 90, protocol: "TCP" }],
        [0.15, { port: "0", protocol: "TCP" }],
        [0.1, { port: "80", protocol: "ANY" }],
        [0.1, { port: "80" }],
        [0.03, { port: "80", protocol: "UDP" }],
      ]),
  );
}

function dnsPorts(random: Random): readonly JsonObject[] {
  return random.times(
    random.weighted([
      [6, 1],
      [1, 2],
    ]),
    () =>
      random.weighted<JsonObject>([
        [4, { port: "53", protocol: "UDP" }],
        [4, { port: "53", protocol: "ANY" }],
        [1, { port: "53", protocol: "TCP" }],
        [0.7, { port: "53" }],
        [0.4, { port: "dns", protocol: "UDP" }],
        [0.2, { port: "0", protocol: "ANY" }],
        [0.1, { port: "53", endPort: 80, protocol: "UDP" }],
      ]),
  );
}

function httpAndServerNames(random: Random): JsonObject {
  return { ports: tcpPorts(random), serverNames: random.some(SERVER_NAMES, 1, 2), rules: { http: [httpRule(random)] } };
}

function listener(random: Random): JsonObject {
  const kind = random.pick(["CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig"]);
  const priority = random.chance(0.4) ? { priority: random.pick([1, 50, 100, 101]) } : {};
  return { envoyConfig: { kind, name: "config" }, name: random.pick(["one", "two"]), ...priority };
}

function tls(): JsonObject {
  return { secret: { name: "secret", namespace: "a" } };
}

/** One element of `rules.http`: any of its fields may be missing. */
function httpRule(random: Random): JsonObject {
  if (random.chance(0.01)) return { path: "[" };
  const field = (probability: number, value: () => JsonObject) => (random.chance(probability) ? value() : {});
  return {
    ...field(0.6, () => ({ method: random.pick(["GET", "POST", "PUT|POST", "get", ".*", "G.T"]) })),
    ...field(0.6, () => ({
      path: random.pick(["/", "/a", "/a.*", "/[a-z]+", "/a/b", ".*", "/\\d+", "/a|/b", "/(?i)A"]),
    })),
    ...field(0.25, () => ({ host: random.pick(["x.test", "*.test", ".*[.]test", "X.test", "a.test"]) })),
    ...field(0.2, () => ({ headers: random.some(["X-T", "X-T abc", "x-t: abc", "X-U", "X-T  abc"], 1, 2) })),
    ...field(0.2, () => ({ headerMatches: random.times(random.int(1, 2), () => headerMatch(random)) })),
  };
}

function headerMatch(random: Random): JsonObject {
  return {
    name: random.pick(["X-T", "x-u", ":path", "Host"]),
    ...(random.chance(0.7) ? { value: random.pick(["abc", "/a", "x.test", ""]) } : {}),
    ...(random.chance(0.5) ? { mismatch: random.pick(["LOG", "ADD", "DELETE", "REPLACE", ""]) } : {}),
    ...(random.chance(0.1) ? { secret: { name: "secret", namespace: "a" } } : {}),
  };
}

function dnsRule(random: Random): JsonObject {
  if (random.chance(0.4)) return { matchName: odder(random, random.pick(NAMES)) };
  return { matchPattern: random.pick(PATTERNS) };
}

function kafkaRule(random: Random): JsonObject {
  return random.pick<JsonObject>([{ role: "produce", topic: "t" }, { apiKey: "fetch" }, { topic: "t" }, {}]);
}
