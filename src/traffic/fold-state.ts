import type { Finding } from "#model/finding.ts";
import type { WorkloadRef } from "#model/objects.ts";
import type { ClockSkew } from "./clock-skew.ts";
import type { Ended } from "./connections.ts";
import type { NameState } from "./name-table.ts";
import type { NodeRecord } from "./node-timeline.ts";
import type { ConversationState } from "./raw-conversation.ts";
import type { RawEnd } from "./raw-end.ts";

/** Counts of a fold. `lines` = events by `kinds` + `skipped`; `leftOut` are flows among them that made no conversation. */
export type FoldCounts = {
  lines: number;
  flows: number;
  readonly kinds: Record<string, number>;
  readonly skipped: Record<string, number>;
  readonly leftOut: Record<string, number>;
  readonly otherDrops: Record<string, number>;
  readonly lostBySource: Record<string, number>;
  lostEvents: number;
  /** Flows that aggregated lines stood for, and how many such lines there were. */
  aggregatedLines: number;
  aggregatedFlows: number;
  /** Bits of `Field` that any flow held. */
  fields: number;
  hostVerdicts: number;
};

/** A stretch in which a node told that events were lost, or could not be reached. */
export type ToldGap = { readonly node: string; readonly from: number; readonly to: number; readonly reason: string };

/** All of a fold as plain data, to hand from a worker to its parent (structured clone). */
export type FoldState = {
  readonly counts: FoldCounts;
  readonly ends: readonly RawEnd[];
  readonly workloads: ReadonlyMap<string, WorkloadRef>;
  readonly conversations: readonly ConversationState[];
  readonly nodes: readonly NodeRecord[];
  readonly names: NameState;
  readonly namesDropped: number;
  readonly skew: ReturnType<ClockSkew["state"]>;
  readonly connections: readonly Ended[];
  readonly orphans: readonly Ended[];
  readonly reliableUntil: number;
  readonly hit: readonly string[];
  readonly gaps: readonly ToldGap[];
  readonly findings: readonly Finding[];
};

export function newCounts(): FoldCounts {
  return {
    lines: 0,
    flows: 0,
    kinds: {},
    skipped: {},
    leftOut: {},
    otherDrops: {},
    lostBySource: {},
    lostEvents: 0,
    aggregatedLines: 0,
    aggregatedFlows: 0,
    fields: 0,
    hostVerdicts: 0,
  };
}

/** Adds to one count of many. */
export function bump(counts: Record<string, number>, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}

export function addCounts(counts: FoldCounts, other: FoldCounts): void {
  counts.lines += other.lines;
  counts.flows += other.flows;
  counts.lostEvents += other.lostEvents;
  counts.aggregatedLines += other.aggregatedLines;
  counts.aggregatedFlows += other.aggregatedFlows;
  counts.fields |= other.fields;
  counts.hostVerdicts += other.hostVerdicts;
  for (const [name, by] of Object.entries(other.kinds)) bump(counts.kinds, name, by);
  for (const [name, by] of Object.entries(other.skipped)) bump(counts.skipped, name, by);
  for (const [name, by] of Object.entries(other.leftOut)) bump(counts.leftOut, name, by);
  for (const [name, by] of Object.entries(other.otherDrops)) bump(counts.otherDrops, name, by);
  for (const [name, by] of Object.entries(other.lostBySource)) bump(counts.lostBySource, name, by);
}
