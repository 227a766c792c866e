import type { JsonObject } from "#model/json.ts";
import { NODE_LABELS } from "./alphabet.ts";
import { endpointWords, labelSelector } from "./label-selectors.ts";
import { peers } from "./peers.ts";
import { portPart } from "./ports.ts";
import type { Random } from "./random.ts";
import type { RuleShape } from "./rule-shape.ts";

/** What the settings and the minor let a policy hold. */
export type PolicyShape = Pick<RuleShape, "minor" | "nodes" | "ipv6" | "l7" | "wide">;

const SECTIONS = {
  ingress: { direction: "ingress", deny: false },
  ingressDeny: { direction: "ingress", deny: true },
  egress: { direction: "egress", deny: false },
  egressDeny: { direction: "egress", deny: true },
} as const;

/** A CiliumNetworkPolicy, or a CiliumClusterwideNetworkPolicy where there is no namespace: `spec`, `specs` or both. */
export function ciliumPolicy(
  random: Random,
  shape: PolicyShape,
  { name, namespace }: { readonly name: string; readonly namespace: string | null },
): JsonObject {
  const rule = () => spec(random, shape, namespace === null);
  return {
    apiVersion: "cilium.io/v2",
    kind: namespace === null ? "CiliumClusterwideNetworkPolicy" : "CiliumNetworkPolicy",
    metadata: { name, ...(namespace === null ? {} : { namespace }) },
    ...random.weighted<() => JsonObject>([
      [10, () => ({ spec: rule() })],
      [1, () => ({ specs: random.times(random.int(1, 3), rule) })],
      [0.5, () => ({ spec: rule(), specs: random.times(random.int(1, 2), rule) })],
      [0.05, () => ({ specs: [] })],
    ])(),
  };
}

function spec(random: Random, shape: PolicyShape, isClusterwide: boolean): JsonObject {
  const sections = new Set(
    random.times(
      random.weighted([
        [5, 1],
        [3, 2],
        [1, 3],
      ]),
      () =>
        random.weighted<keyof typeof SECTIONS>([
          [6, "ingress"],
          [6, "egress"],
          [2, "ingressDeny"],
          [2, "egressDeny"],
        ]),
    ),
  );
  return {
    ...subject(random, isClusterwide),
    ...Object.fromEntries([...sections].map((section) => [section, rules(random, { ...shape, ...SECTIONS[section] })])),
    ...(random.chance(0.15) ? { enableDefaultDeny: defaultDeny(random) } : {}),
    ...(random.chance(0.05) ? { description: "made at random", labels: [{ key: "x", value: "y", source: "z" }] } : {}),
    ...(random.chance(0.03) ? { log: { value: "logged" } } : {}),
  };
}

/** Subjects take much, so that the policies of a world meet; a node's policy is for the host firewall. */
function subject(random: Random, isClusterwide: boolean): JsonObject {
  if (isClusterwide && random.chance(0.04)) return { nodeSelector: labelSelector(random, NODE_LABELS) };
  if (random.chance(0.45)) return { endpointSelector: {} };
  return { endpointSelector: labelSelector(random, endpointWords(random)) };
}

function defaultDeny(random: Random): JsonObject {
  return {
    ...(random.chance(0.7) ? { ingress: random.chance(0.3) } : {}),
    ...(random.chance(0.7) ? { egress: random.chance(0.3) } : {}),
  };
}

function rules(random: Random, shape: RuleShape): readonly JsonObject[] {
  return random.times(
    random.weighted([
      [0.05, 0],
      [6, 1],
      [3, 2],
      [1, 3],
    ]),
    () => {
      const mode = random.pick(["required", "disabled", "test-always-fail"]);
      const auth = !shape.deny && random.chance(0.08) ? { authentication: { mode } } : {};
      return { ...peers(random, shape), ...portPart(random, shape), ...auth };
    },
  );
}
