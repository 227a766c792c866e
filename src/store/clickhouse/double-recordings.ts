import type { Finding } from "#model/finding.ts";
import type { HeardNode, SegmentManifest } from "./segment-manifest.ts";

/** What a segment heard of which nodes. */
export type Heard = { readonly segment: SegmentManifest; readonly nodes: readonly HeardNode[] };

type Stretch = HeardNode & { readonly writer: string };

/** A shorter overlap is a node that went from one recorder to another. */
const LEAST_OVERLAP_MS = 60_000;

/** Nodes that two recorders recorded at the same time: what they saw is counted twice. */
export function doubleRecordings(heard: readonly Heard[]): readonly Finding[] {
  const byNode = new Map<string, Stretch[]>();
  for (const { segment, nodes } of heard) {
    for (const node of nodes) {
      const known = byNode.get(node.name);
      const stretch = { ...node, writer: segment.writer };
      if (known === undefined) byNode.set(node.name, [stretch]);
      else known.push(stretch);
    }
  }
  const found = [...byNode].flatMap(([node, stretches]) => {
    const pair = overlap(stretches);
    return pair === null ? [] : [{ node, ...pair }];
  });
  const [first] = found;
  if (first === undefined) return [];
  const others = found.length === 1 ? "" : ` (and ${found.length - 1} more)`;
  return [
    {
      id: "recorded-twice",
      severity: "warn",
      message: `node ${first.node}${others} was recorded by ${first.writers.join(" and ")} at the same time: its flows count twice`,
      help: "share the nodes out: each node's events may come to one recorder only",
    },
  ];
}

/** Two writers of stretches that overlap; null when there are none. */
function overlap(stretches: readonly Stretch[]): { readonly writers: readonly [string, string] } | null {
  const sorted = [...stretches].sort((a, b) => a.from - b.from);
  let latest: Stretch | null = null;
  for (const stretch of sorted) {
    if (latest !== null && latest.writer !== stretch.writer && latest.to - stretch.from > LEAST_OVERLAP_MS) {
      return { writers: [latest.writer, stretch.writer] };
    }
    if (latest === null || stretch.to > latest.to) latest = stretch;
  }
  return null;
}
