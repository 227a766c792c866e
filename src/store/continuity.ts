import type { Gap } from "#model/coverage.ts";
import type { StoreHistory } from "./store.ts";

/** A shorter silence is none: between a node's last event and its next there is always some time. */
const LEAST_GAP_MS = 1;
/** Events of one node come in the order of time but for some: what is newer than this is known again by its uuid alone. */
const DISORDER_MS = 5000;
/** No ring of Hubble's holds more events of a node: what goes on longer is no repetition but a clock that stepped back. */
const MOST_REPEATED = 1 << 16;
/** How far back a source is asked when it is connected anew. */
const LONGEST_REACH_MS = 3_600_000;
/** Clocks of a cluster that is well are closer. */
const AHEAD_MS = 60_000;

/** Why something may be missing, and from whom it would have come; `source` null: from any. */
type Doubt = { readonly reason: string; readonly source: string | null };

type NodeState = {
  first: number;
  last: number;
  /** Why something may be missing since `last`; null while nothing may. */
  doubt: Doubt | null;
  /** From `first` to here its events may come again; null while they may not. */
  repeatedUntil: number | null;
  /** Who tells them again; null: any. */
  repeatedBy: string | null;
  repeated: number;
};

/**
 * Tells of each node whether its events go on where they ended: after a restart of the recorder and after a connection
 * was made anew. They do when an event comes again that was recorded already; else the ring has wrapped meanwhile, and
 * the time between is a gap.
 */
export class Continuity {
  private readonly nodes = new Map<string, NodeState>();
  private readonly ranges: StoreHistory["ranges"];

  constructor({ ranges, endedCleanly }: StoreHistory) {
    this.ranges = ranges;
    const reason = endedCleanly ? "the recorder did not run" : "the recorder ended without saving, and did not run";
    for (const [node, stretches] of ranges) {
      const last = Math.max(...stretches.map(([, to]) => to));
      this.nodes.set(node, {
        first: last,
        last,
        doubt: { reason, source: null },
        repeatedUntil: null,
        repeatedBy: null,
        repeated: 0,
      });
    }
  }

  /**
   * From when on a source is to be asked, so that what it tells goes on where every node's events ended; null: for all that
   * it holds. `now` keeps a node whose clock runs ahead from hiding what the others have to tell.
   */
  resumeTime(now: number): number | null {
    const lasts = [...this.nodes.values()].map(({ last }) => last).filter((last) => last <= now + AHEAD_MS);
    const latest = lasts.reduce((most, last) => Math.max(most, last), Number.NEGATIVE_INFINITY);
    const since = lasts.reduce(
      (least, last) => (last >= latest - LONGEST_REACH_MS ? Math.min(least, last) : least),
      latest,
    );
    return since === Number.NEGATIVE_INFINITY ? null : since - DISORDER_MS;
  }

  /** True for an event that was recorded before: a resumed source tells some again. */
  isRecorded(node: string, time: number, source: string | null = null): boolean {
    const state = this.nodes.get(node);
    if (state === undefined) return false;
    const isAgain = (isRepeater(state, source) && isRepeated(state, time)) || this.isOfEarlierRun(node, time);
    if (isAgain) state.doubt = null;
    return isAgain;
  }

  private isOfEarlierRun(node: string, time: number): boolean {
    const stretches = this.ranges.get(node);
    return stretches?.some(([from, to]) => time >= from && time <= to) === true;
  }

  /** An event of this node came again: nothing is missing between. */
  again(node: string): void {
    const state = this.nodes.get(node);
    if (state !== undefined) state.doubt = null;
  }

  /**
   * The connection to a source (null: to all there is) was made anew: until an event of these nodes comes again,
   * something may be missing.
   */
  reconnected(reason: string, { source, nodes }: Reconnection = EVERY): void {
    for (const node of nodes ?? this.nodes.keys()) {
      const state = this.nodes.get(node);
      if (state === undefined) continue;
      state.doubt ??= { reason, source };
      this.repeats(node, source);
    }
  }

  /** A source may tell this node's events once more. */
  repeats(node: string, source: string | null): void {
    const state = this.nodes.get(node);
    if (state === undefined) return;
    state.repeatedUntil = state.last - DISORDER_MS;
    state.repeatedBy = source;
    state.repeated = 0;
  }

  /** A new event of this node; answers the gap before it, null when there is none. */
  note(node: string, time: number, source: string | null = null): Gap | null {
    const state = this.nodes.get(node);
    if (state === undefined) {
      this.nodes.set(node, {
        first: time,
        last: time,
        doubt: null,
        repeatedUntil: null,
        repeatedBy: null,
        repeated: 0,
      });
      return null;
    }
    const { last, doubt } = state;
    if (time <= last) return null;
    state.last = time;
    if (isRepeater(state, source)) state.repeatedUntil = null;
    if (doubt === null) return null;
    state.doubt = null;
    // Another source went on meanwhile, and tells it now.
    if (doubt.source !== null && source !== doubt.source) return null;
    return time - last < LEAST_GAP_MS ? null : { node, from: last, to: time, reason: doubt.reason };
  }
}

/** What was connected anew: a source, and the nodes that it tells of. */
export type Reconnection = { readonly source: string | null; readonly nodes: Iterable<string> | null };

const EVERY: Reconnection = { source: null, nodes: null };

function isRepeater({ repeatedUntil, repeatedBy }: NodeState, source: string | null): boolean {
  return repeatedUntil !== null && (repeatedBy === null || repeatedBy === source);
}

function isRepeated(state: NodeState, time: number): boolean {
  if (state.repeatedUntil === null || time < state.first || time > state.repeatedUntil) return false;
  if (++state.repeated <= MOST_REPEATED) return true;
  state.repeatedUntil = null;
  return false;
}
