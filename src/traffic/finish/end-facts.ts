import type { NameRecord } from "#model/coverage.ts";
import type { Inventory, Pod, WorkloadRef } from "#model/objects.ts";
import { EMPTY_INVENTORY } from "#model/objects.ts";
import { workloadOf } from "#model/workload.ts";
import type { FoldState } from "../fold-state.ts";
import { indexInventory } from "./inventory-index.ts";
import type { RawEnd } from "../raw-end.ts";
import type { EndFacts } from "./resolve-ends.ts";

/** Gathers what ends are resolved with, from the recording and the objects. */
export function gatherEndFacts(
  state: FoldState,
  objects: { readonly inventory: Inventory | null; readonly labelsOf: ((pod: Pod) => readonly string[]) | null },
  names: readonly NameRecord[],
  clusters: { readonly own: string | null; readonly nodeName: (node: string) => string },
): EndFacts {
  const inventory = objects.inventory ?? EMPTY_INVENTORY;
  const index = indexInventory(inventory);
  const byAddress = namesByAddress(names);
  const hosts = hostAddresses(state.ends);
  const podEnds = podEndsByAddress(state.ends);
  return {
    index,
    workloads: state.workloads,
    workloadOfLabels: workloadsByLabels(state, inventory, objects.labelsOf),
    namesOf: (address) => byAddress.get(address) ?? [],
    ownCluster: clusters.own,
    podEndAt: (address) => podEnds.get(address) ?? null,
    isNodeAddress: (address) => hosts.has(address) || index.entityAt(address)?.entity === "remote-node",
    labelsOf: objects.labelsOf,
    nodeName: clusters.nodeName,
  };
}

function namesByAddress(records: readonly NameRecord[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, Set<string>>();
  for (const record of records) {
    for (const address of record.addresses) {
      const set = names.get(address);
      if (set === undefined) names.set(address, new Set([record.name]));
      else set.add(record.name);
    }
  }
  return new Map([...names].map(([address, set]) => [address, [...set].sort()]));
}

/** Addresses that a host showed in this recording: also its router's in the pod network, which no Node object tells. */
function hostAddresses(ends: readonly RawEnd[]): ReadonlySet<string> {
  const nodes = ends.filter((end) => end.sort === "reserved" && (end.name === "host" || end.name === "remote-node"));
  return new Set(nodes.flatMap((end) => [...end.addresses]));
}

/** The one pod end at each address; none where the recording shows several, or an end of another sort. */
function podEndsByAddress(ends: readonly RawEnd[]): ReadonlyMap<string, RawEnd> {
  const found = new Map<string, RawEnd | null>();
  for (const end of ends) {
    if (end.sort !== "pod" && end.sort !== "reserved") continue;
    for (const address of end.addresses) {
      const known = found.get(address);
      const isFirst = known === undefined && end.sort === "pod" && end.labels.length > 0;
      found.set(address, isFirst || (known !== null && known !== undefined && isSamePod(known, end)) ? end : null);
    }
  }
  return new Map([...found].flatMap(([address, end]) => (end === null ? [] : [[address, end] as const])));
}

/** Before its workload was learned a pod's end was kept by its name: that is no second pod. */
function isSamePod(a: RawEnd, b: RawEnd): boolean {
  return a.sort === b.sort && a.name === b.name && a.labels.join() === b.labels.join();
}

/** For ends without pod name (masqueraded, trap 50): the workload that alone has these labels. */
function workloadsByLabels(
  state: FoldState,
  inventory: Inventory,
  labelsOf: ((pod: Pod) => readonly string[]) | null,
): (labels: readonly string[]) => WorkloadRef | null {
  const found = new Map<string, WorkloadRef | null>();
  const note = (labels: readonly string[], workload: WorkloadRef | null) => {
    if (workload === null || labels.length === 0) return;
    const key = labels.join("\n");
    const known = found.get(key);
    const isSame =
      known !== null && known !== undefined && known.kind === workload.kind && known.name === workload.name;
    found.set(key, known === undefined || isSame ? workload : null);
  };
  for (const end of state.ends) {
    if (end.sort !== "pod") continue;
    note(end.labels, end.workload ?? (end.pod === "" ? null : (state.workloads.get(`${end.name}/${end.pod}`) ?? null)));
  }
  if (labelsOf !== null) for (const pod of inventory.pods) note(labelsOf(pod), workloadOf(pod));
  return (labels) => found.get(labels.join("\n")) ?? null;
}
