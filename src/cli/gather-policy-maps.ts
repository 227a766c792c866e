import { type CountedMap, uncountedRules } from "#analysis/counted-rules.ts";
import { isCounting, readPolicyMaps } from "#decode/policy-map.ts";
import { createEngine } from "#engine/engine.ts";
import { podEnd } from "#engine/identity/identity.ts";
import type { Finding } from "#model/finding.ts";
import type { Inventory } from "#model/objects.ts";
import type { PolicyMapDump } from "#model/policy-map.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { readManifestText } from "#sources/manifest-text.ts";

/** Where dumps of policy maps lie, one file an agent: the node's name is not in them, its pod's is in the path. */
export async function policyMapFindings(
  paths: readonly string[],
  snapshot: Omit<Snapshot, "traffic" | "findings">,
): Promise<readonly Finding[]> {
  const dumps: PolicyMapDump[][] = [];
  for (const path of paths) dumps.push([...readPolicyMaps(await readManifestText(path))]);
  const counting = dumps.filter(isCounting);
  if (counting.length === 0) return [];
  const { inventory, policies, cilium, config } = snapshot;
  const maps = counting.flatMap((agent) => countedMaps(agent, inventory, snapshot));
  if (maps.length === 0) return [];
  const engine = createEngine({ minor: cilium.value, config: config.value, inventory, policies });
  return uncountedRules(engine, maps, policies, inventory);
}

/**
 * The maps of one agent with their pods. Endpoint numbers are each agent's own: the node is the one whose endpoints hold
 * most of the numbers; a number that it does not have is passed over.
 */
function countedMaps(
  dumps: readonly PolicyMapDump[],
  inventory: Inventory,
  { cilium, config }: Pick<Snapshot, "cilium" | "config">,
): readonly CountedMap[] {
  const numbers = new Set(dumps.map(({ endpointId }) => endpointId));
  const mine = inventory.ciliumEndpoints.filter(
    ({ endpointId }) => endpointId !== undefined && numbers.has(endpointId),
  );
  const counts = new Map<string | null, number>();
  for (const { nodeAddress } of mine) counts.set(nodeAddress, (counts.get(nodeAddress) ?? 0) + 1);
  const node = [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
  return dumps.flatMap(({ endpointId, entries }) => {
    const endpoint = mine.find((one) => one.endpointId === endpointId && one.nodeAddress === node);
    const pod = inventory.pods.find(
      ({ namespace, name }) => namespace === endpoint?.namespace && name === endpoint.name,
    );
    if (pod === undefined) return [];
    return [{ subject: podEnd(pod, inventory, cilium.value, config.value), entries }];
  });
}
