import type { Gap } from "#model/coverage.ts";
import type { StoreHistory } from "./store.ts";

/** A shorter silence is none: between a node's last event and its next there is always some time. */
const LEAST_GAP_MS = 1;

type NodeState = {
  last: number;
  /** Why something may be missing since `last`; null while nothing may. */
  doubt: string | null;
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
    const doubt = endedCleanly ? "the recorder did not run" : "the recorder ended without saving, and did not run";
    for (const [node, stretches] of ranges) {
      this.nodes.set(node, { last: Math.max(...stretches.map(([, to]) => to)), doubt });
    }
  }

  /** True for an event that an earlier run has recorded: a resumed source tells some again. */
  isRecorded(node: string, time: number): boolean {
    const stretches = this.ranges.get(node);
    if (stretches === undefined || !stretches.some(([from, to]) => time >= from && time <= to)) return false;
    this.again(node);
    return true;
  }

  /** An event of this node came again: nothing is missing between. */
  again(node: string): void {
    const state = this.nodes.get(node);
    if (state !== undefined) state.doubt = null;
  }

  /** The connection to the source was made anew: until an event comes again, something may be missing. */
  reconnected(reason: string): void {
    for (const state of this.nodes.values()) state.doubt ??= reason;
  }

  /** A new event of this node; answers the gap before it, null when there is none. */
  note(node: string, time: number): Gap | null {
    const state = this.nodes.get(node);
    if (state === undefined) {
      this.nodes.set(node, { last: time, doubt: null });
      return null;
    }
    const { last, doubt } = state;
    if (time <= last) return null;
    state.last = time;
    if (doubt === null) return null;
    state.doubt = null;
    return time - last < LEAST_GAP_MS ? null : { node, from: last, to: time, reason: doubt };
  }
}
