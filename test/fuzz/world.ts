import type { JsonObject } from "#model/json.ts";
import { CILIUM_MINORS, type CiliumMinor } from "#model/profile.ts";
import { ciliumPolicy, type PolicyShape } from "./cilium-policy.ts";
import { clusterNetworkPolicy } from "./cluster-network-policy.ts";
import { connections, learned } from "./connections.ts";
import { cluster, namespaceOf } from "./inventory.ts";
import { packetHints } from "./packet-hints.ts";
import { networkPolicy } from "./network-policy.ts";
import { oddPolicy } from "./odd.ts";
import { type Random, randomOf } from "./random.ts";
import { settings, type WorldSettings } from "./settings.ts";

/** A policy test without answers, as docs/policy-test.md has it: what the oracle is asked. */
export type FuzzWorld = {
  readonly name: string;
  readonly cilium: CiliumMinor;
  readonly config: WorldSettings;
  readonly objects: readonly JsonObject[];
  readonly dns: readonly JsonObject[];
  readonly connections: readonly JsonObject[];
};

/** Which world: the same three make the same one. Without a minor they take turns. */
export type WorldId = { readonly seed: number; readonly index: number; readonly minor?: CiliumMinor | undefined };

const CONNECTIONS = 32;

/** World number `index` of a seed. */
export function makeWorld({ seed, index, minor: only }: WorldId): FuzzWorld {
  const random = randomOf(seed, index);
  const minor = only ?? CILIUM_MINORS[index % CILIUM_MINORS.length] ?? "1.20";
  const config = settings(random, minor);
  const { objects, pods } = cluster(random, config, tellsNodesApart(config));
  const shape = {
    ...{ minor, nodes: config.enableNodeSelectorLabels === true, ipv6: config.ipv6 },
    ...{ l7: random.pick([0.1, 0.4, 0.9]), wide: random.chance(0.5) },
  };
  const all = [...objects, ...policies(random, shape)];
  return {
    name: `fuzz/${seed}-${index}@${minor}`,
    cilium: minor,
    config,
    objects: all,
    dns: learned(random, pods, config),
    connections: connections(random, { pods, families: config, hints: packetHints(all), count: CONNECTIONS }),
  };
}

function policies(random: Random, shape: PolicyShape): readonly JsonObject[] {
  const count = random.weighted([
    [2, 1],
    [3, 2],
    [3, 3],
    [2, 5],
  ]);
  return random.times(count, (index) => {
    const policy = anyPolicy(random, shape, `q${index + 1}`);
    return random.chance(0.1) ? oddPolicy(random, policy) : policy;
  });
}

function anyPolicy(random: Random, shape: PolicyShape, name: string): JsonObject {
  return random.weighted<() => JsonObject>([
    [7, () => ciliumPolicy(random, shape, { name, namespace: namespaceOf(random) })],
    [4, () => ciliumPolicy(random, shape, { name, namespace: null })],
    [3, () => networkPolicy(random, name, shape)],
    [shape.minor === "1.20" ? 5 : 0.02, () => clusterNetworkPolicy(random, shape, name)],
  ])();
}

function tellsNodesApart({ enableNodeSelectorLabels, policyCIDRMatchMode }: WorldSettings): boolean {
  return enableNodeSelectorLabels === true || policyCIDRMatchMode?.includes("nodes") === true;
}
