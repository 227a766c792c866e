import type { Json, JsonObject } from "#model/json.ts";
import {
  CIDRS,
  ENTITIES,
  GROUP_LABELS,
  GROUPS,
  NAMES,
  NAMESPACES,
  NODE_LABELS,
  PATTERNS,
  SERVICE_LABELS,
} from "./alphabet.ts";
import { endpointWords, labelSelector } from "./label-selectors.ts";
import type { RuleShape } from "./rule-shape.ts";
import type { Random } from "./random.ts";

/** The peers of one rule of a CiliumNetworkPolicy: mostly of one kind, seldom of two (which only some minors take). */
export function peers(random: Random, shape: RuleShape): JsonObject {
  if (shape.wide && random.chance(0.6)) return widePeers(random, shape);
  const first = peerKind(random, shape);
  return random.chance(0.02) ? { ...first, ...peerKind(random, shape) } : first;
}

function widePeers(random: Random, { direction }: RuleShape): JsonObject {
  const side = direction === "ingress" ? "from" : "to";
  return random.weighted<() => JsonObject>([
    [2, () => ({})],
    [3, () => ({ [`${side}Endpoints`]: [{}] })],
    [3, () => ({ [`${side}Entities`]: random.some(["all", "world", "cluster"], 1, 2) })],
    [1, () => ({ [`${side}Endpoints`]: [{ matchLabels: { app: random.pick(["web", "api", "db"]) } }] })],
    [1, () => ({ [`${side}CIDR`]: ["0.0.0.0/0"] })],
  ])();
}

function peerKind(random: Random, shape: RuleShape): JsonObject {
  const side = shape.direction === "ingress" ? "from" : "to";
  const egress = shape.direction === "egress";
  const list = (make: () => Json) => (random.chance(0.02) ? [] : random.times(size(random), make));
  return random.weighted<() => JsonObject>([
    [8, () => ({ [`${side}Endpoints`]: list(() => labelSelector(random, endpointWords(random))) })],
    [4, () => ({ [`${side}Entities`]: list(() => entity(random, shape)) })],
    [3, () => ({ [`${side}CIDR`]: list(() => cidr(random, shape)) })],
    [4, () => ({ [`${side}CIDRSet`]: list(() => cidrSet(random, shape)) })],
    [3, () => ({})],
    [shape.nodes ? 2 : 0.1, () => ({ [`${side}Nodes`]: list(() => labelSelector(random, NODE_LABELS)) })],
    [egress ? 3 : 0, () => ({ toServices: list(() => service(random)) })],
    [egress && !shape.deny ? 5 : 0, () => ({ toFQDNs: list(() => fqdn(random)) })],
    // Before 1.20 the operator replaces such objects by others, which the oracle does not do.
    [shape.minor === "1.20" ? 0.3 : 0, () => ({ [`${side}Groups`]: list(() => ({ aws: { labels: { app: "x" } } })) })],
    [shape.minor === "1.18" ? 1 : 0.05, () => requires(random, side)],
  ])();
}

function size(random: Random): number {
  return random.weighted([
    [6, 1],
    [3, 2],
    [1, 3],
  ]);
}

/** fromRequires stands beside peers: it narrows them. */
function requires(random: Random, side: string): JsonObject {
  const selector = () => labelSelector(random, endpointWords(random));
  const asked = { [`${side}Requires`]: random.times(random.int(1, 2), selector) };
  return random.chance(0.3) ? asked : { ...asked, [`${side}Endpoints`]: random.times(size(random), selector) };
}

function entity(random: Random, { minor }: RuleShape): string {
  return minor === "1.20" && random.chance(0.08) ? "cluster-mesh" : random.pick(ENTITIES);
}

/** A prefix, mostly of a family that the world has. */
export function cidr(random: Random, { ipv6 }: { readonly ipv6: boolean }): string {
  return random.weighted<() => string>([
    [8, () => random.pick(CIDRS.v4)],
    [ipv6 ? 5 : 0.6, () => random.pick(CIDRS.v6)],
    [0.15, () => random.pick(CIDRS.mapped)],
  ])();
}

function cidrSet(random: Random, shape: RuleShape): JsonObject {
  const except = () => (random.chance(0.4) ? { except: random.times(size(random), () => cidr(random, shape)) } : {});
  return random.weighted<() => JsonObject>([
    [2, () => ({ cidr: cidr(random, shape) })],
    [4, () => nestedExcept(random, shape)],
    [0.1, () => ({ cidr: cidr(random, shape), ...except() })],
    [2, () => ({ cidrGroupRef: random.pick([...GROUPS, "g9"]), ...except() })],
    [2, () => ({ cidrGroupSelector: labelSelector(random, GROUP_LABELS), ...except() })],
  ])();
}

/** Prefixes with parts of theirs; those of IPv4 first, four of them. */
export const NESTED: readonly (readonly [string, readonly string[]])[] = [
  ["0.0.0.0/0", ["10.0.0.0/8", "8.8.8.8/32", "20.1.0.0/16", "10.10.0.0/16", "0.0.0.0/0", "128.0.0.0/1"]],
  ["10.0.0.0/8", ["10.0.1.0/24", "10.10.0.0/16", "10.0.1.1/32"]],
  ["20.0.0.0/8", ["20.1.0.0/16", "20.1.2.3/32"]],
  ["8.8.8.0/24", ["8.8.8.8/32", "8.8.8.8/31"]],
  ["::/0", ["fd00::/8", "2001:db8::/32", "2001:db8::1/128"]],
  ["fd00::/8", ["fd00:10::/64", "fd00:20::2/128"]],
];

/** A prefix with exceptions inside it: others are rejected. */
function nestedExcept(random: Random, { ipv6 }: RuleShape): JsonObject {
  const [whole, parts] = random.pick(ipv6 ? NESTED : NESTED.slice(0, 4));
  return { cidr: whole, except: random.some(parts, 0, 3) };
}

function service(random: Random): JsonObject {
  const namespace = random.chance(0.7) ? { namespace: random.pick(NAMESPACES) } : {};
  if (random.chance(0.5)) return { k8sService: { serviceName: random.pick(["s1", "s2", "s3", "s9"]), ...namespace } };
  return { k8sServiceSelector: { selector: labelSelector(random, SERVICE_LABELS), ...namespace } };
}

function fqdn(random: Random): JsonObject {
  if (random.chance(0.5)) return { matchName: odder(random, random.pick(NAMES)) };
  return { matchPattern: random.pick(PATTERNS) };
}

/** A name as people write it: now and then with capitals or the root's dot. */
export function odder(random: Random, name: string): string {
  return random.weighted<string>([
    [8, name],
    [1, name.toUpperCase()],
    [1, `${name}.`],
  ]);
}
