import type * as DuckDB from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { UserError } from "#model/finding.ts";

export type ColumnType = "INTEGER" | "BIGINT" | "DOUBLE" | "VARCHAR" | "UTINYINT";
export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  /** How Parquet keeps it, as SQL over the column; default as it is. */
  readonly stored?: string;
};
export type Value = string | number | bigint | null;

/** More rows than this are appended in several chunks: DuckDB's vectors hold so many. */
const CHUNK_ROWS = 2048;

export type DatabaseOptions = {
  readonly memoryMegabytes: number;
  readonly threads: number;
  /** Where it puts what has no room in memory, while it needs it; made then. */
  readonly overflow: string;
};

type Module = typeof DuckDB;

let loading: Promise<Module> | null = null;

/** Loaded when a store is first touched: it is 70 MB that most runs never need. */
function loadDuckDB(): Promise<Module> {
  loading ??= import("@duckdb/node-api").catch((cause: unknown) => {
    loading = null;
    throw new UserError(
      "store-needs-duckdb",
      "a store needs the package @duckdb/node-api, which is not installed here",
      {
        help: "npm install @duckdb/node-api beside ringfence (it is an optional dependency: --omit=optional leaves it out)",
        cause,
      },
    );
  });
  return loading;
}

/** A DuckDB in memory, with a bound on what it takes: segments are made in it and read through it. */
export class Database {
  private readonly module: Module;
  private readonly instance: DuckDBInstance;
  private readonly connection: DuckDBConnection;

  private constructor(module: Module, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.module = module;
    this.instance = instance;
    this.connection = connection;
  }

  static async open({ memoryMegabytes, threads, overflow }: DatabaseOptions): Promise<Database> {
    const module = await loadDuckDB();
    const instance = await module.DuckDBInstance.create(":memory:", {
      memory_limit: `${memoryMegabytes}MB`,
      threads: String(threads),
      temp_directory: overflow,
      // Extensions are linked in: nothing may be fetched from anywhere.
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      preserve_insertion_order: "true",
    });
    return new Database(module, instance, await instance.connect());
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  async createTable(table: string, columns: readonly Column[]): Promise<void> {
    await this.run(
      `CREATE OR REPLACE TABLE ${table} (${columns.map(({ name, type }) => `${name} ${type}`).join(", ")})`,
    );
  }

  /** Appends rows that stand as columns of one length. */
  async append(table: string, columns: readonly Column[], values: readonly (readonly Value[])[]): Promise<void> {
    const rows = values[0]?.length ?? 0;
    if (rows === 0) return;
    const appender = await this.connection.createAppender(table);
    const chunk = this.module.DuckDBDataChunk.create(columns.map(({ type }) => this.module[type]));
    for (let from = 0; from < rows; from += CHUNK_ROWS) {
      chunk.reset();
      chunk.setColumns(values.map((column) => column.slice(from, from + CHUNK_ROWS)));
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  /** Writes a query's rows as a Parquet file; `level` is zstd's. */
  async writeParquet(query: string, path: string, level = 3): Promise<void> {
    await this.run(
      `COPY (${query}) TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL ${level}, PARQUET_VERSION v2, ROW_GROUP_SIZE 122880)`,
    );
  }

  /** All rows of a query, by column. */
  async columns(query: string): Promise<readonly (readonly Value[])[]> {
    const reader = await this.connection.runAndReadAll(query);
    const columns = reader.getColumns().map((column) => column.map(plainValue));
    return columns.length > 0 ? columns : reader.columnNames().map(() => []);
  }

  /** The rows of a query, some at a time, by column. */
  async *chunks(query: string): AsyncGenerator<readonly (readonly Value[])[]> {
    // Of its own: other queries on a connection would end what it streams.
    const connection = await this.instance.connect();
    try {
      const result = await connection.stream(query);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getColumns().map((column) => column.map(plainValue));
      }
    } finally {
      connection.closeSync();
    }
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}

function plainValue(value: unknown): Value {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
    return value;
  }
  throw new Error(`a query of the store gave a value of another type: ${String(value)}`);
}

/** A text as an SQL literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Several texts as an SQL list of literals. */
export function quotedList(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(", ")}]`;
}

/** A number that a query gave; 0 where it gave none. */
export function numberOf(value: Value | undefined): number {
  return typeof value === "number" ? value : Number(value ?? 0);
}

export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Columns as a SELECT list: as they are stored. */
export function storedColumns(columns: readonly Column[]): string {
  return columns.map(({ name, stored }) => (stored === undefined ? name : `${stored} AS ${name}`)).join(", ");
}

/** Opens a database file of its own for writing, which no other process can then do; answers what lets go of it. */
export async function lockDatabase(file: string): Promise<() => void> {
  const { DuckDBInstance } = await loadDuckDB();
  const instance = await DuckDBInstance.create(file, { threads: "1", memory_limit: "16MB" });
  return () => instance.closeSync();
}
