import type { Gap } from "#model/coverage.ts";
import type { Finding } from "#model/finding.ts";
import type { FlowEvent } from "#model/flow.ts";
import { createFold, type Fold } from "#traffic/fold.ts";
import { Continuity, type Reconnection } from "./continuity.ts";
import { LineSplitter } from "./event-text.ts";
import { EventKeeper } from "./event-keeper.ts";
import { KeptEvents } from "./kept-events.ts";
import { RecorderCounts } from "./recorder-counts.ts";
import type { ObjectVersion, RetentionLimits, Store } from "./store.ts";
import { reasonOf } from "./store-errors.ts";

export type RecorderOptions = {
  /** What is not on disk yet is lost when the process is killed: at most so many seconds of it. */
  readonly flushSeconds: number;
  readonly retention: RetentionLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Times at which objects are known to have changed (see FoldOptions). */
  readonly changes?: readonly number[];
  /** Told once each: the store cannot be written, it can again. */
  readonly say: (finding: Finding) => void;
  /** True when the store held something before: connections without their SYN may have begun there. */
  readonly isContinuation: boolean;
  /** Kept events that may wait to be written. */
  readonly mostEvents?: number;
};

const HOUR_MS = 3_600_000;
/** Kept events that wait to be written; a flush is due at half of it. */
const MOST_EVENTS = 100_000;
const SAMPLE_EVERY = 1000;
/** So many events in a row of another hour begin a segment: a single node's wrong clock does not. */
const HOUR_TURNS = 64;
/** Hours that may wait while the store cannot be written. */
const MOST_WAITING = 6;
const MOST_GAPS = 5000;

/** Versions of objects that may wait while the store cannot be written. */
const MOST_OBJECTS = 200_000;
/** What an hour must know of changes before it: they may still settle. */
const SETTLING_MS = 10_000;

/** An hour that is being recorded. */
type Hour = { readonly hour: number; readonly fold: Fold; events: KeptEvents; gaps: Gap[] };

/** Upstream: relay.NodeState. */
const CONNECTED = "NODE_CONNECTED";

const decoder = new TextDecoder();

/**
 * Takes events, forever, into a store: an hour at a time is folded in memory, and with the events worth keeping written
 * every `flushSeconds`. Memory is bounded by the bounds of a fold and of the events that wait. While the store cannot be
 * written the recorder goes on and keeps what has room; what has none is counted.
 */
export class Recorder {
  readonly counts = new RecorderCounts();
  private readonly store: Store;
  private readonly options: RecorderOptions;
  private readonly continuity: Continuity;
  private readonly mostEvents: number;
  private readonly splitter = new LineSplitter();
  private readonly keeper = new EventKeeper(SAMPLE_EVERY);
  private hour: Hour | null = null;
  private readonly waiting: Hour[] = [];
  private objects: ObjectVersion[] = [];
  /** When policies changed, lately. */
  private lastChanges: number[] = [];
  private strays = 0;
  private lastTime = 0;
  private flushedAt: number;
  private flushing: Promise<void> = Promise.resolve();
  private trouble: string | null = null;
  private readonly saidBefore: Finding[] = [];
  /** Before the first event: of no hour yet. */
  private readonly skippedBefore = new Map<string, number>();

  constructor(store: Store, continuity: Continuity, options: RecorderOptions) {
    this.store = store;
    this.continuity = continuity;
    this.options = options;
    this.mostEvents = options.mostEvents ?? MOST_EVENTS;
    this.flushedAt = options.now();
  }

  /** Opens a recorder over what the store already holds. */
  static async open(store: Store, options: Omit<RecorderOptions, "isContinuation">): Promise<Recorder> {
    const history = await store.history();
    return new Recorder(store, new Continuity(history), { ...options, isContinuation: history.ranges.size > 0 });
  }

  /** One event, with the text it came as: `bytes[start, end)`, read before this returns. `source`: who told it. */
  add(event: FlowEvent, bytes: Uint8Array, start: number, end: number, source: string | null = null): void {
    const time = event.time ?? this.lastTime;
    this.counts.note(event);
    if (event.kind === "flow" && this.continuity.isRecorded(event.node, time, source)) {
      this.skip("already-recorded");
      return;
    }
    const hour = this.hourAt(time);
    this.lastTime = time;
    if (event.kind === "flow") this.noteGap(hour, this.continuity.note(event.node, time, source));
    else if (event.kind === "node-status" && event.state === CONNECTED) this.nodesReturned(event.nodes, source);
    hour.fold.add(event);
    const look = this.keeper.lookOf(event);
    if (look === null) return;
    const { dropped } = hour.events;
    const line = () => decoder.decode(bytes.subarray(start, end));
    hour.events.add(this.splitter.split(bytes, start, end), line, look, time);
    this.counts.noteKept(hour.events.dropped === dropped);
  }

  /** Relay asks a node that has come back for all that it asked for at first. */
  private nodesReturned(nodes: readonly string[], source: string | null): void {
    for (const node of nodes) this.continuity.repeats(node, source);
  }

  private noteGap(hour: Hour, gap: Gap | null): void {
    if (gap === null) return;
    this.counts.gaps++;
    if (hour.gaps.length < MOST_GAPS) hour.gaps.push(gap);
  }

  /** A line that holds no event: why. */
  skip(reason: string, lines = 1): void {
    this.counts.noteSkipped(reason, lines);
    if (this.hour !== null) this.hour.fold.skip(reason, lines);
    else this.skippedBefore.set(reason, (this.skippedBefore.get(reason) ?? 0) + lines);
  }

  /** Something to say of the recording. */
  say(finding: Finding): void {
    this.saidBefore.push(finding);
    this.hour?.fold.say(finding);
  }

  /** Something to say of the recording and to who runs it, unless it was said before. */
  sayOnce(finding: Finding): void {
    if (this.saidBefore.some(({ message }) => message === finding.message)) return;
    this.say(finding);
    this.options.say(finding);
  }

  /** An event of this node came again after a reconnect: the source left it out as known. */
  again(node: string): void {
    this.continuity.again(node);
  }

  /** Versions of objects; `arePolicies`: with them the epochs of all nodes end. */
  addObjects(versions: readonly ObjectVersion[], arePolicies: boolean): void {
    const room = Math.max(0, MOST_OBJECTS - this.objects.length);
    for (const version of versions.slice(0, room)) this.objects.push(version);
    this.counts.noteObjects(Math.min(room, versions.length), Math.max(0, versions.length - room));
    if (!arePolicies) return;
    const begin = (this.hour?.hour ?? 0) * HOUR_MS;
    for (const time of new Set(versions.map((one) => one.time).filter((one) => one >= begin))) {
      this.hour?.fold.changed(time);
      this.lastChanges = [...this.lastChanges.filter((one) => one > time - SETTLING_MS), time];
    }
  }

  /** A source was connected anew; the reason is the gap's where events do not go on. */
  reconnected(connection?: Reconnection): void {
    this.counts.reconnects++;
    this.continuity.reconnected("the connection was lost, and the ring has wrapped since", connection);
  }

  /** From when on a source is to be asked; null: for all that it holds. */
  resumeTime(): number | null {
    return this.continuity.resumeTime(this.options.now());
  }

  private hourAt(time: number): Hour {
    const { hour } = this;
    const found = Math.floor(time / HOUR_MS);
    if (hour === null) return this.begin(time);
    if (hour.hour === found) this.strays = 0;
    else if (++this.strays >= HOUR_TURNS || time === 0) {
      this.strays = 0;
      this.waiting.push(hour);
      return this.begin(time);
    }
    return hour;
  }

  private begin(time: number): Hour {
    const { isContinuation, changes = [] } = this.options;
    const isFirst = this.hour === null;
    const fold = createFold({
      isContinuation: isContinuation || !isFirst,
      changes: [...changes, ...this.lastChanges.filter((one) => one > time - SETTLING_MS)],
    });
    if (isFirst) {
      for (const finding of this.saidBefore) fold.say(finding);
      for (const [reason, lines] of this.skippedBefore) fold.skip(reason, lines);
    }
    this.keeper.begin();
    this.hour = { hour: Math.floor(time / HOUR_MS), fold, events: new KeptEvents(this.mostEvents), gaps: [] };
    return this.hour;
  }

  /** Whether it is time to write. */
  get isDue(): boolean {
    const isLate = this.options.now() - this.flushedAt >= this.options.flushSeconds * 1000;
    if (this.trouble !== null) return isLate;
    return isLate || this.waiting.length > 0 || (this.hour?.events.size ?? 0) >= this.mostEvents / 2;
  }

  /** Whether events that wait leave so little room that who brings more should wait; not while they cannot be written. */
  get isFull(): boolean {
    const waiting = this.waiting.length > MOST_WAITING / 2;
    return this.trouble === null && (waiting || (this.hour?.events.size ?? 0) >= this.mostEvents * 0.8);
  }

  async flushIfDue(): Promise<void> {
    if (this.isDue) await this.flush();
  }

  /** Writes all that was taken so far. One at a time; resolves when it is on disk, or the trouble was said. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.write(false));
    return this.flushing;
  }

  private async write(isLast: boolean): Promise<void> {
    this.flushedAt = this.options.now();
    try {
      await this.writeObjects();
      for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
        await this.append(first, true);
        this.waiting.shift();
      }
      if (this.hour !== null) await this.append(this.hour, isLast);
      await this.store.retain(this.options.retention, this.options.now());
      this.noteWritten();
    } catch (cause) {
      this.noteTrouble(cause);
    }
    await this.noteStore();
  }

  private async writeObjects(): Promise<void> {
    const { objects } = this;
    if (objects.length === 0 || this.store.objects === undefined) return;
    this.objects = [];
    try {
      await this.store.objects.append(objects);
    } catch (cause) {
      this.objects = [...objects, ...this.objects];
      throw cause;
    }
  }

  /** What comes while the hour is written goes into the next part. */
  private async append(hour: Hour, isFinal: boolean): Promise<void> {
    const { events } = hour;
    const gaps = [...hour.gaps];
    const room = new KeptEvents(this.mostEvents, events);
    const part = { hour: hour.hour, isFinal, gaps, state: hour.fold.state(), events };
    hour.events = room;
    try {
      await this.store.append({ ...part, writtenAt: this.options.now() });
    } catch (cause) {
      hour.events = events.join(room);
      throw cause;
    }
  }

  private noteWritten(): void {
    this.counts.writtenAt = this.options.now();
    if (this.trouble === null) return;
    this.trouble = null;
    this.options.say({ id: "store-writable", severity: "info", message: "the store can be written again" });
  }

  /** The disk's trouble is said once; anything else is ours and thrown. */
  private noteTrouble(cause: unknown): void {
    const reason = reasonOf(cause);
    if (reason === null) throw cause;
    this.counts.failures++;
    while (this.waiting.length > MOST_WAITING) this.giveUp(this.waiting.shift());
    if (this.trouble === reason.code) return;
    this.trouble = reason.code;
    this.options.say({
      id: reason.code,
      severity: "error",
      message: `${reason.message}: recording goes on in memory, and what has no room there is counted as lost`,
      help: reason.help,
    });
  }

  private giveUp(hour: Hour | undefined): void {
    if (hour === undefined) return;
    const { nodes } = hour.fold.state();
    for (const { name, first, last } of nodes) {
      const gap = { node: name, from: first, to: last, reason: "the store could not be written" };
      if (this.hour !== null && Number.isFinite(first)) this.noteGap(this.hour, gap);
    }
  }

  private async noteStore(): Promise<void> {
    const segments = await this.store.segments();
    this.counts.segments = segments.length;
    this.counts.bytes = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** True while the last write went well. */
  get isHealthy(): boolean {
    return this.trouble === null;
  }

  /** Writes what is left and ends the hour. */
  async close(): Promise<void> {
    this.flushing = this.flushing.then(() => this.write(true));
    await this.flushing;
  }
}
