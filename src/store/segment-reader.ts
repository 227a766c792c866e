import type { FoldState } from "#traffic/fold-state.ts";
import { TABLES, type TableName } from "./columns.ts";
import { conversationsQuery, rollupQuery } from "./day-rollup.ts";
import { type Database, numberOf, quoted, textOf, type Value } from "./duckdb.ts";
import { lineOf } from "./event-text.ts";
import { NO_TEMPLATE } from "./kept-events.ts";
import type { Manifest } from "./manifest.ts";
import { fileOf, readStateFile, readTemplates, type Writing } from "./segment-writer.ts";
import { type Rows, rowsToState, type StateRest } from "./state-rows.ts";
import type { EventFilter, StoredConversation } from "./store.ts";

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

/** The kept events of one segment as lines. */
export async function* readEvents(
  { database, directory }: Writing,
  { name, events }: Manifest,
  filter: EventFilter,
): AsyncGenerator<string> {
  if (events === 0) return;
  const [numbers = [], texts = []] = await readTemplates(database, directory.pathOf(name, fileOf("templates")));
  const templates = new Map(numbers.map((number, index) => [numberOf(number), textOf(texts[index])]));
  const query = `SELECT epoch_ns(time), template, uuid::VARCHAR, source_port, destination_port, addresses, rest, source, destination
    FROM read_parquet(${quoted(directory.pathOf(name, fileOf("events")))}) ${conditions(filter)}
    ${filter.newestFirst === true ? "ORDER BY time DESC" : ""}`;
  for await (const columns of database.chunks(query)) {
    for (let row = 0; row < (columns[0]?.length ?? 0); row++) yield lineAt(columns, row, templates);
  }
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

function conditions({ from, to, kinds = [], verdicts = [] }: EventFilter): string {
  const nanos = (ms: number) => `make_timestamp_ns(${BigInt(Math.round(ms * 1000)) * 1000n})`;
  const all = [
    ...(from === null ? [] : [`time >= ${nanos(from)}`]),
    ...(to === null ? [] : [`time <= ${nanos(to)}`]),
    ...(kinds.length === 0 ? [] : [`kind IN (${kinds.map(quoted).join(", ")})`]),
    ...(verdicts.length === 0 ? [] : [`verdict IN (${verdicts.map(quoted).join(", ")})`]),
  ];
  return all.length === 0 ? "" : `WHERE ${all.join(" AND ")}`;
}
