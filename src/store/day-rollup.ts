import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { quoted, quotedList } from "./duckdb.ts";
import { type Manifest, stateSegments } from "./manifest.ts";
import { fileOf, type Writing } from "./segment-writer.ts";
import { syncDirectory, syncFile } from "./store-directory.ts";

const FOLDER = "days";
const HOURS = 24;
const LEVEL = 9;

/**
 * The service map of a day in one file, made of its segments once the day is over: weeks are then as many files as days.
 * Its name tells of which segments it was made and how long it is: where either is no longer so, it is passed over, and
 * the segments are read as if it were not there.
 */
export type DayRollup = { readonly day: number; readonly path: string };

/** The rows of several segments' conversations, those of equal ends, protocol and port as one. */
export function conversationsQuery({ directory }: Pick<Writing, "directory">, segments: readonly Manifest[]): string {
  const paths = (table: "conversations" | "ends") =>
    quotedList(segments.map(({ name }) => directory.pathOf(name, fileOf(table))));
  return `
    WITH found AS (
      SELECT source_key, destination_key, protocol, port, icmp_type, icmp_code,
        sum(flows)::BIGINT AS flows, sum(dropped)::BIGINT AS dropped, sum(audited)::BIGINT AS audited,
        min(first_seen) AS first_seen, max(last_seen) AS last_seen
      FROM read_parquet(${paths("conversations")}) GROUP BY ALL
    ), ends AS (
      SELECT key::BIGINT AS key, any_value(CASE sort
        WHEN 'pod' THEN name || '/' || coalesce(workload, nullif(pod, ''), '?')
        WHEN 'reserved' THEN 'reserved:' || name
        ELSE address END) AS text
      FROM read_parquet(${paths("ends")}) GROUP BY 1
    )
    SELECT s.text AS source, d.text AS destination, found.*
    FROM found JOIN ends s ON s.key = source_key JOIN ends d ON d.key = destination_key`;
}

export function dayOf({ hour }: Manifest): number {
  return Math.floor(hour / HOURS);
}

/** Segments by the day they are of. */
export function byDay(segments: readonly Manifest[]): ReadonlyMap<number, readonly Manifest[]> {
  const days = new Map<number, Manifest[]>();
  for (const segment of segments) {
    const day = dayOf(segment);
    const known = days.get(day);
    if (known === undefined) days.set(day, [segment]);
    else known.push(segment);
  }
  return days;
}

/** The file that holds what these segments of one day hold, and nothing else; null when there is none. */
export function findRollup(store: string, segments: readonly Manifest[]): string | null {
  const [first] = segments;
  if (first === undefined) return null;
  const begin = `${nameOf(segments)}-`;
  const file = namesIn(join(store, FOLDER)).find((name) => name.startsWith(begin));
  if (file === undefined) return null;
  const path = join(store, FOLDER, file);
  return sizeAt(path) === Number(/-(\d+)\.parquet$/.exec(file)?.[1]) ? path : null;
}

/** Makes the day's file. */
export async function writeRollup({ database, directory }: Writing, segments: readonly Manifest[]): Promise<void> {
  const folder = join(directory.path, FOLDER);
  mkdirSync(folder, { recursive: true });
  const unfinished = join(folder, ".unfinished");
  await database.writeParquet(
    `${conversationsQuery({ directory }, stateSegments(segments))} ORDER BY source_key, destination_key`,
    unfinished,
    LEVEL,
  );
  syncFile(unfinished);
  renameSync(unfinished, join(folder, `${nameOf(segments)}-${statSync(unfinished).size}.parquet`));
  syncDirectory(folder);
}

/** Removes the files of days that are gone, or whose segments are others now. */
export function removeRollups(store: string, days: ReadonlyMap<number, readonly Manifest[]>): void {
  const wanted = new Set([...days.values()].map(nameOf));
  for (const name of namesIn(join(store, FOLDER))) {
    if (!wanted.has(name.replace(/-\d+\.parquet$/, ""))) rmSync(join(store, FOLDER, name), { force: true });
  }
}

/** A day's rows as they were written. */
export function rollupQuery(paths: readonly string[]): string {
  return `SELECT * FROM read_parquet([${paths.map(quoted).join(", ")}])`;
}

function nameOf(segments: readonly Manifest[]): string {
  const [first] = segments;
  const day = new Date((first === undefined ? 0 : dayOf(first)) * HOURS * 3_600_000).toISOString().slice(0, 10);
  const names = segments.map(({ name }) => name).sort();
  return `${day}-${createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 16)}`;
}

function sizeAt(path: string): number {
  return existsSync(path) ? statSync(path).size : -1;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}
