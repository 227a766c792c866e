import { copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EVENT_COLUMNS, EVENT_TABLES, STATE_TABLES, TABLES, type TableName } from "./columns.ts";
import { type Database, quoted, quotedList, storedColumns } from "./duckdb.ts";
import type { KeptEvents } from "./kept-events.ts";
import { FORMAT, type Manifest } from "./manifest.ts";
import { type Rows, type StateTables, stateToRows } from "./state-rows.ts";
import type { StorePart } from "./store.ts";
import type { StoreDirectory } from "./store-directory.ts";

/** What of a manifest the writer is told. */
export type SegmentName = Pick<Manifest, "name" | "run" | "sequence" | "supersedes">;

/** zstd's level for what will lie for weeks: a fifth smaller. */
const LASTING_LEVEL = 12;

export const STATE_FILE = "state.json";

/** A part as it will be written: nothing of it changes any more, whatever is folded meanwhile. */
export type PreparedPart = {
  readonly tables: StateTables["tables"];
  readonly rest: string;
  readonly facts: Omit<Manifest, keyof SegmentName | "format" | "replaces" | "files" | "events" | "eventsDropped">;
  readonly events: KeptEvents;
};

/** Takes a part over, without waiting for anything. */
export function preparePart(part: StorePart): PreparedPart {
  const { rest, tables } = stateToRows(part.state);
  return { tables, rest: JSON.stringify(rest), facts: factsOf(part), events: part.events };
}

/** Writes a part as a segment and publishes it. Nothing is there before the end, and all of it then. */
export async function writePart(
  { database, directory }: Writing,
  segment: SegmentName,
  { tables, rest, facts, events }: PreparedPart,
): Promise<Manifest> {
  const folder = directory.begin(segment.name);
  for (const [name, rows] of tablesOf(tables)) await writeTable(database, folder, name, rows);
  writeFileSync(join(folder, STATE_FILE), rest);
  if (events.size > 0) await writeEvents(database, folder, events);
  const eventFiles = events.size > 0 ? EVENT_TABLES.map(fileOf) : [];
  const manifest: Manifest = {
    format: FORMAT,
    ...segment,
    ...facts,
    replaces: [],
    events: events.size,
    eventsDropped: events.dropped,
    files: withSizes([...STATE_TABLES.map(fileOf), STATE_FILE, ...eventFiles], folder),
  };
  directory.publish(manifest);
  return manifest;
}

export type Writing = { readonly database: Database; readonly directory: StoreDirectory };

export function fileOf(table: TableName): string {
  return `${table}.parquet`;
}

function tablesOf(tables: Readonly<Partial<Record<TableName, Rows>>>): readonly (readonly [TableName, Rows])[] {
  return STATE_TABLES.flatMap((name) => {
    const rows = tables[name];
    return rows === undefined ? [] : [[name, rows] as const];
  });
}

async function writeTable(database: Database, folder: string, name: TableName, rows: Rows): Promise<void> {
  const columns = TABLES[name];
  await database.createTable(name, columns);
  await database.append(name, columns, rows);
  await database.writeParquet(`SELECT ${storedColumns(columns)} FROM ${name}`, join(folder, fileOf(name)));
  await database.run(`DROP TABLE ${name}`);
}

async function writeEvents(database: Database, folder: string, { rows, templates }: KeptEvents): Promise<void> {
  const { time, kind, verdict, template, source, destination, uuid, sourcePort, destinationPort, addresses, rest } =
    rows;
  await writeTable(database, folder, "events", [
    time,
    kind,
    verdict,
    template,
    source,
    destination,
    uuid,
    sourcePort,
    destinationPort,
    addresses,
    rest,
  ]);
  await writeTable(database, folder, "templates", [[...templates.values()], [...templates.keys()]]);
}

function factsOf({ state, hour, isFinal, gaps, writtenAt }: StorePart): PreparedPart["facts"] {
  const nodes = state.nodes
    .filter(({ first, last }) => Number.isFinite(first) && Number.isFinite(last))
    .map(({ name, first, last }) => ({ name, from: first, to: last }));
  return {
    hour,
    isFinal,
    from: nodes.length === 0 ? null : Math.min(...nodes.map(({ from }) => from)),
    to: nodes.length === 0 ? null : Math.max(...nodes.map(({ to }) => to)),
    flows: state.counts.flows,
    conversations: state.conversations.length,
    gaps,
    nodes,
    writtenAt,
  };
}

function withSizes(files: readonly string[], folder: string): Manifest["files"] {
  return files.map((name) => ({ name, bytes: statSync(join(folder, name)).size }));
}

/**
 * Makes one segment of the parts that one run wrote of an hour (in order): the conversations of the last, the events of
 * all. Events stream from file to file.
 */
export async function compactParts(
  { database, directory }: Writing,
  parts: readonly Manifest[],
  name: string,
): Promise<Manifest> {
  const last = parts.at(-1);
  if (last === undefined) throw new Error("no parts to compact");
  const folder = directory.begin(name);
  const kept = [...STATE_TABLES.map(fileOf), STATE_FILE];
  for (const file of kept) {
    const [from, to] = [directory.pathOf(last.name, file), join(folder, file)];
    if (file === fileOf("conversations")) {
      await database.writeParquet(`SELECT * FROM read_parquet(${quoted(from)})`, to, LASTING_LEVEL);
    } else copyFileSync(from, to);
  }
  const withEvents = parts.filter(({ events }) => events > 0);
  if (withEvents.length > 0) await mergeEvents({ database, directory }, withEvents, folder);
  const files = withEvents.length > 0 ? [...kept, ...EVENT_TABLES.map(fileOf)] : kept;
  const manifest: Manifest = {
    ...last,
    name,
    sequence: last.sequence + 1,
    supersedes: [],
    replaces: parts.flatMap((part) => [part.name, ...part.replaces]),
    events: parts.reduce((sum, { events }) => sum + events, 0),
    eventsDropped: parts.reduce((sum, { eventsDropped }) => sum + eventsDropped, 0),
    files: withSizes(files, folder),
  };
  directory.publish(manifest);
  return manifest;
}

/** Events of several parts of an hour as one file: their templates have the same numbers. They stream from file to file. */
async function mergeEvents(
  { database, directory }: Writing,
  parts: readonly Manifest[],
  folder: string,
): Promise<void> {
  const paths = (table: TableName) => quotedList(parts.map(({ name }) => directory.pathOf(name, fileOf(table))));
  const columns = EVENT_COLUMNS.map(({ name }) => name).join(", ");
  const events = `SELECT ${columns} FROM read_parquet(${paths("events")})`;
  await database.writeParquet(events, join(folder, fileOf("events")));
  const templates = `SELECT template, any_value(text) AS text FROM read_parquet(${paths("templates")}) GROUP BY 1 ORDER BY 1`;
  await database.writeParquet(templates, join(folder, fileOf("templates")));
}

/** Of several parts of an hour. `paths`: SQL's list of them. */
export function readTemplates(database: Database, paths: string) {
  return database.columns(`SELECT template, any_value(text) FROM read_parquet(${paths}) GROUP BY 1`);
}

/** What of a segment's state stands beside the tables. */
export function readStateFile(directory: StoreDirectory, segment: string): string {
  return readFileSync(directory.pathOf(segment, STATE_FILE), "utf8");
}
