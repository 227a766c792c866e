import { compareMoments, type Moment } from "#hubble/go-time.ts";
import { EVERY_FLOW } from "#hubble/observe-request.ts";
import type { AskedFlows } from "#hubble/wire/flows-request.ts";
import type { ResponseHead } from "#hubble/wire/response-head.ts";

/** So many of the last flows are known again. At 40,000 flows a second they reach over the overlap. */
const KEPT = 1 << 17;
/** Flows of several nodes come in an order that is right within some seconds only. Upstream: relay SortBufferDrainTimeout. */
const OVERLAP_SECONDS = 3;

/** What a flow is to a stream that was begun again. */
export type Repetition = "new" | "again" | "surplus";

/**
 * Where a stream of flows stands, so that it can go on after its connection broke: what is asked again reaches back a
 * little, and flows that were there before are left out by their identity.
 */
export class RelayResume {
  private readonly asked: AskedFlows;
  private readonly startedAt: Moment;
  private readonly highs = new Int32Array(KEPT);
  private readonly lows = new Int32Array(KEPT);
  private count = 0;
  private last: Moment | null = null;
  /** Flows handed out by node, where a number was asked for: a server gives so many of each of its nodes. */
  private readonly given = new Map<number, number>();
  private readonly limit: number;
  /** Of the connection at hand: flows up to here may have been there before. */
  private repeatedUntil: Moment | null = null;
  private isResumed = false;
  private known = new Set<string>();
  private again = 0;

  constructor(asked: AskedFlows, startedAt: Moment) {
    this.asked = asked;
    this.startedAt = startedAt;
    const isBounded = asked.number !== 0n && asked.number !== EVERY_FLOW && !asked.isFollow;
    this.limit = isBounded ? Number(asked.number) : Number.POSITIVE_INFINITY;
  }

  /** Whether it is known where to go on: a flow with a time has come. */
  canResume(): boolean {
    return this.last !== null;
  }

  /** The time of the last flow. */
  lastTime(): Moment | null {
    return this.last;
  }

  /** Begins again: what to ask for now. */
  resume(): AskedFlows {
    const { asked, last } = this;
    this.again = 0;
    this.known = new Set();
    for (let index = Math.max(0, this.count - KEPT); index < this.count; index++) {
      this.known.add(`${this.highs[index % KEPT]} ${this.lows[index % KEPT]}`);
    }
    this.repeatedUntil = last;
    this.isResumed = true;
    if (last === null) return asked;
    const since = { seconds: last.seconds - OVERLAP_SECONDS, nanos: last.nanos };
    const from = asked.since !== null && compareMoments(asked.since, since) > 0 ? asked.since : since;
    const until = asked.isFollow ? null : (asked.until ?? this.startedAt);
    return { ...asked, number: 0n, isFirst: false, since: from, until };
  }

  /**
   * Takes a flow that has come. `again`: it was there before the connection broke. `surplus`: more than were asked for.
   */
  take(head: ResponseHead): Repetition {
    if (this.repeatedUntil !== null && this.isRepeated(head)) return "again";
    if (this.limit !== Number.POSITIVE_INFINITY && !this.isWithin(head.node())) return "surplus";
    this.highs[this.count % KEPT] = head.high;
    this.lows[this.count % KEPT] = head.low;
    this.count++;
    if (!Number.isNaN(head.seconds) && this.isLater(head)) this.last = { seconds: head.seconds, nanos: head.nanos };
    return "new";
  }

  /** Whether flows came again after the connection broke. If none did, some may be missing in between. */
  isContinuous(): boolean {
    return this.again > 0;
  }

  /** True once flows come that are later than all before the break: then `isContinuous` is settled. */
  isPastBreak(): boolean {
    return this.repeatedUntil !== null && this.last !== null && compareMoments(this.last, this.repeatedUntil) > 0;
  }

  /** Nothing of before the break comes any more. */
  settle(): void {
    this.repeatedUntil = null;
    this.known.clear();
  }

  private isRepeated({ high, low }: ResponseHead): boolean {
    if (!this.known.delete(`${high} ${low}`)) return false;
    this.again++;
    return true;
  }

  private isLater({ seconds, nanos }: ResponseHead): boolean {
    const { last } = this;
    return last === null || seconds > last.seconds || (seconds === last.seconds && nanos > last.nanos);
  }

  private isWithin(node: number): boolean {
    const given = this.given.get(node) ?? 0;
    if (this.isResumed && given >= this.limit) return false;
    this.given.set(node, given + 1);
    return true;
  }
}
