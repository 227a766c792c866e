import type { JsonObject } from "#model/json.ts";
import { NAMES, NAMESPACE_LABELS, NAMESPACES, NODE_LABELS, PORT_NAMES, PORTS } from "./alphabet.ts";
import { labelSelector, type Vocabulary } from "./label-selectors.ts";
import { cidr, odder } from "./peers.ts";
import type { Random } from "./random.ts";
import type { PolicyShape } from "./cilium-policy.ts";

const NAMESPACE_WORDS: Vocabulary = { ...NAMESPACE_LABELS, "kubernetes.io/metadata.name": NAMESPACES };
const POD_WORDS: Vocabulary = { app: ["web", "api", "db"], tier: ["front", "back"] };

/** A ClusterNetworkPolicy of either tier: accept, deny and pass, with priorities that may be the same. */
export function clusterNetworkPolicy(random: Random, shape: PolicyShape, name: string): JsonObject {
  const rules = (side: "from" | "to") => random.times(random.int(1, 3), () => rule(random, shape, side));
  return {
    apiVersion: "policy.networking.k8s.io/v1alpha2",
    kind: "ClusterNetworkPolicy",
    metadata: { name },
    spec: {
      tier: random.pick(["Admin", "Baseline"]),
      priority: random.pick([0, 10, 10, 20, 1000]),
      subject: subject(random),
      ...(random.chance(0.7) ? { ingress: rules("from") } : {}),
      ...(random.chance(0.7) ? { egress: rules("to") } : {}),
    },
  };
}

function subject(random: Random): JsonObject {
  return random.chance(0.5) ? { namespaces: labelSelector(random, NAMESPACE_WORDS) } : { pods: pods(random) };
}

function pods(random: Random): JsonObject {
  return {
    namespaceSelector: random.chance(0.4) ? {} : labelSelector(random, NAMESPACE_WORDS),
    podSelector: random.chance(0.3) ? {} : labelSelector(random, POD_WORDS),
  };
}

function rule(random: Random, shape: PolicyShape, side: "from" | "to"): JsonObject {
  const action = random.pick(["Accept", "Deny", "Pass"]);
  const count = random.weighted([
    [0.1, 0],
    [5, 1],
    [2, 2],
  ]);
  return {
    ...(random.chance(0.5) ? { name: "rule" } : {}),
    action,
    [side]: random.times(count, () => (side === "from" ? podsPeer(random) : egressPeer(random, shape, action))),
    ...protocols(random),
  };
}

function podsPeer(random: Random): JsonObject {
  return random.chance(0.5) ? { namespaces: labelSelector(random, NAMESPACE_WORDS) } : { pods: pods(random) };
}

function egressPeer(random: Random, shape: PolicyShape, action: string): JsonObject {
  const domain = () => random.pick([odder(random, random.pick(NAMES)), "*.github.com", "*.com", "*"]);
  return random.weighted<() => JsonObject>([
    [5, () => podsPeer(random)],
    [4, () => ({ networks: random.times(random.int(1, 2), () => cidr(random, shape)) })],
    [action === "Accept" ? 4 : 0.05, () => ({ domainNames: random.times(random.int(1, 2), domain) })],
    [shape.nodes ? 2 : 0.1, () => ({ nodes: labelSelector(random, NODE_LABELS) })],
    [0.05, () => ({})],
  ])();
}

function protocols(random: Random): JsonObject {
  if (random.chance(0.4)) return {};
  const number = random.pick(PORTS);
  const port = () =>
    random.weighted<JsonObject>([
      [5, { destinationPort: { number } }],
      [3, { destinationPort: { range: { start: number, end: random.pick([...PORTS, 65535]) } } }],
      [1, {}],
      [0.1, { destinationPort: {} }],
    ]);
  const protocol = () =>
    random.weighted<() => JsonObject>([
      [5, () => ({ tcp: port() })],
      [2, () => ({ udp: port() })],
      [1, () => ({ sctp: port() })],
      [1.5, () => ({ destinationNamedPort: random.pick(PORT_NAMES) })],
      [0.05, () => ({})],
    ])();
  return {
    protocols: random.times(
      random.weighted([
        [0.2, 0],
        [5, 1],
        [2, 2],
      ]),
      protocol,
    ),
  };
}
