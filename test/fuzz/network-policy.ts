import type { Json, JsonObject } from "#model/json.ts";
import { NAMESPACE_LABELS, NAMESPACES, POD_LABELS, PORT_NAMES, PORTS } from "./alphabet.ts";
import { namespaceOf } from "./inventory.ts";
import { labelSelector, type Vocabulary } from "./label-selectors.ts";
import { cidr, NESTED } from "./peers.ts";
import type { Random } from "./random.ts";

const NAMESPACE_WORDS: Vocabulary = { ...NAMESPACE_LABELS, "kubernetes.io/metadata.name": NAMESPACES };
const POD_WORDS: Vocabulary = { app: ["web", "api", "db"], tier: ["front", "back"], "k8s-app": ["kube-dns"] };

/** A Kubernetes NetworkPolicy. */
export function networkPolicy(random: Random, name: string, { ipv6 }: { readonly ipv6: boolean }): JsonObject {
  const rules = (side: "from" | "to") =>
    random.times(
      random.weighted([
        [1, 0],
        [5, 1],
        [2, 2],
      ]),
      () => rule(random, side, ipv6),
    );
  const types = random.weighted<JsonObject>([
    [3, {}],
    [2, { policyTypes: ["Ingress"] }],
    [2, { policyTypes: ["Egress"] }],
    [3, { policyTypes: ["Ingress", "Egress"] }],
    [0.2, { policyTypes: [] }],
  ]);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace: namespaceOf(random) },
    spec: {
      podSelector: random.chance(0.3) ? {} : labelSelector(random, POD_LABELS),
      ...types,
      ...(random.chance(0.6) ? { ingress: rules("from") } : {}),
      ...(random.chance(0.5) ? { egress: rules("to") } : {}),
    },
  };
}

function rule(random: Random, side: "from" | "to", ipv6: boolean): JsonObject {
  const peers = random.weighted<() => JsonObject>([
    [1, () => ({})],
    [0.3, () => ({ [side]: [] })],
    [8, () => ({ [side]: random.times(random.int(1, 2), () => peer(random, ipv6)) })],
  ])();
  const ports = random.weighted<() => JsonObject>([
    [3, () => ({})],
    [0.3, () => ({ ports: [] })],
    [6, () => ({ ports: random.times(random.int(1, 2), () => port(random)) })],
  ])();
  return { ...peers, ...ports };
}

function peer(random: Random, ipv6: boolean): JsonObject {
  const podSelector = () => ({ podSelector: labelSelector(random, POD_WORDS) });
  const namespaceSelector = () => ({ namespaceSelector: labelSelector(random, NAMESPACE_WORDS) });
  return random.weighted<() => JsonObject>([
    [4, podSelector],
    [3, namespaceSelector],
    [3, () => ({ ...podSelector(), ...namespaceSelector() })],
    [4, () => ({ ipBlock: ipBlock(random, ipv6) })],
    [0.1, () => ({})],
    [0.05, () => ({ ipBlock: ipBlock(random, ipv6), ...podSelector() })],
  ])();
}

function ipBlock(random: Random, ipv6: boolean): JsonObject {
  const [whole, parts] = random.pick(ipv6 ? NESTED : NESTED.slice(0, 4));
  return random.weighted<() => JsonObject>([
    [3, () => ({ cidr: cidr(random, { ipv6 }) })],
    [3, () => ({ cidr: whole, except: random.some(parts, 0, 2) })],
  ])();
}

function port(random: Random): JsonObject {
  const number = random.pick(PORTS);
  const protocol = random.weighted<JsonObject>([
    [2, {}],
    [5, { protocol: "TCP" }],
    [3, { protocol: "UDP" }],
    [1, { protocol: "SCTP" }],
  ]);
  return random.weighted<() => JsonObject>([
    [5, () => ({ port: number, ...protocol })],
    [2, () => ({ port: random.pick<Json>([...PORT_NAMES, "HTTP", "80", "0"]), ...protocol })],
    [2, () => ({ port: number, endPort: random.pick([number, 90, 443, 65535]), ...protocol })],
    [2, () => ({ ...protocol })],
    [0.2, () => ({ port: 0, ...protocol })],
  ])();
}
