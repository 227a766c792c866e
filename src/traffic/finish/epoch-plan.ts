import type { Epoch } from "#model/conversation.ts";
import { type Cut, type CutCause, MOST_SWITCH_BACKS, type NodeRecord, SETTLING_MS } from "../node-timeline.ts";

/** An object's time is cut to the second: its change came up to one second later. */
const TIMESTAMP_MS = 1000;

/** The stronger word first, where several causes fall together. */
const CAUSES: readonly CutCause[] = ["agent-started", "agent-version", "policy-updated", "revision", "object-changed"];

type Settling = { from: number; to: number; cause: CutCause };

/** All epochs, node by node in the order of time, and which of them a stretch of time belongs to. */
export type EpochPlan = {
  readonly epochs: readonly Epoch[];
  /**
   * The epoch of what a node saw between two times: the settling one where the stretch is not of one epoch alone, for
   * what it was decided under is then not known; unless it names a revision that only one of them has. -1: no such node.
   */
  readonly indexOf: (node: string, stretch: { first: number; last: number; revision?: number | null }) => number;
};

/**
 * Cuts each node's time where its policies, its agent or the agent's version changed. What settles belongs to neither
 * side (lab 5.4). `changes`: times at which policy objects changed, for all nodes. `nameOf`: how a node is called outside.
 */
export function planEpochs(
  nodes: readonly NodeRecord[],
  changes: readonly number[],
  nameOf: (node: string) => string,
): EpochPlan {
  const epochs: Epoch[] = [];
  const ranges = new Map<string, readonly [from: number, to: number]>();
  for (const node of [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!Number.isFinite(node.first)) continue;
    const from = epochs.length;
    epochs.push(...epochsOf(node, changes, nameOf(node.name)));
    ranges.set(node.name, [from, epochs.length]);
  }
  const indexOf: EpochPlan["indexOf"] = (node, stretch) => {
    const range = ranges.get(node);
    return range === undefined ? -1 : epochIndex(epochs, range, stretch);
  };
  return { epochs, indexOf };
}

function epochsOf(node: NodeRecord, changes: readonly number[], name: string): readonly Epoch[] {
  const settlings = settlingsOf(node, changes);
  const epochs: Epoch[] = [];
  let from = node.first;
  let cause: string = "recording";
  for (const settling of settlings) {
    const begins = Math.max(settling.from, node.first);
    if (begins > from) epochs.push(newEpoch(node, name, { from, to: begins, cause }));
    epochs.push(newEpoch(node, name, { from: begins, to: settling.to, cause: "settling" }));
    from = settling.to;
    ({ cause } = settling);
  }
  epochs.push(newEpoch(node, name, { from, to: Math.max(from, node.last), cause }));
  return epochs;
}

function newEpoch(node: NodeRecord, name: string, stretch: { from: number; to: number; cause: string }): Epoch {
  const isTelling = stretch.cause !== "settling" && node.switchBacks <= MOST_SWITCH_BACKS;
  const runs = !isTelling ? [] : node.runs.filter((run) => run.first <= stretch.to && run.last >= stretch.from);
  const main = runs.reduce<(typeof runs)[number] | null>(
    (best, run) => (best !== null && best.count >= run.count ? best : run),
    null,
  );
  return { node: name, from: stretch.from, to: stretch.to, revision: main?.revision ?? null, cause: stretch.cause };
}

/** The stretches in which something changed, joined where they overlap. */
function settlingsOf(node: NodeRecord, changes: readonly number[]): readonly Settling[] {
  const told = node.cuts.filter((cut) => !isInferred(cut));
  const objects = changes
    .filter((time) => time + TIMESTAMP_MS + SETTLING_MS > node.first)
    .map((time): Settling => ({ from: time, to: time + TIMESTAMP_MS + SETTLING_MS, cause: "object-changed" }));
  const moments = [...told.map((cut) => cut.to), ...objects.map((settling) => settling.from)];
  const isOrderly = node.switchBacks <= MOST_SWITCH_BACKS;
  const inferred = node.cuts.filter((cut) => isInferred(cut) && isOrderly && !isTold(cut, moments));
  const all = [...told, ...inferred].map(
    (cut): Settling => ({ from: cut.from, to: cut.to + SETTLING_MS, cause: cut.cause }),
  );
  return joined([...all, ...objects].sort((a, b) => a.from - b.from));
}

/** Seen from its effect alone: it happened at some time before. */
function isInferred(cut: Cut): boolean {
  return cut.from < cut.to;
}

/** An agent event or an object's time tells when the change happened whose effect was seen. */
function isTold(cut: Cut, moments: readonly number[]): boolean {
  return moments.some((moment) => moment >= cut.from - SETTLING_MS - TIMESTAMP_MS && moment <= cut.to);
}

function joined(settlings: readonly Settling[]): readonly Settling[] {
  const result: Settling[] = [];
  for (const settling of settlings) {
    const last = result.at(-1);
    if (last === undefined || settling.from > last.to) {
      result.push({ ...settling });
      continue;
    }
    last.to = Math.max(last.to, settling.to);
    if (CAUSES.indexOf(settling.cause) < CAUSES.indexOf(last.cause)) last.cause = settling.cause;
  }
  return result;
}

type Stretch = { readonly first: number; readonly last: number; readonly revision?: number | null };

function epochIndex(epochs: readonly Epoch[], [from, to]: readonly [number, number], stretch: Stretch): number {
  const first = epochAt(epochs, from, to, stretch.first);
  const last = epochAt(epochs, from, to, stretch.last);
  if (first === last) return first;
  const between = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const { revision } = stretch;
  if (revision !== null && revision !== undefined) {
    const named = between.filter(
      (index) => epochs[index]?.revision === revision && epochs[index]?.cause !== "settling",
    );
    if (named.length === 1) return named[0] ?? first;
  }
  return between.find((index) => epochs[index]?.cause === "settling") ?? first;
}

/** The node's epoch at a time; before the first it is the first. */
function epochAt(epochs: readonly Epoch[], from: number, to: number, time: number): number {
  let index = from;
  while (index + 1 < to && time >= (epochs[index + 1]?.from ?? Number.POSITIVE_INFINITY)) index++;
  return index;
}
