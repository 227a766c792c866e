import type { CiliumConfig } from "#model/profile.ts";
import type { FoldState } from "../fold-state.ts";

/** The clusters of a recording: its own, and what nodes are called. */
export type Clusters = {
  /** Name of the cluster that was recorded, null when nothing tells. */
  readonly own: string | null;
  /** A node's name without its cluster's, which events write before it (only the first part is the cluster's). */
  readonly nodeName: (node: string) => string;
};

/**
 * The recorded cluster is the one whose nodes saw the events: that of `cluster/node` names, else of the ends that were on
 * the observing node. The configured name counts where it is among them; a default that was only assumed does not.
 */
export function clustersOf(state: FoldState, config: CiliumConfig | null): Clusters {
  const counts = new Map<string, number>();
  for (const node of state.nodes) {
    const slash = node.name.indexOf("/");
    if (slash > 0) add(counts, node.name.slice(0, slash), node.flows);
  }
  if (counts.size === 0) {
    for (const end of state.ends) if (end.cluster !== "" && end.nodes.size > 0) add(counts, end.cluster, 1);
  }
  const most = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? null;
  const configured = config?.clusterName ?? null;
  const own = configured !== null && counts.has(configured) ? configured : (most ?? configured);
  return { own, nodeName: (node) => shortName(node, own) };
}

function shortName(node: string, own: string | null): string {
  const slash = node.indexOf("/");
  return slash > 0 && (own === null || node.slice(0, slash) === own) ? node.slice(slash + 1) : node;
}

function add(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
