import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "#model/json.ts";
import type { Column, Database } from "./duckdb.ts";
import { quotedList, storedColumns, textOf } from "./duckdb.ts";
import { fingerprint } from "./object-changes.ts";
import type { ObjectLog, ObjectVersion } from "./store.ts";
import { isGone } from "./store-errors.ts";
import { syncDirectory, syncFile } from "./store-directory.ts";

const FOLDER = "objects";
const TABLE = "object_versions";
/** From so many files on they are joined. */
const MOST_FILES = 32;
/** Between one run's numbers and the next one's. */
const RUN = 2 ** 32;
const MOST_ATTEMPTS = 3;
/** Objects' texts are much like each other. */
const LEVEL = 9;

const COLUMNS: readonly Column[] = [
  { name: "sequence", type: "BIGINT" },
  { name: "time", type: "DOUBLE" },
  { name: "kind", type: "VARCHAR" },
  { name: "namespace", type: "VARCHAR" },
  { name: "name", type: "VARCHAR" },
  { name: "fingerprint", type: "VARCHAR" },
  { name: "object", type: "VARCHAR" },
];

/** A file of versions: those of a run from one number to another, or (`base`) the last ones before a time. */
type LogFile = {
  readonly file: string;
  readonly run: number;
  readonly from: number;
  readonly to: number;
  /** Milliseconds since 1970 of its newest version. */
  readonly newest: number;
};

/**
 * Objects as they were, version by version, in Parquet files beside the segments: a file for each flush that had any, joined
 * when they become many. A file is written whole and then renamed; one that others hold everything of is passed over.
 */
export class ParquetObjectLog implements ObjectLog {
  private readonly database: Database;
  private readonly path: string;
  private readonly run: number;
  private sequence = 0;

  /** `run`: the writer's; a reader writes nothing. */
  constructor(database: Database, store: string, run: number) {
    this.database = database;
    this.path = join(store, FOLDER);
    this.run = run;
  }

  async append(versions: readonly ObjectVersion[]): Promise<void> {
    if (versions.length === 0) return;
    mkdirSync(this.path, { recursive: true });
    const from = this.sequence + 1;
    this.sequence += versions.length;
    await this.database.createTable(TABLE, COLUMNS);
    await this.database.append(TABLE, COLUMNS, columnsOf(versions, this.run * RUN + from));
    const newest = Math.ceil(versions.reduce((most, { time }) => Math.max(most, time), 0));
    await this.write(`SELECT ${storedColumns(COLUMNS)} FROM ${TABLE}`, {
      run: this.run,
      from,
      to: this.sequence,
      newest,
    });
    await this.database.run(`DROP TABLE ${TABLE}`);
    const files = this.files();
    if (files.length > MOST_FILES) await this.join(files);
  }

  /** One file of those that this run wrote. */
  private async join(files: readonly LogFile[]): Promise<void> {
    const own = files.filter(({ run }) => run === this.run);
    if (own.length < 2) return;
    const newest = Math.max(...own.map((one) => one.newest));
    await this.write(this.all(own), { run: this.run, from: 1, to: this.sequence, newest });
    for (const { file } of own) rmSync(join(this.path, file), { force: true });
  }

  private all(files: readonly LogFile[]): string {
    const names = COLUMNS.map(({ name }) => name).join(", ");
    return `SELECT ${names} FROM read_parquet(${this.paths(files)}) ORDER BY sequence`;
  }

  private paths(files: readonly LogFile[]): string {
    return quotedList(files.map(({ file }) => join(this.path, file)));
  }

  private async write(query: string, { run, from, to, newest }: Omit<LogFile, "file">): Promise<void> {
    const file = `r${run}-${from}-${to}-${newest}.parquet`;
    const unfinished = join(this.path, `.${file}.new`);
    await this.database.writeParquet(query, unfinished, LEVEL);
    syncFile(unfinished);
    renameSync(unfinished, join(this.path, file));
    syncDirectory(this.path);
  }

  /** Those that count. */
  private files(): readonly LogFile[] {
    const all = namesIn(this.path).flatMap((file) => fileOf(file) ?? []);
    return all.filter((one) => !all.some((other) => other !== one && holds(other, one)));
  }

  at(time: number | null): Promise<readonly JsonObject[]> {
    return this.reading(async (paths) => {
      const until = time === null ? "" : `WHERE time <= ${time}`;
      const rows = await this.database.columns(`
        WITH last AS (SELECT max(sequence) AS sequence FROM read_parquet(${paths}) ${until} GROUP BY kind, namespace, name)
        SELECT object FROM read_parquet(${paths}) JOIN last USING (sequence)
        WHERE object IS NOT NULL ORDER BY kind, namespace, name`);
      return (rows[0] ?? []).map((text): JsonObject => JSON.parse(textOf(text)));
    }, []);
  }

  known(): Promise<ReadonlyMap<string, string>> {
    return this.reading(async (paths) => {
      const rows = await this.database.columns(`
        SELECT kind || '/' || namespace || '/' || name, arg_max(fingerprint, sequence) AS print
        FROM read_parquet(${paths}) GROUP BY 1 HAVING print != ''`);
      const [keys = [], prints = []] = rows;
      return new Map(keys.map((key, index) => [textOf(key), textOf(prints[index])]));
    }, new Map());
  }

  /** Files may be joined while they are read: then they are read again where they are now. */
  private async reading<T>(read: (paths: string) => Promise<T>, none: T): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const files = this.files();
      if (files.length === 0) return none;
      try {
        return await read(this.paths(files));
      } catch (cause) {
        if (attempt >= MOST_ATTEMPTS || !isGone(cause)) throw cause;
      }
    }
  }

  async retain(before: number): Promise<void> {
    const files = [...this.files()].sort((a, b) => a.run - b.run || a.from - b.from);
    const end = files.findIndex(({ newest }) => newest >= before);
    const old = end < 0 ? files : files.slice(0, end);
    if (old.length > 1) await this.keepLast(old);
  }

  private async keepLast(old: readonly LogFile[]): Promise<void> {
    const names = COLUMNS.map(({ name }) => name).join(", ");
    const run = Math.max(...old.map((one) => one.run));
    const to = Math.max(...old.filter((one) => one.run === run).map((one) => one.to));
    const newest = Math.max(...old.map((one) => one.newest));
    await this.write(
      `SELECT ${names} FROM read_parquet(${this.paths(old)})
       QUALIFY row_number() OVER (PARTITION BY kind, namespace, name ORDER BY sequence DESC) = 1 ORDER BY sequence`,
      { run, from: 0, to, newest },
    );
    const kept = `r${run}-0-${to}-${newest}.parquet`;
    for (const { file } of old) if (file !== kept) rmSync(join(this.path, file), { force: true });
  }
}

/** The last run that wrote versions into a store; 0 for none. */
export function lastObjectRun(store: string): number {
  return Math.max(0, ...namesIn(join(store, FOLDER)).map((file) => fileOf(file)?.run ?? 0));
}

function columnsOf(versions: readonly ObjectVersion[], from: number) {
  return [
    versions.map((_, index) => BigInt(from + index)),
    versions.map(({ time }) => time),
    versions.map(({ kind }) => kind),
    versions.map(({ namespace }) => namespace),
    versions.map(({ name }) => name),
    versions.map(({ object }) => (object === null ? "" : fingerprint(object))),
    versions.map(({ object }) => (object === null ? null : JSON.stringify(object))),
  ];
}

function fileOf(file: string): LogFile | null {
  const match = /^r(\d+)-(\d+)-(\d+)-(\d+)\.parquet$/.exec(file);
  if (match === null) return null;
  const [run = 0, from = 0, to = 0, newest = 0] = match.slice(1).map(Number);
  return { file, run, from, to, newest };
}

/** A file from 0 on holds the last versions of all before it, of earlier runs too. */
function holds(one: LogFile, other: LogFile): boolean {
  if (one.from === 0 && other.run < one.run) return other.newest <= one.newest;
  return one.run === other.run && one.from <= other.from && one.to >= other.to;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
