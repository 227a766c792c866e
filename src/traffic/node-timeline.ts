import type { AgentEvent } from "#model/flow.ts";

/** Why one set of policies may have given way to another. */
export type CutCause = "revision" | "policy-updated" | "agent-started" | "agent-version" | "object-changed";

/** A moment between `from` and `to` at which that happened. */
export type Cut = {
  readonly from: number;
  readonly to: number;
  readonly cause: CutCause;
  readonly revision: number | null;
};

/** A run of policy verdicts that named the same revision. */
export type RevisionRun = { readonly revision: number; readonly first: number; last: number; count: number };

/** Plain data: what a node's events tell of its time. */
export type NodeRecord = {
  readonly name: string;
  flows: number;
  first: number;
  last: number;
  readonly versions: string[];
  readonly runs: RevisionRun[];
  readonly cuts: Cut[];
  readonly gaps: { readonly from: number; readonly to: number; readonly reason: string }[];
  /** Last AUDIT and first and last refusal among policy verdicts, 0 when none. */
  lastAudit: number;
  firstRefusal: number;
  lastRefusal: number;
  cutsDropped: number;
  /** How often a revision came again after another: often means that endpoints name different ones all the time. */
  switchBacks: number;
};

/** After a change endpoints are made anew one by one: 0.2 to 1.2 s were seen (lab 5.4). */
export const SETTLING_MS = 2000;
/** An endpoint that is late may still name the revision before, this long after the change. */
const STRAGGLER_MS = 5000;
/** An agent that begins anew as often as this in one recording is unlikely. */
export const MOST_SWITCH_BACKS = 3;
const MAX_CUTS = 1000;
const MAX_VERSIONS = 8;
const SILENCE_MS = 120_000;
const SILENCE_RATIO = 20;
const MAX_GAPS = 1000;

export function newNodeRecord(name: string): NodeRecord {
  return {
    name,
    flows: 0,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    versions: [],
    runs: [],
    cuts: [],
    gaps: [],
    lastAudit: 0,
    firstRefusal: 0,
    lastRefusal: 0,
    cutsDropped: 0,
    switchBacks: 0,
  };
}

/**
 * One node's time while it is folded: what was heard when, and in which phase of its policies. A phase ends with a
 * change that is known by then, and again when the change has settled, so that no stretch of time that is kept for later
 * (see Slots) holds verdicts of two sets of policies.
 */
export class NodeTimeline {
  readonly record: NodeRecord;
  readonly index: number;
  phase = 0;
  private settlesAt = Number.NEGATIVE_INFINITY;
  private nextChange = 0;
  /** Times of changes that are known, ascending; those from `nextChange` on are still to come. */
  private readonly changes: number[];

  /** `changes`: times at which objects are known to have changed, ascending. */
  constructor(name: string, index: number, changes: readonly number[]) {
    this.record = newNodeRecord(name);
    this.index = index;
    this.changes = [...changes];
  }

  /** A flow at this time; returns the phase it belongs to. */
  noteFlow(time: number, count: number): number {
    const { record } = this;
    record.flows += count;
    if (time > record.last) {
      if (time - record.last > SILENCE_MS) this.noteSilence(time);
      record.last = time;
      this.advance(time);
    }
    if (time < record.first) record.first = time;
    return this.phase;
  }

  private noteSilence(time: number): void {
    const { record } = this;
    const mean = (record.last - record.first) / Math.max(1, record.flows);
    const isLong = time - record.last > mean * SILENCE_RATIO;
    if (!isLong || record.flows < 2 || record.gaps.length >= MAX_GAPS) return;
    record.gaps.push({ from: record.last, to: time, reason: "silent" });
  }

  private advance(time: number): void {
    const change = this.changes[this.nextChange];
    if (change !== undefined && time >= change) {
      this.nextChange++;
      this.beginSettling(change);
      this.advance(time);
    } else if (time >= this.settlesAt) {
      this.settlesAt = Number.POSITIVE_INFINITY;
      this.phase++;
    }
  }

  private beginSettling(time: number): void {
    this.phase++;
    // An object's time is cut to the second: the change itself may come up to one later.
    this.settlesAt = time + SETTLING_MS + 1000;
  }

  noteAgentEvent(event: AgentEvent, time: number): void {
    const cause = causeOf(event.type);
    if (cause === null) return;
    const { record } = this;
    if (
      cause === "agent-started" &&
      Number.isFinite(record.last) &&
      time > record.last &&
      record.gaps.length < MAX_GAPS
    ) {
      record.gaps.push({ from: record.last, to: time, reason: "the agent was started" });
    }
    this.cut({ from: time, to: time, cause, revision: event.revision });
  }

  /** The agent's version at the last flow, "" when no flow told it. */
  version = "";

  noteVersion(version: string, time: number): void {
    const { versions } = this.record;
    this.version = version;
    if (versions.at(-1) === version || versions.length >= MAX_VERSIONS) return;
    if (versions.length > 0) this.cut({ from: this.record.last, to: time, cause: "agent-version", revision: null });
    versions.push(version);
  }

  /**
   * A policy verdict named this revision of the agent's policy repository. It rises with every change; when it has fallen
   * for good, the agent began anew (trap 52). Late endpoints name an older one for a moment; where endpoints keep naming
   * different ones, revisions tell no changes.
   */
  noteRevision(revision: number, time: number): void {
    const { record } = this;
    const current = record.runs.at(-1);
    if (current === undefined) {
      record.runs.push({ revision, first: time, last: time, count: 1 });
      return;
    }
    if (revision === current.revision) {
      current.last = Math.max(current.last, time);
      current.count++;
      return;
    }
    if (record.switchBacks > MOST_SWITCH_BACKS) return;
    const isOlder = revision < current.revision;
    if (isOlder && time - current.first < STRAGGLER_MS) return;
    if (record.runs.some((run) => run.revision === revision)) record.switchBacks++;
    if (record.runs.length < MAX_CUTS) record.runs.push({ revision, first: time, last: time, count: 1 });
    this.cut({ from: current.last, to: time, cause: isOlder ? "agent-started" : "revision", revision });
  }

  noteVerdict(isAudit: boolean, time: number): void {
    const { record } = this;
    if (isAudit) record.lastAudit = Math.max(record.lastAudit, time);
    else {
      record.lastRefusal = Math.max(record.lastRefusal, time);
      record.firstRefusal = record.firstRefusal === 0 ? time : Math.min(record.firstRefusal, time);
    }
  }

  /** Objects that decide changed at this time. */
  noteChange(time: number): void {
    this.cut({ from: time, to: time, cause: "object-changed", revision: null });
  }

  private cut(cut: Cut): void {
    const { record } = this;
    if (record.cuts.length >= MAX_CUTS) {
      record.cutsDropped++;
      return;
    }
    record.cuts.push(cut);
    if (cut.to <= record.last) this.beginSettling(cut.to);
    else this.await(cut.to);
  }

  /** A change that the flows have not come to yet: agent events may be read before them. */
  private await(time: number): void {
    const { changes } = this;
    let at = changes.length;
    while (at > this.nextChange && (changes[at - 1] ?? 0) > time) at--;
    changes.splice(at, 0, time);
  }
}

function causeOf(type: string): CutCause | null {
  if (type === "POLICY_UPDATED") return "policy-updated";
  if (type === "POLICY_DELETED") return "policy-updated";
  return type === "AGENT_STARTED" ? "agent-started" : null;
}
