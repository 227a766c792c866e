import type { Gap } from "#model/coverage.ts";
import type { Finding } from "#model/finding.ts";
import { addCounts, newCounts } from "#traffic/fold-state.ts";
import type { StateRest } from "./state-rows.ts";
import type { StoreCoverage, StoredEpoch, StoredNode } from "./store.ts";

/** What of a segment coverage is told from: its state's account, and the gaps that its recorder noticed. */
export type ToldSegment = {
  readonly rest: Pick<StateRest, "counts" | "nodes" | "gaps" | "findings">;
  readonly gaps: readonly Gap[];
};

/** What segments can prove together. `said`: what is wrong with the store itself. */
export function coverageOf(segments: readonly ToldSegment[], said: readonly Finding[]): StoreCoverage {
  const counts = newCounts();
  for (const { rest } of segments) addCounts(counts, rest.counts);
  const nodes = nodesOf(segments);
  const gaps = segments.flatMap((segment) => [...segment.gaps, ...segment.rest.gaps, ...silences(segment)]);
  return {
    from: nodes.length === 0 ? null : Math.min(...nodes.map(({ from }) => from)),
    to: nodes.length === 0 ? null : Math.max(...nodes.map(({ to }) => to)),
    flows: counts.flows,
    nodes,
    gaps: gaps.sort((a, b) => a.from - b.from),
    lostEvents: counts.lostEvents,
    lostBySource: counts.lostBySource,
    findings: [...said, ...segments.flatMap(({ rest }) => rest.findings)],
  };
}

/** The moments at which nodes changed, in their order. */
export function epochsOf(segments: readonly ToldSegment[]): readonly StoredEpoch[] {
  return segments
    .flatMap(({ rest }) => rest.nodes)
    .flatMap(({ name, cuts }) => cuts.map((cut) => ({ node: name, ...cut })))
    .sort((a, b) => a.from - b.from);
}

function silences({ rest }: ToldSegment): readonly Gap[] {
  return rest.nodes.flatMap(({ name, gaps }) => gaps.map((gap) => ({ node: name, ...gap })));
}

function nodesOf(segments: readonly ToldSegment[]): readonly StoredNode[] {
  const found = new Map<string, StoredNode>();
  for (const { name, flows, first, last, cuts, versions } of segments.flatMap(({ rest }) => rest.nodes)) {
    if (first === null || last === null) continue;
    const known = found.get(name);
    const agentStarts = cuts.filter(({ cause }) => cause === "agent-started").length;
    found.set(name, {
      name,
      flows: (known?.flows ?? 0) + flows,
      from: Math.min(known?.from ?? first, first),
      to: Math.max(known?.to ?? last, last),
      agentStarts: (known?.agentStarts ?? 0) + agentStarts,
      agentVersions: [...new Set([...(known?.agentVersions ?? []), ...versions])],
    });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
