import type { JsonObject } from "#model/json.ts";
import { ACCOUNTS, CLUSTERS, NAMESPACE_LABELS, NAMESPACES, POD_LABELS } from "./alphabet.ts";
import type { Random } from "./random.ts";

/** Keys that a selector may ask for, with the values that things have. */
export type Vocabulary = Readonly<Record<string, readonly string[]>>;

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** A Kubernetes label selector: empty, of labels, of expressions, or of both. */
export function labelSelector(random: Random, words: Vocabulary): JsonObject {
  return random.weighted<() => JsonObject>([
    [4, () => ({})],
    [
      6,
      () => ({
        matchLabels: labels(
          random,
          words,
          random.weighted([
            [5, 1],
            [1, 2],
          ]),
        ),
      }),
    ],
    [4, () => ({ matchExpressions: expressions(random, words) })],
    [1, () => ({ matchLabels: labels(random, words, 1), matchExpressions: expressions(random, words) })],
    [0.3, () => (random.chance(0.5) ? { matchLabels: {} } : { matchExpressions: [] })],
  ])();
}

/** `count` labels, fewer where a key comes twice. */
export function labels(random: Random, words: Vocabulary, count: number): Readonly<Record<string, string>> {
  const keys = random.some(Object.keys(words), count, count);
  return Object.fromEntries(keys.map((key) => [key, random.pick(words[key] ?? ["x"])]));
}

function expressions(random: Random, words: Vocabulary): readonly JsonObject[] {
  return random.times(
    random.weighted([
      [5, 1],
      [1, 2],
    ]),
    () => {
      const key = random.pick(Object.keys(words));
      const operator = random.pick(OPERATORS);
      if (operator === "Exists" || operator === "DoesNotExist") return { key, operator };
      return { key, operator, values: random.some([...(words[key] ?? []), "nosuch"], 1, 2) };
    },
  );
}

const POD = "io.kubernetes.pod.namespace";
const RESERVED = ["host", "world", "remote-node", "kube-apiserver", "health", "ingress", "world-ipv4", "unmanaged"];

/** What Cilium's endpoint selectors may ask for: keys with and without source, of the namespace, the account, reserved. */
export function endpointWords(random: Random): Vocabulary {
  return random.weighted<Vocabulary>([
    [12, { app: POD_LABELS["app"] ?? [] }],
    [5, POD_LABELS],
    [2, prefixed("k8s:", POD_LABELS)],
    [1, prefixed("any:", POD_LABELS)],
    [3, { ...POD_LABELS, [`k8s:${POD}`]: NAMESPACES }],
    [1.5, { [`k8s:${POD}`]: NAMESPACES }],
    [1, { [POD]: NAMESPACES }],
    [0.5, { [`any:${POD}`]: NAMESPACES }],
    [1.5, prefixed("k8s:io.cilium.k8s.namespace.labels.", NAMESPACE_LABELS)],
    [1, prefixed("io.cilium.k8s.namespace.labels.", NAMESPACE_LABELS)],
    [1, { "io.cilium.k8s.policy.serviceaccount": ACCOUNTS }],
    [0.5, { "k8s:io.cilium.k8s.policy.serviceaccount": ACCOUNTS }],
    [1, { "k8s:io.cilium.k8s.policy.cluster": CLUSTERS }],
    [0.5, { "io.cilium.k8s.policy.cluster": CLUSTERS }],
    [1.5, Object.fromEntries(RESERVED.map((name) => [`reserved:${name}`, [""]]))],
    [0.8, Object.fromEntries(RESERVED.map((name) => [`reserved.${name}`, [""]]))],
    [0.3, { "k8s.app": ["web", "api"], "any.app": ["web"], "cidr:0.0.0.0/0": [""], "cidr:10.0.0.0/8": [""] }],
    [0.3, { "node:zone": ["z1", "z2"], "cidrgroup:kind": ["ext"], "fqdn:github.com": [""], "gen:io.x": ["y"] }],
  ]);
}

function prefixed(prefix: string, words: Vocabulary): Vocabulary {
  return Object.fromEntries(Object.entries(words).map(([key, values]) => [prefix + key, values]));
}
