import type { Finding } from "#model/finding.ts";
import { createFold, type Fold, type FoldOptions } from "#traffic/fold.ts";
import { numberOf, textOf } from "../duckdb.ts";
import { eventRange } from "../event-range.ts";
import { type EventStream, mergeEvents } from "../merge-events.ts";
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
} from "../store.ts";
import { StoreFault } from "../store-fault.ts";
import { coverageOf, epochsOf, type ToldSegment } from "../told-coverage.ts";
import { type Environment, parseClickHouseUrl } from "./clickhouse-url.ts";
import { HttpConnection } from "./http-connection.ts";
import { Lease, type LeaseTimes } from "./lease.ts";
import { migrate, refuseOldServer, refuseOtherSchema } from "./migrations.ts";
import {
  batches,
  MissingRows,
  readCoverage,
  readEvents,
  readNamespaces,
  readStates,
  withEvents,
} from "./part-reader.ts";
import {
  dropOpen,
  dropReplaced,
  newSegment,
  type OpenSegment,
  preparePart,
  secondsOf,
  writePart,
} from "./part-writer.ts";
import { ClickHouseObjectLog } from "./object-log.ts";
import { limitDays, removeSegments, segmentsBeyond } from "./removal.ts";
import { nameIn, quoted, SEGMENTS } from "./schema.ts";
import { type HeardNode, listSegments, type SegmentManifest, touches } from "./segment-manifest.ts";
import { readServiceMap } from "./service-map.ts";
import { doubleRecordings } from "./double-recordings.ts";

/** From so many segments on stretches of time are read coarsely, as from files. */
const COARSE_SEGMENTS = 48;
/** What is replaced while it is read is listed and read again so often. */
const MOST_READINGS = 4;

/** A store in a ClickHouse. Opened by `openClickHouse` (to read) and `createClickHouse` (to write). */
class ClickHouseStore implements Store {
  readonly objects: ObjectLog;
  private readonly connection: HttpConnection;
  private readonly lease: Lease | null;
  private readonly said: Finding[] = [];
  private open: OpenSegment | null = null;
  private index = 0;
  /** What the writer knows to be there: it is asked for after every flush, also while the server is away. */
  private known: readonly SegmentInfo[] = [];
  private days: number | null = null;

  constructor(connection: HttpConnection, lease: Lease | null) {
    this.connection = connection;
    this.lease = lease;
    this.objects = new ClickHouseObjectLog(connection, lease?.run ?? 0);
  }

  findings(): readonly Finding[] {
    return this.said;
  }

  private say(finding: Finding): void {
    const isSaid = this.said.some(({ id, message }) => id === finding.id && message === finding.message);
    if (!isSaid) this.said.push(finding);
  }

  async append(part: StorePart): Promise<void> {
    if (this.lease === null) throw new Error("this store was opened to be read");
    const prepared = preparePart(part);
    await this.lease.confirm();
    const open = this.segmentFor(part.hour, this.lease.run);
    await writePart(this.connection, open, prepared, this.lease.run);
    await dropReplaced(this.connection, open);
    if (part.isFinal) this.open = null;
  }

  private segmentFor(hour: number, run: number): OpenSegment {
    if (this.open?.hour === hour) return this.open;
    const time = new Date(hour * 3_600_000).toISOString().slice(0, 13);
    const index = ++this.index;
    const name = `${time}-${this.connection.address.writer}-r${run}-${String(index).padStart(6, "0")}`;
    this.open = newSegment(name, hour, index);
    return this.open;
  }

  async segments(window: StoreWindow = ALL_TIME): Promise<readonly SegmentInfo[]> {
    try {
      const found = await this.list(window);
      const ratio = await this.diskRatio();
      this.known = found.map((segment) => infoOf(segment, ratio));
    } catch (cause) {
      if (this.lease === null || !(cause instanceof StoreFault)) throw cause;
    }
    return this.known;
  }

  /** Of a writer its own: what it says of sizes, and removes, is what it wrote. */
  private async list(window: StoreWindow): Promise<readonly SegmentManifest[]> {
    const all = await listSegments(this.connection);
    const own = this.lease === null ? all : all.filter(({ writer }) => writer === this.connection.address.writer);
    return own.filter((segment) => touches(window, segment));
  }

  /** Bytes on disk for a byte that was inserted. */
  private async diskRatio(): Promise<number> {
    const { database } = this.connection.address;
    const [ratios] = await this.connection.columns(
      `SELECT sum(bytes_on_disk) / greatest(sum(data_uncompressed_bytes), 1) AS ratio
       FROM system.parts WHERE active AND database = ${quoted(database)}`,
      [{ name: "ratio", wire: "Float64" }],
    );
    return Math.min(1, numberOf(ratios?.[0]) || 1);
  }

  conversations(window: StoreWindow = ALL_TIME): Promise<readonly StoredConversation[]> {
    return this.reading(async (all) => readServiceMap(this.connection, all, window));
  }

  fold(window: StoreWindow = ALL_TIME, options: FoldOptions = {}): Promise<Fold> {
    return this.reading(async (all) => {
      const segments = all.filter((segment) => touches(window, segment));
      const fold = createFold(options);
      for (const batch of batches(segments)) {
        const states = await readStates(this.connection, batch, segments.length > COARSE_SEGMENTS);
        for (const state of states) fold.merge(state);
      }
      for (const finding of [...this.said, ...doubleRecordings(await this.heard(segments))]) fold.say(finding);
      return fold;
    });
  }

  async *events(filter: EventFilter): AsyncGenerator<string> {
    const touched = (await listSegments(this.connection)).filter((segment) => touches(filter, segment));
    const segments = await withEvents(this.connection, touched, filter);
    const wanted = segments.filter(({ segment, events }) => {
      const { from, to } = eventRange({ name: segment, events }, filter);
      return from < to;
    });
    const { order = "arrival" } = filter;
    const open = (segment: SegmentManifest) => readEvents(this.connection, segment, filter);
    if (order === "arrival") {
      for (const segment of wanted) for await (const { line } of open(segment)) yield line;
      return;
    }
    const streams = wanted.map(
      (segment): EventStream => ({
        hour: segment.hour,
        from: segment.from,
        to: segment.to,
        open: () => open(segment),
      }),
    );
    for await (const { line } of mergeEvents(streams, order)) yield line;
  }

  namespaces(window: StoreWindow = ALL_TIME): Promise<readonly StoredNamespace[]> {
    return this.reading(async (all) => {
      const found = new Map<string, StoredNamespace>();
      for (const batch of batches(all.filter((segment) => touches(window, segment)))) {
        for (const one of await readNamespaces(this.connection, batch)) found.set(JSON.stringify(one), one);
      }
      return [...found.values()].sort(
        (a, b) => compareTexts(a.cluster, b.cluster) || compareTexts(a.namespace, b.namespace),
      );
    });
  }

  coverage(window: StoreWindow = ALL_TIME): Promise<StoreCoverage> {
    return this.reading(async (all) => {
      const segments = all.filter((segment) => touches(window, segment));
      const doubles = doubleRecordings(await this.heard(segments));
      return coverageOf(await this.told(segments), [...this.said, ...doubles]);
    });
  }

  epochs(window: StoreWindow = ALL_TIME): Promise<readonly StoredEpoch[]> {
    return this.reading(async (all) => epochsOf(await this.told(all.filter((segment) => touches(window, segment)))));
  }

  private async told(segments: readonly SegmentManifest[]): Promise<readonly ToldSegment[]> {
    const found: ToldSegment[] = [];
    for (const batch of batches(segments)) {
      const rests = await readCoverage(this.connection, batch);
      rests.forEach((rest, index) => found.push({ rest, gaps: batch[index]?.gaps ?? [] }));
    }
    return found;
  }

  /** The nodes that each segment heard, with its writer. */
  private async heard(segments: readonly SegmentManifest[]) {
    const hours = segments.map(({ hour }) => secondsOf(hour));
    const [first, last] = [
      hours.reduce((a, b) => Math.min(a, b), 0xffff_ffff),
      hours.reduce((a, b) => Math.max(a, b), 0),
    ];
    const [names = [], texts = []] = await this.connection.columns(
      `SELECT segment, nodes FROM ${nameIn(this.connection.address, SEGMENTS.name)} FINAL
       WHERE hour BETWEEN fromUnixTimestamp(${first}) AND fromUnixTimestamp(${last})`,
      [
        { name: "segment", wire: "String" },
        { name: "nodes", wire: "String" },
      ],
    );
    const nodes = new Map(names.map((name, row) => [textOf(name), textOf(texts[row])]));
    return segments.map((segment) => {
      const heard: readonly HeardNode[] = JSON.parse(nodes.get(segment.segment) ?? "[]");
      return { segment, nodes: heard };
    });
  }

  async retain(limits: RetentionLimits, now: number): Promise<readonly string[]> {
    if (this.lease === null) throw new Error("this store was opened to be read");
    if (limits.days === null && limits.bytes === null) return [];
    const all = await listSegments(this.connection);
    const own = all.filter(({ writer }) => writer === this.connection.address.writer);
    if (limits.days !== null && limits.days !== this.days) {
      await limitDays(this.connection, limits.days, Math.min(now, Math.max(...own.map(({ to }) => to ?? 0))));
      this.days = limits.days;
    }
    const closed = own.filter(({ segment }) => segment !== this.open?.segment);
    const ratio = limits.bytes === null ? 1 : await this.diskRatio();
    const gone = segmentsBeyond(closed, { ...limits, ratio }, now);
    await removeSegments(this.connection, gone, all);
    const left = all.filter((segment) => !gone.includes(segment));
    const begins = left.reduce((least, { from }) => Math.min(least, from ?? least), Number.POSITIVE_INFINITY);
    if (gone.length > 0 && Number.isFinite(begins)) await this.objects.retain(begins);
    return gone.map(({ segment }) => segment);
  }

  async history(): Promise<StoreHistory> {
    const run = this.lease?.run ?? Number.POSITIVE_INFINITY;
    const writer = this.lease === null ? null : this.connection.address.writer;
    const earlier = (await listSegments(this.connection, writer)).filter((segment) => segment.run < run);
    const ranges = new Map<string, (readonly [number, number])[]>();
    for (const { nodes } of await this.heard(earlier)) {
      for (const { name, from, to } of nodes) {
        const known = ranges.get(name);
        if (known === undefined) ranges.set(name, [[from, to]]);
        else known.push([from, to]);
      }
    }
    return { ranges, endedCleanly: earlier.every(({ isFinal }) => isFinal) };
  }

  async close(): Promise<void> {
    await this.lease?.release();
    this.connection.close();
  }

  /** Drops what a run of this writer that died left of parts that never counted, or count no more. */
  async clean(): Promise<void> {
    const { address } = this.connection;
    const [names = [], hours = []] = await this.connection.columns(
      `SELECT DISTINCT open, intDiv(toUInt32(hour), 3600) AS hours FROM ${nameIn(address, "rests")} WHERE open != ''`,
      [
        { name: "open", wire: "String" },
        { name: "hours", wire: "UInt32" },
      ],
    );
    const own = await listSegments(this.connection, address.writer);
    const counting = new Set(own.map(({ segment, part }) => `${segment}/${part}`));
    for (const [index, name] of names.map(textOf).entries()) {
      const isOwn = name.slice("2026-09-14T10-".length).replace(/-r\d+-\d+\/\d+$/, "") === address.writer;
      if (isOwn && !counting.has(name)) await dropOpen(this.connection, numberOf(hours[index]), name);
    }
  }

  /** What is replaced while it is read is read again; what stays away is passed over, and said. */
  private async reading<T>(read: (all: readonly SegmentManifest[]) => Promise<T>): Promise<T> {
    const missing = new Set<string>();
    for (let attempt = 1; ; attempt++) {
      try {
        const all = await listSegments(this.connection);
        return await read(all.filter(({ segment }) => !missing.has(segment)));
      } catch (cause) {
        if (!(cause instanceof MissingRows)) throw cause;
        if (attempt < MOST_READINGS) continue;
        for (const segment of cause.segments) {
          missing.add(segment);
          this.say(missingFinding(segment, this.connection.address.shown));
        }
      }
    }
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function missingFinding(segment: string, file: string): Finding {
  return {
    id: "store-damaged",
    severity: "warn",
    message: `rows of segment ${segment} are missing in ClickHouse; it is passed over`,
    help: "look whether all shards and replicas answer, and who removes rows there beside ringfence",
    place: { file },
  };
}

function infoOf(segment: SegmentManifest, ratio: number): SegmentInfo {
  const { segment: name, hour, run, isFinal, from, to, flows, rows, events, bytes } = segment;
  const size = Math.round(bytes * ratio);
  return { name, hour, run, isFinal, from, to, flows, conversations: rows.conversations, events, bytes: size };
}

export type ClickHouseOptions = {
  readonly environment?: Environment;
  /** Waits before an insert is tried again. */
  readonly waitsMs?: readonly number[];
  readonly lease?: LeaseTimes;
};

/** Opens a store in ClickHouse to read it. Throws a UserError where there is none, or the server cannot be asked. */
export async function openClickHouse(url: string, options: ClickHouseOptions = {}): Promise<Store> {
  const connection = connectionTo(url, options);
  try {
    await refuseOldServer(connection);
    await refuseOtherSchema(connection);
    return new ClickHouseStore(connection, null);
  } catch (cause) {
    connection.close();
    throw cause;
  }
}

/**
 * Opens a store in ClickHouse to write it, making its tables where there are none. Throws a UserError when another
 * recorder writes under the same name, or the server cannot be asked.
 */
export async function createClickHouse(url: string, options: ClickHouseOptions = {}): Promise<Store> {
  const connection = connectionTo(url, options);
  try {
    await refuseOldServer(connection);
    await migrate(connection);
    const lease = await Lease.take(connection, options.lease);
    const store = new ClickHouseStore(connection, lease);
    await store.clean();
    return store;
  } catch (cause) {
    connection.close();
    throw cause;
  }
}

function connectionTo(url: string, { environment = process.env, waitsMs }: ClickHouseOptions): HttpConnection {
  return new HttpConnection(parseClickHouseUrl(url, environment), waitsMs);
}
