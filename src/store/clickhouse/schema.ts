import type { TableName } from "../columns.ts";
import type { ClickHouseAddress } from "./clickhouse-url.ts";
import type { Wire, WireColumn } from "./row-binary.ts";

/*
 * What lies in ClickHouse. A segment is an hour of one run of one writer; it is written in parts, each of which holds the
 * hour's conversations so far and the events since the part before. A part counts when its row stands in `segments`, which
 * is written last. Rows of hours that go on have `open` set to their part: they lie in a partition of their own, which
 * is dropped when a later part has taken their place.
 */

export type ClickHouseColumn = WireColumn & {
  /** As SQL has it, with its codec. */
  readonly type: string;
};

export type ClickHouseTable = {
  readonly name: string;
  readonly columns: readonly ClickHouseColumn[];
  readonly engine: "MergeTree" | "ReplacingMergeTree" | "AggregatingMergeTree";
  /** The column of which the row with the highest value stays. */
  readonly version?: string;
  readonly partition: string | null;
  readonly order: readonly string[];
  readonly indexes?: readonly string[];
  /** What shares rows out over the shards of a cluster. */
  readonly sharding: string;
  /** Whether the recorder's limit of days is the table's. */
  readonly hasDays: boolean;
};

const column = (name: string, wire: Wire, type: string = wire): ClickHouseColumn => ({ name, wire, type });
const nullable = (name: string, wire: Wire, codec = ""): ClickHouseColumn => {
  return { name, wire, isNullable: true, type: `Nullable(${wire})${codec}` };
};
const word = (name: string) => column(name, "String", "LowCardinality(String)");
const text = (name: string, level = 3) => column(name, "String", `String CODEC(ZSTD(${level}))`);
/** Counts and times that are near those of the row before. */
const near = (name: string, wire: Wire) => column(name, wire, `${wire} CODEC(Delta, ZSTD(1))`);

/** What every row of a part begins with: the hour as a time, so that SQL and TTL can use it. */
export const PART_COLUMNS: readonly ClickHouseColumn[] = [
  column("hour", "UInt32", "DateTime('UTC') CODEC(Delta, ZSTD(1))"),
  word("segment"),
  column("part", "UInt32", "UInt32 CODEC(ZSTD(1))"),
];
const OPEN = word("open");

/** Columns of the state, in the order of `TABLES` of columns.ts, which says what each holds. */
const STATE_COLUMNS: Readonly<Record<StateTable, readonly ClickHouseColumn[]>> = {
  ends: [
    near("number", "UInt32"),
    column("key", "Int64", "Int64 CODEC(ZSTD(1))"),
    word("sort"),
    text("name"),
    { name: "workload_kind", wire: "String", isNullable: true, type: "LowCardinality(Nullable(String))" },
    nullable("workload", "String", " CODEC(ZSTD(3))"),
    text("pod"),
    text("address"),
    column("identity", "Float64", "Float64 CODEC(ZSTD(1))"),
    word("cluster"),
    text("labels"),
    text("seen"),
  ],
  conversations: [
    near("number", "UInt32"),
    column("source", "UInt32", "UInt32 CODEC(ZSTD(1))"),
    column("destination", "UInt32", "UInt32 CODEC(ZSTD(1))"),
    column("source_key", "Int64", "Int64 CODEC(ZSTD(1))"),
    column("destination_key", "Int64", "Int64 CODEC(ZSTD(1))"),
    word("protocol"),
    column("port", "Int32", "Int32 CODEC(ZSTD(1))"),
    column("icmp_type", "Int32", "Int32 CODEC(ZSTD(1))"),
    column("icmp_code", "Int32", "Int32 CODEC(ZSTD(1))"),
    column("flows", "Int64", "Int64 CODEC(T64, ZSTD(1))"),
    column("dropped", "Int64", "Int64 CODEC(T64, ZSTD(1))"),
    column("audited", "Int64", "Int64 CODEC(T64, ZSTD(1))"),
    nullable("first_seen", "Float64", " CODEC(ZSTD(1))"),
    nullable("last_seen", "Float64", " CODEC(ZSTD(1))"),
    text("detail", 6),
  ],
  names: [
    near("number", "UInt32"),
    text("name"),
    word("source"),
    word("node"),
    text("asked_by"),
    text("address"),
    column("first_seen", "Float64", "Float64 CODEC(ZSTD(1))"),
    column("last_seen", "Float64", "Float64 CODEC(ZSTD(1))"),
    nullable("ttl_seconds", "Float64", " CODEC(ZSTD(1))"),
  ],
  connections: [
    column("orphan", "UInt8"),
    column("conversation", "UInt32", "UInt32 CODEC(ZSTD(1))"),
    column("first_seen", "Float64", "Float64 CODEC(ZSTD(1))"),
    column("last_seen", "Float64", "Float64 CODEC(ZSTD(1))"),
    column("state", "UInt8", "UInt8 CODEC(ZSTD(1))"),
    column("high", "Int32", "Int32 CODEC(ZSTD(1))"),
    column("low", "Int32", "Int32 CODEC(ZSTD(1))"),
  ],
};

export type StateTable = Extract<TableName, "ends" | "conversations" | "names" | "connections">;
export const STATE_TABLES: readonly StateTable[] = ["ends", "names", "connections", "conversations"];

/** The columns of a state's table, without those of the part. */
export function stateColumns(table: StateTable): readonly ClickHouseColumn[] {
  return STATE_COLUMNS[table];
}

/** All of a state's table, as it is inserted. `line` keeps the order of rows that have no number. */
export function stateTable(name: StateTable): ClickHouseTable {
  return {
    name,
    columns: [...PART_COLUMNS, OPEN, near("line", "UInt32"), ...STATE_COLUMNS[name]],
    engine: "MergeTree",
    partition: "(toDate(hour), open)",
    order: ["segment", "part", "line"],
    sharding: "cityHash64(segment)",
    hasDays: true,
  };
}

/** What of a state stands in no table, as JSON: what `coverage` asks for, and the others. */
export const RESTS: ClickHouseTable = {
  name: "rests",
  columns: [...PART_COLUMNS, OPEN, text("coverage", 6), text("others", 6)],
  engine: "MergeTree",
  partition: "(toDate(hour), open)",
  order: ["segment", "part"],
  sharding: "cityHash64(segment)",
  hasDays: true,
};

/** Kept events; `template`, `source` and `destination` name texts of `templates`, 0 none (see event-text.ts). */
export const EVENTS: ClickHouseTable = {
  name: "events",
  columns: [
    ...PART_COLUMNS,
    near("line", "UInt32"),
    column("time", "Int64", "DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1))"),
    word("kind"),
    word("verdict"),
    column("template", "UInt64", "UInt64 CODEC(ZSTD(1))"),
    column("source", "UInt64", "UInt64 CODEC(ZSTD(1))"),
    column("destination", "UInt64", "UInt64 CODEC(ZSTD(1))"),
    { name: "uuid", wire: "UUID", isNullable: true, type: "Nullable(UUID)" },
    nullable("source_port", "Int32", " CODEC(ZSTD(1))"),
    nullable("destination_port", "Int32", " CODEC(ZSTD(1))"),
    text("addresses"),
    text("rest"),
  ],
  engine: "MergeTree",
  partition: "toDate(hour)",
  order: ["segment", "part", "line"],
  indexes: ["INDEX times time TYPE minmax GRANULARITY 1"],
  sharding: "cityHash64(segment)",
  hasDays: true,
};

/** Texts that the events of a segment have in common, once a segment. */
export const TEMPLATES: ClickHouseTable = {
  name: "templates",
  columns: [
    PART_COLUMNS[0] ?? OPEN,
    word("segment"),
    column("template", "UInt64", "UInt64 CODEC(ZSTD(1))"),
    text("text", 6),
  ],
  engine: "ReplacingMergeTree",
  partition: "toDate(hour)",
  order: ["segment", "template"],
  sharding: "cityHash64(segment)",
  hasDays: true,
};

/** The segments: a part counts from when its row stands here. `part` is the highest possible of one that was removed. */
export const SEGMENTS: ClickHouseTable = {
  name: "segments",
  columns: [
    ...PART_COLUMNS,
    word("writer"),
    column("run", "UInt32"),
    column("is_final", "UInt8"),
    nullable("from_ms", "Float64"),
    nullable("to_ms", "Float64"),
    column("flows", "UInt64"),
    column("conversations", "UInt64"),
    column("events", "UInt64"),
    column("bytes", "UInt64"),
    text("nodes"),
    text("manifest"),
  ],
  engine: "ReplacingMergeTree",
  version: "part",
  partition: "toDate(hour)",
  order: ["hour", "segment"],
  sharding: "cityHash64(segment)",
  hasDays: true,
};

/** Versions of objects; an empty `object` is one that was gone. */
export const OBJECTS: ClickHouseTable = {
  name: "objects",
  columns: [
    word("kind"),
    word("namespace"),
    text("name"),
    column("time", "Float64", "Float64 CODEC(ZSTD(1))"),
    column("line", "UInt32", "UInt32 CODEC(ZSTD(1))"),
    text("fingerprint"),
    text("object", 9),
  ],
  engine: "ReplacingMergeTree",
  partition: null,
  order: ["kind", "namespace", "name", "time", "fingerprint"],
  sharding: "cityHash64(kind, namespace, name)",
  hasDays: false,
};

/** Who writes: see lease.ts. */
export const WRITERS: ClickHouseTable = {
  name: "writers",
  columns: [
    word("writer"),
    column("token", "String"),
    column("run", "UInt32"),
    column("host", "String"),
    column("process", "String"),
    column("renewed", "Int64", "DateTime64(3, 'UTC')"),
    column("is_over", "UInt8"),
  ],
  engine: "ReplacingMergeTree",
  version: "renewed",
  partition: null,
  order: ["writer", "token"],
  sharding: "cityHash64(writer)",
  hasDays: false,
};

/** What was agreed on for the whole database; of a name the newest. */
export const SETTINGS: ClickHouseTable = {
  name: "settings",
  columns: [column("name", "String"), column("value", "String"), column("at", "Int64", "DateTime64(3, 'UTC')")],
  engine: "ReplacingMergeTree",
  version: "at",
  partition: null,
  order: ["name"],
  sharding: "cityHash64(name)",
  hasDays: false,
};

export const MIGRATIONS: ClickHouseTable = {
  name: "migrations",
  columns: [column("version", "UInt32"), column("at", "Int64", "DateTime64(3, 'UTC')"), column("by", "String")],
  engine: "ReplacingMergeTree",
  version: "at",
  partition: null,
  order: ["version"],
  sharding: "version",
  hasDays: false,
};

/** The service map of closed hours by day, filled by a view. */
export const CONVERSATIONS_DAILY: ClickHouseTable = {
  name: "conversations_daily",
  columns: [
    column("day", "UInt16", "Date"),
    ...STATE_COLUMNS.conversations.slice(3, 9),
    column("flows", "Int64", "SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1))"),
    column("dropped", "Int64", "SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1))"),
    column("audited", "Int64", "SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1))"),
    { name: "first_seen", wire: "Float64", isNullable: true, type: "SimpleAggregateFunction(min, Nullable(Float64))" },
    { name: "last_seen", wire: "Float64", isNullable: true, type: "SimpleAggregateFunction(max, Nullable(Float64))" },
    column("rows", "UInt64", "SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))"),
  ],
  engine: "AggregatingMergeTree",
  partition: "day",
  order: ["source_key", "destination_key", "protocol", "port", "icmp_type", "icmp_code"],
  sharding: "source_key",
  hasDays: true,
};

/** What the ends of a day are called, filled by a view. */
export const ENDS_DAILY: ClickHouseTable = {
  name: "ends_daily",
  columns: [
    column("day", "UInt16", "Date"),
    column("key", "Int64"),
    column("text", "String", "SimpleAggregateFunction(max, String) CODEC(ZSTD(3))"),
  ],
  engine: "AggregatingMergeTree",
  partition: "day",
  order: ["key"],
  sharding: "key",
  hasDays: true,
};

export const TABLES: readonly ClickHouseTable[] = [
  SEGMENTS,
  ...STATE_TABLES.map(stateTable),
  RESTS,
  TEMPLATES,
  EVENTS,
  OBJECTS,
  WRITERS,
  SETTINGS,
  CONVERSATIONS_DAILY,
  ENDS_DAILY,
];

/** Tables with rows of parts that go on. */
export const OPEN_TABLES: readonly string[] = [...STATE_TABLES, RESTS.name];
/** Tables with partitions of whole days. */
export const DAY_TABLES: readonly string[] = [EVENTS, TEMPLATES, SEGMENTS, CONVERSATIONS_DAILY, ENDS_DAILY].map(
  ({ name }) => name,
);

/** An end as the service map calls it. */
export const END_TEXT = `multiIf(sort = 'pod', concat(name, '/', coalesce(workload, nullIf(pod, ''), '?')),
  sort = 'reserved', concat('reserved:', name), address)`;

type Placed = Pick<ClickHouseAddress, "database" | "cluster" | "isReplicated">;

/** The table's name as queries write it: in a cluster that over all shards. */
export function nameIn({ database }: Placed, table: string): string {
  return `${database}.${table}`;
}

/** The name of the table that holds the rows: in a cluster those of one server. */
export function localIn({ database, cluster }: Placed, table: string): string {
  return cluster === null ? `${database}.${table}` : `${database}.${table}_local`;
}

export function onCluster({ cluster }: Placed): string {
  return cluster === null ? "" : ` ON CLUSTER ${quoted(cluster)}`;
}

/** How many inserts' tokens a table remembers: those of a recorder's retries, and of all others beside it. */
const REMEMBERED_INSERTS = 10_000;

/** The statements that make a table. */
export function createTable(at: Placed, table: ClickHouseTable): readonly string[] {
  const { name, columns, indexes = [], partition, order, sharding } = table;
  const parts = [...columns.map((one) => `${one.name} ${one.type}`), ...indexes];
  const local = `CREATE TABLE IF NOT EXISTS ${localIn(at, name)}${onCluster(at)} (${parts.join(", ")})
    ENGINE = ${engineOf(at, table)}${partition === null ? "" : ` PARTITION BY ${partition}`}
    ORDER BY (${order.join(", ")})
    SETTINGS ${at.isReplicated ? "replicated_deduplication_window" : "non_replicated_deduplication_window"} = ${REMEMBERED_INSERTS}, ttl_only_drop_parts = 1`;
  if (at.cluster === null) return [local];
  const whole = `CREATE TABLE IF NOT EXISTS ${nameIn(at, name)}${onCluster(at)} AS ${localIn(at, name)}
    ENGINE = Distributed(${quoted(at.cluster)}, ${quoted(at.database)}, ${quoted(`${name}_local`)}, ${sharding})`;
  return [local, whole];
}

function engineOf(at: Placed, { name, engine, version }: ClickHouseTable): string {
  const path = at.isReplicated ? [`'/clickhouse/tables/{shard}/${at.database}/${name}'`, "'{replica}'"] : [];
  const words = version === undefined ? path : [...path, version];
  return `${at.isReplicated ? "Replicated" : ""}${engine}(${words.join(", ")})`;
}

/** The views that fill the tables by day as hours are closed. */
export function createViews(at: Placed): readonly string[] {
  const view = (name: string, query: string) =>
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${localIn(at, `${name}_view`)}${onCluster(at)} TO ${localIn(at, name)} AS ${query}`;
  const keys = CONVERSATIONS_DAILY.order.join(", ");
  return [
    view(
      "conversations_daily",
      `SELECT toDate(hour) AS day, ${keys}, sum(c.flows) AS flows, sum(c.dropped) AS dropped, sum(c.audited) AS audited,
        min(c.first_seen) AS first_seen, max(c.last_seen) AS last_seen, count() AS rows
        FROM ${localIn(at, "conversations")} AS c WHERE open = '' GROUP BY day, ${keys}`,
    ),
    view(
      "ends_daily",
      `SELECT toDate(hour) AS day, key, max(${END_TEXT}) AS text FROM ${localIn(at, "ends")} WHERE open = '' GROUP BY day, key`,
    ),
  ];
}

/** A text as an SQL literal. */
export function quoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
