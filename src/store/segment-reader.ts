import type { FoldState } from "#traffic/fold-state.ts";
import { TABLES, type TableName } from "./columns.ts";
import { conversationsQuery, rollupQuery } from "./day-rollup.ts";
import { type Database, numberOf, quoted, quotedList, textOf, type Value } from "./duckdb.ts";
import type { EventRange } from "./event-range.ts";
import { lineOf } from "./event-text.ts";
import { NO_TEMPLATE } from "./kept-events.ts";
import type { Manifest } from "./manifest.ts";
import type { StoredEvent } from "./merge-events.ts";
import { fileOf, readStateFile, readTemplates, type Writing } from "./segment-writer.ts";
import { type Rows, rowsToState, type StateRest } from "./state-rows.ts";
import { type EventFilter, MOST_NAMESPACES, type StoredConversation, type StoredNamespace } from "./store.ts";

/** Reads the state of a segment's fold. `isCoarse`: see `rowsToState`. */
export async function readState(
  { database, directory }: Writing,
  { name, gaps }: Manifest,
  isCoarse: boolean,
): Promise<FoldState> {
  const rest: StateRest = JSON.parse(readStateFile(directory, name));
  const read = (table: TableName) => readRows(database, table, directory.pathOf(name, fileOf(table)));
  const tables = {
    ends: await read("ends"),
    conversations: await read("conversations"),
    names: await read("names"),
    connections: await read("connections"),
  };
  const state = rowsToState({ rest, tables, isCoarse });
  return { ...state, gaps: [...state.gaps, ...gaps] };
}

function readRows(database: Database, table: TableName, path: string): Promise<Rows> {
  const columns = TABLES[table].map(({ name, type }) => `${name}::${type} AS ${name}`);
  return database.columns(`SELECT ${columns.join(", ")} FROM read_parquet(${quoted(path)})`);
}

/** The service map of several segments, and of days that stand in files of their own. */
export async function readConversations(
  { database, directory }: Writing,
  segments: readonly Manifest[],
  rollups: readonly string[] = [],
): Promise<readonly StoredConversation[]> {
  const parts = [
    ...(segments.length === 0 ? [] : [conversationsQuery({ directory }, segments)]),
    ...(rollups.length === 0 ? [] : [rollupQuery(rollups)]),
  ];
  if (parts.length === 0) return [];
  const rows = await database.columns(`
    SELECT any_value(source) AS source, any_value(destination) AS destination, protocol, port, icmp_type, icmp_code,
      sum(flows)::DOUBLE AS flows, sum(dropped)::DOUBLE AS dropped, sum(audited)::DOUBLE AS audited,
      min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM (${parts.map((part) => `(${part})`).join(" UNION ALL BY NAME ")})
    GROUP BY source_key, destination_key, protocol, port, icmp_type, icmp_code
    ORDER BY flows DESC, source, destination, port`);
  return (rows[0] ?? []).map((_, index) => {
    const value = (column: number) => rows[column]?.[index];
    return {
      from: textOf(value(0)),
      to: textOf(value(1)),
      protocol: textOf(value(2)),
      port: numberOf(value(3)),
      icmpType: numberOf(value(4)),
      icmpCode: numberOf(value(5)),
      flows: numberOf(value(6)),
      dropped: numberOf(value(7)),
      audited: numberOf(value(8)),
      firstSeen: numberOf(value(9)),
      lastSeen: numberOf(value(10)),
    };
  });
}

/** Segments whose templates have the same numbers: parts of one hour of a run, in their order. */
export type EventGroup = readonly { readonly segment: Manifest; readonly range: EventRange }[];

/** The kept events of a group; by time those of equal times as they came. */
export async function* readEvents(
  { database, directory }: Writing,
  group: EventGroup,
  filter: EventFilter,
): AsyncGenerator<StoredEvent> {
  const held = group.filter(({ range }) => range.from < range.to);
  if (held.length === 0) return;
  const paths = (table: TableName) =>
    quotedList(held.map(({ segment }) => directory.pathOf(segment.name, fileOf(table))));
  // Where nothing is wanted they are not read.
  let templates: ReadonlyMap<number, string> | null = null;
  const query = `SELECT epoch_ns(time), template, uuid::VARCHAR, source_port, destination_port, addresses, rest, source, destination
    FROM read_parquet(${paths("events")}, filename = true, file_row_number = true)
    ${conditions(filter, held)} ${ORDERS[filter.order ?? "arrival"]}`;
  for await (const columns of database.chunks(query)) {
    const [times = []] = columns;
    templates ??= await templatesIn(database, paths("templates"));
    for (let row = 0; row < times.length; row++) {
      const time = times[row];
      yield { time: typeof time === "bigint" ? time : 0n, line: lineAt(columns, row, templates) };
    }
  }
}

const ORDERS = {
  arrival: "",
  "oldest-first": "ORDER BY time, filename, file_row_number",
  "newest-first": "ORDER BY time DESC, filename DESC, file_row_number DESC",
};

async function templatesIn(database: Database, paths: string): Promise<ReadonlyMap<number, string>> {
  const [numbers = [], texts = []] = await readTemplates(database, paths);
  return new Map(numbers.map((number, index) => [numberOf(number), textOf(texts[index])]));
}

function lineAt(columns: readonly (readonly Value[])[], row: number, templates: ReadonlyMap<number, string>): string {
  const value = (column: number) => columns[column]?.[row] ?? null;
  const rest = textOf(value(6));
  const number = numberOf(value(1));
  if (number === NO_TEMPLATE) return rest;
  const port = (one: Value) => (one === null ? null : numberOf(one));
  const time = value(0);
  return lineOf({
    template: templates.get(number) ?? "",
    source: templates.get(numberOf(value(7))) ?? "",
    destination: templates.get(numberOf(value(8))) ?? "",
    time: typeof time === "bigint" ? time : null,
    uuid: textOf(value(2)),
    sourcePort: port(value(3)),
    destinationPort: port(value(4)),
    addresses: textOf(value(5)),
    rest,
  });
}

function conditions({ from, to, kinds = [], verdicts = [] }: EventFilter, group: EventGroup): string {
  const nanos = (ms: number) => `make_timestamp_ns(${BigInt(Math.round(ms * 1000)) * 1000n})`;
  const all = [
    ...(from === null ? [] : [`time >= ${nanos(from)}`]),
    ...(to === null ? [] : [`time <= ${nanos(to)}`]),
    ...(kinds.length === 0 ? [] : [`kind IN (${kinds.map(quoted).join(", ")})`]),
    ...(verdicts.length === 0 ? [] : [`verdict IN (${verdicts.map(quoted).join(", ")})`]),
    ...(group.every(isWhole) ? [] : [`(${group.map(rangeCondition).join(" OR ")})`]),
  ];
  return all.length === 0 ? "" : `WHERE ${all.join(" AND ")}`;
}

function isWhole({ segment, range }: EventGroup[number]): boolean {
  return range.from === 0 && range.to === segment.events;
}

function rangeCondition({ segment, range }: EventGroup[number]): string {
  const isOfIt = `filename LIKE ${quoted(`%/${segment.name}/%`)}`;
  return `(${isOfIt} AND file_row_number >= ${range.from} AND file_row_number < ${range.to})`;
}

/** The namespaces of the ends of several segments. */
export async function readNamespaces(
  { database, directory }: Writing,
  segments: readonly Manifest[],
): Promise<readonly StoredNamespace[]> {
  if (segments.length === 0) return [];
  const paths = quotedList(segments.map(({ name }) => directory.pathOf(name, fileOf("ends"))));
  const [clusters = [], names = []] = await database.columns(
    `SELECT DISTINCT coalesce(cluster, '') AS cluster, name FROM read_parquet(${paths})
     WHERE sort = 'pod' AND name != '' ORDER BY cluster, name LIMIT ${MOST_NAMESPACES}`,
  );
  return names.map((name, row) => ({ cluster: textOf(clusters[row]), namespace: textOf(name) }));
}
