import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Finding, UserError } from "#model/finding.ts";
import { createFold, type Fold, type FoldOptions } from "#traffic/fold.ts";
import { byDay, findRollup, removeRollups, writeRollup } from "./day-rollup.ts";
import { Database } from "./duckdb.ts";
import { mergeEvents, type EventStream, type StoredEvent } from "./merge-events.ts";
import { bytesOf, currentSegments, FORMAT, type Manifest, stateSegments } from "./manifest.ts";
import { lastObjectRun, ParquetObjectLog } from "./object-log.ts";
import { beyondLimits } from "./retention.ts";
import { eventGroups, timesOf } from "./event-groups.ts";
import { type EventGroup, readConversations, readEvents, readNamespaces, readState } from "./segment-reader.ts";
import { compactParts, preparePart, readStateFile, type Writing, writePart } from "./segment-writer.ts";
import type { StateRest } from "./state-rows.ts";
import {
  ALL_TIME,
  type EventFilter,
  type ObjectLog,
  type RetentionLimits,
  type SegmentInfo,
  type Store,
  type StoreCoverage,
  type StoredConversation,
  type StoredEpoch,
  type StoredNamespace,
  type StoreHistory,
  type StorePart,
  type StoreWindow,
} from "./store.ts";
import { damagedFinding, StoreDirectory } from "./store-directory.ts";
import { isGone, reasonOf, storeError } from "./store-errors.ts";
import { lockStore, type StoreLock } from "./store-lock.ts";
import { coverageOf, epochsOf, type ToldSegment } from "./told-coverage.ts";

export type StoreOptions = {
  /** Bound on what DuckDB takes for itself. */
  readonly memoryMegabytes?: number;
  readonly threads?: number;
  /** How long readers may have segments that were joined into one. */
  readonly graceMs?: number;
};

/** DuckDB's word for its own bound. */
const OUT_OF_MEMORY = /Out of Memory/i;
/** Long enough to read an hour's events to a slow terminal. */
const GRACE_MS = 600_000;
const MEMORY_MEGABYTES = 256;
/** A writer has time, and other work to do. */
const WRITER: Required<Omit<StoreOptions, "graceMs">> = { memoryMegabytes: 128, threads: 1 };
const THREADS = 2;
/** From so many segments on stretches of time are read coarsely: what is asked of weeks is not which second. */
const COARSE_SEGMENTS = 48;
/** What is taken away while it is read is looked for again so often. */
const MOST_READINGS = 3;

function joinedName(last: string): string {
  return `${last}-all`;
}

/** A reader writes nothing into the store. */
function overflowOf(folder: string): string {
  return join(folder, `ringfence-${process.pid}`);
}

/** `lock` null: a reader. */
type WriterParts = { readonly lock: StoreLock | null; readonly run: number; readonly graceMs: number };

/** A store of Parquet segments in a directory. Opened by `openStore` (to read) and `createStore` (to write). */
class ParquetStore implements Store {
  readonly objects: ObjectLog;
  private readonly at: Writing;
  private readonly lock: StoreLock | null;
  private readonly said: Finding[] = [];
  private readonly run: number;
  private sequence = 0;
  /** Segments of this run whose hour goes on. */
  private open: Manifest[] = [];
  /** Segments of which another holds everything, and until when readers may have them. */
  private joined: { readonly name: string; readonly until: number }[] = [];
  private readonly graceMs: number;

  constructor(at: Writing, { lock, run, graceMs }: WriterParts) {
    this.at = at;
    this.lock = lock;
    this.run = run;
    this.graceMs = graceMs;
    this.objects = new ParquetObjectLog(at.database, at.directory.path, run);
  }

  findings(): readonly Finding[] {
    return this.said;
  }

  say(finding: Finding): void {
    const isSaid = this.said.some(({ id, message }) => id === finding.id && message === finding.message);
    if (!isSaid) this.said.push(finding);
  }

  async append(part: StorePart): Promise<void> {
    if (this.lock === null) throw new Error("this store was opened to be read");
    const prepared = preparePart(part);
    const [first] = this.open;
    if (first !== undefined && first.hour !== part.hour) {
      await this.compactOpen();
      await this.rollDays(1);
    }
    const name = this.nextName(part.hour);
    const supersedes = this.open.map((one) => one.name);
    const segment = { ...name, run: this.run, supersedes };
    this.open.push(await writePart(this.at, segment, prepared));
    if (part.isFinal) await this.compactOpen();
    this.removeJoined(performance.now());
  }

  private nextName(hour: number): { readonly name: string; readonly sequence: number } {
    this.sequence += 2;
    const time = new Date(hour * 3_600_000).toISOString().slice(0, 13);
    const sequence = this.sequence;
    return { name: `${time}-r${this.run}-${String(sequence).padStart(6, "0")}`, sequence };
  }

  private async compactOpen(): Promise<void> {
    const { open } = this;
    this.open = [];
    try {
      await this.compact(open);
    } catch (cause) {
      // What the parts hold is safe: that they are not one must not make anybody write it again.
      const reason = reasonOf(cause)?.message ?? (OUT_OF_MEMORY.test(String(cause)) ? "memory is short" : null);
      if (reason === null) throw cause;
      for (const { name } of open.slice(-1)) this.at.directory.discard(joinedName(name));
      this.say({
        id: "store-parts",
        severity: "info",
        message: `the parts of an hour were not joined into one (${reason}): they are read one by one`,
      });
    }
  }

  /** One segment of an hour's parts. They are passed over from then on, and removed when nobody reads them any more. */
  async compact(parts: readonly Manifest[]): Promise<void> {
    const last = parts.at(-1);
    if (last === undefined || (parts.length === 1 && last.isFinal)) return;
    await compactParts(this.at, parts, joinedName(last.name));
    const until = performance.now() + this.graceMs;
    for (const { name } of parts) this.joined.push({ name, until });
    this.removeJoined(performance.now());
  }

  private removeJoined(now: number): void {
    const over = this.joined.filter(({ until }) => until <= now);
    this.joined = this.joined.filter(({ until }) => until > now);
    for (const { name } of over) this.at.directory.remove(name);
  }

  private current({ from, to }: StoreWindow): readonly Manifest[] {
    const { manifests, damaged } = this.at.directory.list();
    for (const one of damaged) this.say(damagedFinding(one, this.at.directory.path, false));
    return currentSegments(manifests).filter(
      (segment) =>
        (from === null || segment.to === null || segment.to >= from) &&
        (to === null || segment.from === null || segment.from <= to),
    );
  }

  async segments(window: StoreWindow = ALL_TIME): Promise<readonly SegmentInfo[]> {
    return this.current(window).map((segment) => {
      const { name, hour, run, isFinal, from, to, flows, conversations, events } = segment;
      return { name, hour, run, isFinal, from, to, flows, conversations, events, bytes: bytesOf(segment) };
    });
  }

  conversations(window: StoreWindow = ALL_TIME): Promise<readonly StoredConversation[]> {
    return this.reading(async () => {
      const { rolled, others } = this.rolledDays(window);
      return await readConversations(this.at, stateSegments(others), rolled);
    });
  }

  /** Of a window: the days that stand in one file, and the segments of the others. */
  private rolledDays(window: StoreWindow): {
    readonly rolled: readonly string[];
    readonly others: readonly Manifest[];
  } {
    const all = byDay(this.current(ALL_TIME));
    const rolled: string[] = [];
    const others: Manifest[] = [];
    for (const [day, segments] of byDay(this.current(window))) {
      const isWhole = segments.length === all.get(day)?.length;
      const file = isWhole ? findRollup(this.at.directory.path, segments) : null;
      if (file === null) others.push(...segments);
      else rolled.push(file);
    }
    return { rolled, others };
  }

  /** Makes files of days that are over, at most so many. */
  private async rollDays(most: number): Promise<void> {
    const days = byDay(this.current(ALL_TIME));
    const newest = Math.max(...days.keys());
    const over = [...days].filter(([day, segments]) => day < newest && segments.length > 1);
    removeRollups(this.at.directory.path, new Map(over));
    const missing = over.filter(([, segments]) => findRollup(this.at.directory.path, segments) === null);
    for (const [, segments] of missing.slice(0, most)) await writeRollup(this.at, segments);
  }

  fold(window: StoreWindow = ALL_TIME, options: FoldOptions = {}): Promise<Fold> {
    return this.reading(async () => {
      const segments = stateSegments(this.current(window));
      const fold = createFold(options);
      for (const segment of segments) {
        fold.merge(await readState(this.at, segment, segments.length > COARSE_SEGMENTS));
      }
      for (const finding of this.said) fold.say(finding);
      return fold;
    });
  }

  async *events(filter: EventFilter): AsyncGenerator<string> {
    const groups = eventGroups(this.current(filter), filter);
    const { order = "arrival" } = filter;
    if (order === "arrival") {
      for (const group of groups.flat()) for await (const { line } of this.eventsOf([group], filter)) yield line;
      return;
    }
    const streams = groups.map((group): EventStream => {
      const segments = group.map(({ segment }) => segment);
      const { hour } = segments[0] ?? { hour: 0 };
      return { hour, ...timesOf(segments), open: () => this.eventsOf(group, filter) };
    });
    for await (const { line } of mergeEvents(streams, order)) yield line;
  }

  /** What the writer has joined before it was read is read in its new place; what was too old to keep is gone. */
  private async *eventsOf(group: EventGroup, filter: EventFilter): AsyncGenerator<StoredEvent> {
    let hasBegun = false;
    for (let sought = group, attempt = 0; sought.length > 0; attempt++) {
      try {
        for await (const event of readEvents(this.at, sought, filter)) {
          hasBegun = true;
          yield event;
        }
        return;
      } catch (cause) {
        if (!isGone(cause)) throw cause;
        if (hasBegun || attempt >= MOST_READINGS || filter.upTo === undefined) throw this.changed(group, cause);
        const names = new Set(group.map(({ segment }) => segment.name));
        const joined = this.current(filter).filter(
          ({ name, replaces }) => names.has(name) || replaces.some((part) => names.has(part)),
        );
        sought = eventGroups(joined, filter).flat();
      }
    }
  }

  private changed(group: EventGroup, cause: unknown): UserError {
    const names = group.map(({ segment }) => segment.name).join(", ");
    return new UserError("store-changed", `segment ${names} was taken away while it was to be read`, {
      help: "read again: the recorder has joined it with others, or it was too old to keep",
      place: { file: this.at.directory.path },
      cause,
    });
  }

  private states(window: StoreWindow): readonly { readonly manifest: Manifest; readonly rest: StateRest }[] {
    return stateSegments(this.current(window)).map((manifest) => {
      const rest: StateRest = JSON.parse(readStateFile(this.at.directory, manifest.name));
      return { manifest, rest };
    });
  }

  private told(window: StoreWindow): readonly ToldSegment[] {
    return this.states(window).map(({ manifest, rest }) => ({ rest, gaps: manifest.gaps }));
  }

  coverage(window: StoreWindow = ALL_TIME): Promise<StoreCoverage> {
    return this.reading(async () => coverageOf(this.told(window), this.said));
  }

  namespaces(window: StoreWindow = ALL_TIME): Promise<readonly StoredNamespace[]> {
    return this.reading(() => readNamespaces(this.at, stateSegments(this.current(window))));
  }

  epochs(window: StoreWindow = ALL_TIME): Promise<readonly StoredEpoch[]> {
    return this.reading(async () => epochsOf(this.told(window)));
  }

  async retain(limits: RetentionLimits, now: number): Promise<readonly string[]> {
    const closed = this.current(ALL_TIME).filter(({ name }) => !this.open.some((one) => one.name === name));
    const gone = beyondLimits(closed, limits, now);
    for (const { name } of gone) this.at.directory.remove(name);
    const left = closed.filter((segment) => !gone.includes(segment));
    const begins = left.reduce((least, { from }) => Math.min(least, from ?? least), Number.POSITIVE_INFINITY);
    if (gone.length > 0 && Number.isFinite(begins)) await this.objects.retain(begins);
    return gone.map(({ name }) => name);
  }

  async history(): Promise<StoreHistory> {
    const ranges = new Map<string, (readonly [number, number])[]>();
    const earlier = stateSegments(this.current(ALL_TIME)).filter(({ run }) => run < this.run);
    for (const { nodes } of earlier) {
      for (const { name, from, to } of nodes) ranges.set(name, [...(ranges.get(name) ?? []), [from, to]]);
    }
    return { ranges, endedCleanly: earlier.every(({ isFinal }) => isFinal) };
  }

  async close(): Promise<void> {
    try {
      if (this.lock === null) return;
      await this.compactOpen();
      this.removeJoined(Number.POSITIVE_INFINITY);
      await this.rollDays(Number.POSITIVE_INFINITY);
    } finally {
      this.at.database.close();
      this.lock?.release();
    }
  }

  /** What the writer replaces while it is read is read again in its new place. */
  private async reading<T>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await read();
      } catch (cause) {
        if (attempt >= MOST_READINGS || !isGone(cause)) throw cause;
      }
    }
  }
}

async function databaseOf({ memoryMegabytes, threads }: StoreOptions, overflow: string): Promise<Database> {
  return Database.open({ memoryMegabytes: memoryMegabytes ?? MEMORY_MEGABYTES, threads: threads ?? THREADS, overflow });
}

/** Opens a store to read it, also while another process writes it. Throws a UserError where there is none. */
export async function openStore(path: string, options: StoreOptions = {}): Promise<Store> {
  const directory = new StoreDirectory(path);
  refuseOther(directory);
  const reader = { lock: null, run: Number.POSITIVE_INFINITY, graceMs: 0 };
  return new ParquetStore({ database: await databaseOf(options, overflowOf(tmpdir())), directory }, reader);
}

function refuseOther(directory: StoreDirectory): void {
  const place = { file: directory.path };
  const format = directory.format();
  if (format === null) {
    throw new UserError("no-store", "no store lies here", {
      help: "name the directory that ringfence record --to wrote",
      place,
    });
  }
  if (format !== FORMAT) {
    throw new UserError("store-format", `the store has format ${format}; this version reads ${FORMAT}`, {
      help: "use the version of ringfence that wrote it",
      place,
    });
  }
}

/**
 * Opens a store to write it, making it where there is none; what a writer that died left behind is put in order, and what
 * is damaged set aside. Throws a UserError when another process writes it, or the directory cannot be written.
 */
export async function createStore(path: string, options: StoreOptions = {}): Promise<Store> {
  const directory = new StoreDirectory(path);
  try {
    makeDirectory(path);
    directory.create();
  } catch (cause) {
    throw storeError(cause, path);
  }
  refuseOther(directory);
  const lock = await lockStore(path);
  try {
    directory.clean();
    const { manifests, damaged } = directory.list(true);
    for (const { name } of damaged) directory.setAside(name);
    const runs = manifests.map(({ run }) => run);
    const run = Math.max(lastObjectRun(path), ...runs) + 1;
    const database = await databaseOf({ ...WRITER, ...options }, directory.overflow());
    const store = new ParquetStore({ database, directory }, { lock, run, graceMs: options.graceMs ?? GRACE_MS });
    for (const one of damaged) store.say(damagedFinding(one, path, true));
    for (const name of replacedOf(manifests)) directory.remove(name);
    return store;
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

/** Where a directory cannot be made, `mkdir` may only say that it is not there: its parents tell why. */
function makeDirectory(path: string): void {
  let existing = resolve(path);
  while (!existsSync(existing)) existing = dirname(existing);
  accessSync(existing, constants.W_OK);
  mkdirSync(path, { recursive: true });
}

/** Those of which others hold everything: their writer died before it removed them. */
function replacedOf(manifests: readonly Manifest[]): readonly string[] {
  const replaced = new Set(manifests.flatMap(({ replaces }) => replaces));
  return manifests.map(({ name }) => name).filter((name) => replaced.has(name));
}
