import type { FoldState } from "#traffic/fold-state.ts";
import { lineOf } from "../event-text.ts";
import { numberOf, textOf, type Value } from "../duckdb.ts";
import { type Rows, rowsToState, type StateRest } from "../state-rows.ts";
import { eventRange } from "../event-range.ts";
import type { StoredEvent } from "../merge-events.ts";
import { type EventFilter, MOST_NAMESPACES, type StoredNamespace } from "../store.ts";
import { StoreFault } from "../store-fault.ts";
import type { HttpConnection } from "./http-connection.ts";
import { EVENTS, nameIn, quoted, RESTS, type StateTable, stateColumns, TEMPLATES } from "./schema.ts";
import { pairsOf, type SegmentManifest } from "./segment-manifest.ts";

/** Rows that a manifest tells of are not there: they have been replaced, or have not come to this server yet. */
export class MissingRows extends Error {
  readonly segments: readonly string[];
  constructor(segments: readonly string[]) {
    super(`rows of ${segments.join(", ")} are missing`);
    this.segments = segments;
  }
}

/** So many conversations, and segments, are read at once. */
const BATCH_ROWS = 200_000;
const BATCH_SEGMENTS = 64;

/** Segments in batches that fit into memory, in their order. */
export function batches(segments: readonly SegmentManifest[]): readonly (readonly SegmentManifest[])[] {
  const found: SegmentManifest[][] = [];
  let rows = 0;
  for (const segment of segments) {
    const last = found.at(-1);
    rows += segment.rows.conversations;
    if (last === undefined || last.length >= BATCH_SEGMENTS || rows > BATCH_ROWS) {
      found.push([segment]);
      rows = segment.rows.conversations;
    } else last.push(segment);
  }
  return found;
}

/** The states of several segments, in their order. Throws MissingRows when one is not there whole. */
export async function readStates(
  connection: HttpConnection,
  segments: readonly SegmentManifest[],
  isCoarse: boolean,
): Promise<readonly FoldState[]> {
  const rests = await readRests(connection, segments);
  const read = (table: StateTable) => readRows(connection, table, segments);
  const tables = {
    ends: await read("ends"),
    conversations: await read("conversations"),
    names: await read("names"),
    connections: await read("connections"),
  };
  return segments.map((segment, index) => {
    const rest = rests[index];
    const [ends, conversations] = [tables.ends[index], tables.conversations[index]];
    const [names, connections] = [tables.names[index], tables.connections[index]];
    if (rest === undefined || !ends || !conversations || !names || !connections) throw new Error("a batch is short");
    const state = rowsToState({ rest, tables: { ends, conversations, names, connections }, isCoarse });
    return { ...state, gaps: [...state.gaps, ...segment.gaps] };
  });
}

/** A table's rows of each segment. */
async function readRows(
  connection: HttpConnection,
  table: StateTable,
  segments: readonly SegmentManifest[],
): Promise<readonly Rows[]> {
  const columns = stateColumns(table);
  const names = columns.map(({ name }) => name).join(", ");
  const [owners = [], ...rows] = await connection.columns(
    `SELECT segment, ${names} FROM ${nameIn(connection.address, table)}
     WHERE (segment, part) IN (${pairsOf(segments)}) ORDER BY segment, line`,
    [{ name: "segment", wire: "String" }, ...columns],
  );
  const found = stretches(owners);
  const missing = segments.filter(({ segment, rows: told }) => lengthOf(found.get(segment)) !== told[table]);
  if (missing.length > 0) throw new MissingRows(missing.map(({ segment }) => segment));
  return segments.map(({ segment }) => {
    const { from, to } = found.get(segment) ?? { from: 0, to: 0 };
    return rows.map((column) => column.slice(from, to));
  });
}

type Stretch = { readonly from: number; readonly to: number };

function lengthOf(stretch: Stretch | undefined): number {
  return stretch === undefined ? 0 : stretch.to - stretch.from;
}

/** Where the rows of each segment stand among those of all. */
function stretches(owners: readonly Value[]): ReadonlyMap<string, Stretch> {
  const found = new Map<string, Stretch>();
  for (let from = 0; from < owners.length; ) {
    const owner = owners[from] ?? "";
    let to = from + 1;
    while (owners[to] === owner) to++;
    found.set(textOf(owner), { from, to });
    from = to;
  }
  return found;
}

/** Of states what `coverage` and `epochs` ask for. */
export type CoverageRest = Pick<StateRest, "counts" | "nodes" | "gaps" | "findings">;

export async function readCoverage(
  connection: HttpConnection,
  segments: readonly SegmentManifest[],
): Promise<readonly CoverageRest[]> {
  const texts = await readTexts(connection, segments, ["coverage"]);
  return texts.map(([coverage = "{}"]) => JSON.parse(coverage));
}

async function readRests(
  connection: HttpConnection,
  segments: readonly SegmentManifest[],
): Promise<readonly StateRest[]> {
  const texts = await readTexts(connection, segments, ["coverage", "others"]);
  return texts.map(([coverage = "{}", others = "{}"]) => ({ ...JSON.parse(coverage), ...JSON.parse(others) }));
}

async function readTexts(
  connection: HttpConnection,
  segments: readonly SegmentManifest[],
  names: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const [owners = [], ...texts] = await connection.columns(
    `SELECT segment, ${names.join(", ")} FROM ${nameIn(connection.address, RESTS.name)}
     WHERE (segment, part) IN (${pairsOf(segments)}) LIMIT 1 BY segment`,
    ["segment", ...names].map((name) => ({ name, wire: "String" })),
  );
  const rows = new Map(owners.map((owner, row) => [textOf(owner), row]));
  const missing = segments.filter(({ segment }) => !rows.has(segment));
  if (missing.length > 0) throw new MissingRows(missing.map(({ segment }) => segment));
  return segments.map(({ segment }) => texts.map((column) => textOf(column[rows.get(segment) ?? -1])));
}

const EVENT_QUERY = [
  "time",
  "template",
  "source",
  "destination",
  "uuid",
  "source_port",
  "destination_port",
  "addresses",
  "rest",
];
const EVENT_QUERY_COLUMNS = EVENT_QUERY.flatMap((name) => EVENTS.columns.filter((one) => one.name === name));

const ORDERS = {
  arrival: "part, line",
  "oldest-first": "time, part, line",
  "newest-first": "time DESC, part DESC, line DESC",
};

/** The kept events of one segment. */
export async function* readEvents(
  connection: HttpConnection,
  segment: SegmentManifest,
  filter: EventFilter,
): AsyncGenerator<StoredEvent> {
  const templates = await readTemplates(connection, segment.segment);
  const query = `SELECT ${EVENT_QUERY.join(", ")} FROM ${rowsBetween(connection.address, segment, filter)} ${conditions(filter)}
    ORDER BY ${ORDERS[filter.order ?? "arrival"]}`;
  for await (const columns of connection.chunks(query, EVENT_QUERY_COLUMNS)) {
    const [times = []] = columns;
    for (let row = 0; row < times.length; row++) {
      const time = times[row];
      const line = lineAt((column) => columns[column]?.[row] ?? null, templates);
      yield { time: typeof time === "bigint" ? time : 0n, line };
    }
  }
}

/** A segment's rows, as far as they lie between the filter's marks, with the beginning of a condition. */
function rowsBetween(at: HttpConnection["address"], manifest: SegmentManifest, filter: EventFilter): string {
  const { segment: name, events, eventParts } = manifest;
  const { from, to } = eventRange({ name, events }, filter);
  const rows = `${nameIn(at, EVENTS.name)} WHERE segment = ${quoted(name)} AND part IN (${eventParts.join(", ")})`;
  if (from === 0 && to === events) return rows;
  const columns = ["part", "line", "kind", "verdict", ...EVENT_QUERY].join(", ");
  return `(SELECT ${columns} FROM ${rows} ORDER BY part, line LIMIT ${to - from} OFFSET ${from}) WHERE 1`;
}

/** The namespaces of the ends of several segments. */
export async function readNamespaces(
  connection: HttpConnection,
  segments: readonly SegmentManifest[],
): Promise<readonly StoredNamespace[]> {
  const [clusters = [], names = []] = await connection.columns(
    `SELECT DISTINCT cluster, name FROM ${nameIn(connection.address, "ends")}
     WHERE sort = 'pod' AND name != '' AND (segment, part) IN (${pairsOf(segments)})
     ORDER BY cluster, name LIMIT ${MOST_NAMESPACES}`,
    [
      { name: "cluster", wire: "String" },
      { name: "name", wire: "String" },
    ],
  );
  return names.map((name, row) => ({ cluster: textOf(clusters[row]), namespace: textOf(name) }));
}

/** Which of these segments hold events that are wanted: asked for all at once, where few may. */
export async function withEvents(
  connection: HttpConnection,
  segments: readonly SegmentManifest[],
  filter: EventFilter,
): Promise<readonly SegmentManifest[]> {
  const held = segments.filter(({ events }) => events > 0);
  const isChoosy = (filter.kinds?.length ?? 0) + (filter.verdicts?.length ?? 0) > 0;
  if (!isChoosy || held.length < BATCH_SEGMENTS) return held;
  const [names = []] = await connection.columns(
    `SELECT DISTINCT segment FROM ${nameIn(connection.address, EVENTS.name)} WHERE 1 ${conditions(filter)}`,
    [{ name: "segment", wire: "String" }],
  );
  const found = new Set(names.map(textOf));
  return held.filter(({ segment }) => found.has(segment));
}

async function readTemplates(connection: HttpConnection, segment: string): Promise<ReadonlyMap<string, string>> {
  const [hashes = [], texts = []] = await connection.columns(
    `SELECT template, text FROM ${nameIn(connection.address, TEMPLATES.name)} WHERE segment = ${quoted(segment)}`,
    TEMPLATES.columns.slice(2),
  );
  return new Map(hashes.map((hash, row) => [String(hash), textOf(texts[row])]));
}

function lineAt(value: (column: number) => Value, templates: ReadonlyMap<string, string>): string {
  const rest = textOf(value(8));
  const template = String(value(1));
  if (template === "0") return rest;
  const text = (column: number) => {
    const found = templates.get(String(value(column)));
    if (found === undefined) throw missingText();
    return found;
  };
  const port = (one: Value) => (one === null ? null : numberOf(one));
  const [time, uuid] = [value(0), value(4)];
  return lineOf({
    template: text(1),
    source: text(2),
    destination: text(3),
    time: typeof time === "bigint" ? time : null,
    uuid: uuid === null ? null : textOf(uuid),
    sourcePort: port(value(5)),
    destinationPort: port(value(6)),
    addresses: textOf(value(7)),
    rest,
  });
}

function missingText(): StoreFault {
  return new StoreFault("store-damaged", "texts that events have in common are missing in ClickHouse", {
    help: "look whether all shards and replicas answer, and have caught up",
    isPassing: true,
  });
}

function conditions({ from, to, kinds = [], verdicts = [] }: EventFilter): string {
  const nanos = (ms: number) => `fromUnixTimestamp64Nano(toInt64(${BigInt(Math.round(ms * 1000)) * 1000n}), 'UTC')`;
  const all = [
    ...(from === null ? [] : [`time >= ${nanos(from)}`]),
    ...(to === null ? [] : [`time <= ${nanos(to)}`]),
    ...(kinds.length === 0 ? [] : [`kind IN (${kinds.map(quoted).join(", ")})`]),
    ...(verdicts.length === 0 ? [] : [`verdict IN (${verdicts.map(quoted).join(", ")})`]),
  ];
  return all.map((one) => `AND ${one}`).join(" ");
}
