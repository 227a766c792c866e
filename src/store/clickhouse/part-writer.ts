import { createHash } from "node:crypto";
import type { Value } from "../duckdb.ts";
import { NO_TEMPLATE } from "../kept-events.ts";
import { type StateTables, stateToRows } from "../state-rows.ts";
import type { StorePart } from "../store.ts";
import { StoreFault } from "../store-fault.ts";
import type { HttpConnection } from "./http-connection.ts";
import { encodeRows, type Filling } from "./row-binary.ts";
import {
  type ClickHouseTable,
  EVENTS,
  localIn,
  nameIn,
  onCluster,
  OPEN_TABLES,
  quoted,
  RESTS,
  SEGMENTS,
  STATE_TABLES,
  stateTable,
  TEMPLATES,
} from "./schema.ts";
import { GONE_PART, type HeardNode, type SegmentManifest } from "./segment-manifest.ts";

/** A part as it will be written: nothing of it changes any more, whatever is folded meanwhile. */
export type PreparedPart = Omit<StorePart, "state"> & {
  readonly tables: StateTables["tables"];
  readonly rests: readonly [coverage: string, others: string];
  readonly flows: number;
  readonly nodes: readonly HeardNode[];
};

/** Takes a part over, without waiting for anything. */
export function preparePart({ state, ...part }: StorePart): PreparedPart {
  const { rest, tables } = stateToRows(state);
  const { counts, nodes, gaps, findings, ...others } = rest;
  const heard = nodes.flatMap(({ name, first, last }) =>
    first === null || last === null ? [] : [{ name, from: first, to: last }],
  );
  const coverage = { counts, nodes, gaps, findings };
  const rests = [JSON.stringify(coverage), JSON.stringify(others)] as const;
  return { ...part, tables, rests, flows: counts.flows, nodes: heard };
}

/** A segment that its writer goes on with. */
export type OpenSegment = {
  readonly segment: string;
  readonly hour: number;
  readonly index: number;
  /** What was acknowledged last; null before the first part. */
  published: SegmentManifest | null;
  /** Numbers of parts that were begun, whether they came to count or not. */
  lastPart: number;
  /** Texts that the server has. */
  readonly templates: Set<bigint>;
  /** Parts that have partitions of their own. */
  openParts: number[];
  /** A part that was not acknowledged as a whole. */
  unclear: { readonly part: number; readonly digest: string; readonly done: Set<string> } | null;
};

export function newSegment(segment: string, hour: number, index: number): OpenSegment {
  return { segment, hour, index, published: null, lastPart: 0, templates: new Set(), openParts: [], unclear: null };
}

type Insert = { readonly table: ClickHouseTable; readonly data: Uint8Array };

/**
 * Writes a part: its rows, and its row in `segments` last. When it fails midway nothing of it counts, and the same part
 * given again goes on where it was, under the same tokens: what the server has already is not stored twice.
 */
export async function writePart(
  connection: HttpConnection,
  open: OpenSegment,
  part: PreparedPart,
  run: number,
): Promise<SegmentManifest> {
  const { number, inserts, done } = begin(open, part);
  if (!part.isFinal && !open.openParts.includes(number)) open.openParts.push(number);
  for (const { table, data } of inserts) {
    if (done.has(table.name)) continue;
    await insertRows(connection, { table, data }, `${open.segment}/${number}/${table.name}`);
    done.add(table.name);
  }
  const bytes = inserts.reduce((sum, { data }) => sum + data.byteLength, 0);
  const manifest = manifestOf({ open, part, number, run, bytes, writer: connection.address.writer });
  await publish(connection, manifest, part.nodes);
  for (const hash of templatesOf(part).keys()) open.templates.add(hash);
  open.published = manifest;
  open.unclear = null;
  return manifest;
}

/** What is to be sent, under the number of the attempt before when it is the same that was to be sent then. */
function begin(open: OpenSegment, part: PreparedPart) {
  const { unclear } = open;
  if (unclear !== null) {
    const inserts = insertsOf(open, part, unclear.part);
    if (digestOf(inserts) === unclear.digest) return { number: unclear.part, inserts, done: unclear.done };
  }
  const number = ++open.lastPart;
  const inserts = insertsOf(open, part, number);
  const done = new Set<string>();
  open.unclear = { part: number, digest: digestOf(inserts), done };
  return { number, inserts, done };
}

function digestOf(inserts: readonly Insert[]): string {
  const hash = createHash("sha256");
  for (const { data } of inserts) hash.update(data);
  return hash.digest("hex");
}

/** In the order of writing: conversations are the last, since a view counts them as they come. */
function insertsOf(open: OpenSegment, part: PreparedPart, number: number): readonly Insert[] {
  const { segment } = open;
  const own: readonly Filling[] = [{ all: secondsOf(part.hour) }, { all: segment }, { all: number }];
  const isOpen: Filling = { all: part.isFinal ? "" : openName(segment, number) };
  const states = STATE_TABLES.map((name) => {
    const rows = part.tables[name];
    return { table: stateTable(name), fillings: [...own, isOpen, rows[0]?.map((_, line) => line) ?? [], ...rows] };
  });
  const [coverage, others] = part.rests;
  const rests = { table: RESTS, fillings: [...own, isOpen, [coverage], [others]] };
  const texts = [...templatesOf(part)].filter(([hash]) => !open.templates.has(hash));
  const templates = {
    table: TEMPLATES,
    fillings: [own[0] ?? [], own[1] ?? [], texts.map(([hash]) => hash), texts.map(([, one]) => one)],
  };
  const events = { table: EVENTS, fillings: [...own, ...eventFillings(part)] };
  return [templates, events, rests, ...states].flatMap(({ table, fillings }) => {
    const rows = Math.max(0, ...fillings.map((one) => ("all" in one ? 0 : one.length)));
    return rows === 0 ? [] : [{ table, data: encodeRows(table.columns, fillings, rows) }];
  });
}

/** The partition of a part that goes on. */
export function openName(segment: string, part: number): string {
  return `${segment}/${part}`;
}

/** ClickHouse's times are seconds of 32 bits: later hours count as the last that leaves room for any limit of days. */
const LAST_HOUR = 1_100_000;

/** An hour as rows have it: seconds since 1970. */
export function secondsOf(hour: number): number {
  return Math.min(Math.max(hour, 0), LAST_HOUR) * 3600;
}

/** The day of an hour as partitions have it. */
export function dayOf(hour: number): string {
  return new Date(secondsOf(hour) * 1000).toISOString().slice(0, 10);
}

/** Texts of a part's events by what stands for them in their rows. */
function templatesOf({ events }: PreparedPart): ReadonlyMap<bigint, string> {
  return new Map([...events.templates.keys()].map((one) => [hashOf(one), one]));
}

/** 0 is none. */
function hashOf(template: string): bigint {
  return createHash("sha256").update(template).digest().readBigUInt64LE(0) | 1n;
}

function eventFillings({ events }: PreparedPart): readonly Filling[] {
  const { rows, templates } = events;
  const hashes = new Map([...templates].map(([text, number]) => [number, hashOf(text)]));
  const hashed = (numbers: readonly Value[]) =>
    numbers.map((number) => (number === NO_TEMPLATE ? 0n : (hashes.get(Number(number)) ?? 0n)));
  return [
    rows.time.map((_, line) => line),
    rows.time,
    rows.kind,
    rows.verdict,
    hashed(rows.template),
    hashed(rows.source),
    hashed(rows.destination),
    rows.uuid,
    rows.sourcePort,
    rows.destinationPort,
    rows.addresses,
    rows.rest,
  ];
}

/** Inserts rows under a token: given again, they are not stored again. */
export async function insertRows(connection: HttpConnection, { table, data }: Insert, token: string): Promise<void> {
  const { name, columns } = table;
  const names = columns.map((one) => one.name).join(", ");
  const settings = [
    `insert_deduplication_token = ${quoted(token)}`,
    "deduplicate_blocks_in_dependent_materialized_views = 1",
    "async_insert = 0",
    "insert_distributed_sync = 1",
  ];
  const sql = `INSERT INTO ${nameIn(connection.address, name)} (${names}) SETTINGS ${settings.join(", ")} FORMAT RowBinary`;
  await connection.insert(sql, data);
}

type Facts = {
  readonly open: OpenSegment;
  readonly part: PreparedPart;
  readonly number: number;
  readonly run: number;
  readonly bytes: number;
  readonly writer: string;
};

function manifestOf({ open, part, number, run, bytes, writer }: Facts): SegmentManifest {
  const { published: before, segment, hour, index } = open;
  const { nodes, events, tables, flows, gaps, isFinal, writtenAt } = part;
  const count = (name: keyof typeof tables) => tables[name][0]?.length ?? 0;
  return {
    segment,
    part: number,
    hour,
    writer,
    run,
    index,
    isFinal,
    isGone: false,
    eventParts: [...(before?.eventParts ?? []), ...(events.size > 0 ? [number] : [])],
    from: nodes.length === 0 ? null : Math.min(...nodes.map(({ from }) => from)),
    to: nodes.length === 0 ? null : Math.max(...nodes.map(({ to }) => to)),
    flows,
    mapped: (tables.conversations[9] ?? []).reduce((sum: number, value) => sum + Number(value), 0),
    events: (before?.events ?? 0) + events.size,
    eventsDropped: (before?.eventsDropped ?? 0) + events.dropped,
    rows: {
      ends: count("ends"),
      conversations: count("conversations"),
      names: count("names"),
      connections: count("connections"),
    },
    bytes,
    gaps,
    writtenAt,
  };
}

/** From here on the part counts, whole, and what it replaces does not. */
export async function publish(
  connection: HttpConnection,
  manifest: SegmentManifest,
  nodes: readonly HeardNode[],
): Promise<void> {
  const { segment, hour, writer, run, isFinal, from, to, flows, rows, events, bytes, isGone } = manifest;
  const part = isGone ? GONE_PART : manifest.part;
  const values = [
    ...[
      secondsOf(hour),
      segment,
      part,
      writer,
      run,
      isFinal ? 1 : 0,
      from,
      to,
      flows,
      rows.conversations,
      events,
      bytes,
    ],
    ...[JSON.stringify(nodes), JSON.stringify(manifest)],
  ];
  const data = encodeRows(
    SEGMENTS.columns,
    values.map((all) => ({ all })),
    1,
  );
  await insertRows(connection, { table: SEGMENTS, data }, `${segment}/${part}/segment`);
}

/** Lets go of parts that later ones have replaced, but the last before: it may still be read. */
export async function dropReplaced(connection: HttpConnection, open: OpenSegment): Promise<void> {
  const { published } = open;
  if (published === null) return;
  const kept = published.isFinal ? [] : open.openParts.filter((part) => part >= published.part - 1);
  const gone = open.openParts.filter((part) => !kept.includes(part));
  try {
    for (const part of gone) await dropOpen(connection, open.hour, openName(open.segment, part));
    open.openParts = kept;
  } catch (cause) {
    // The next time, or the next start.
    if (!(cause instanceof StoreFault)) throw cause;
  }
}

export async function dropOpen(connection: HttpConnection, hour: number, open: string): Promise<void> {
  for (const table of OPEN_TABLES) await dropPartition(connection, table, `(${quoted(dayOf(hour))}, ${quoted(open)})`);
}

export async function dropPartition(connection: HttpConnection, table: string, partition: string): Promise<void> {
  const at = connection.address;
  await connection.run(`ALTER TABLE ${localIn(at, table)}${onCluster(at)} DROP PARTITION ${partition}`);
}
