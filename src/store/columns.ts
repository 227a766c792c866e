import type { Column } from "./duckdb.ts";

/*
 * What the Parquet files of a segment hold. Times of conversations are milliseconds since 1970 with a fraction, times of
 * events nanoseconds: as the fold and as Hubble have them.
 */

export const EVENT_COLUMNS: readonly Column[] = [
  { name: "time", type: "BIGINT", stored: "make_timestamp_ns(time)" },
  { name: "kind", type: "VARCHAR" },
  { name: "verdict", type: "VARCHAR" },
  { name: "template", type: "INTEGER" },
  { name: "source", type: "INTEGER" },
  { name: "destination", type: "INTEGER" },
  { name: "uuid", type: "VARCHAR", stored: "uuid::UUID" },
  { name: "source_port", type: "INTEGER" },
  { name: "destination_port", type: "INTEGER" },
  { name: "addresses", type: "VARCHAR" },
  { name: "rest", type: "VARCHAR" },
];

export const TEMPLATE_COLUMNS: readonly Column[] = [
  { name: "template", type: "INTEGER" },
  { name: "text", type: "VARCHAR" },
];

export const END_COLUMNS: readonly Column[] = [
  { name: "number", type: "INTEGER" },
  { name: "key", type: "VARCHAR" },
  { name: "sort", type: "VARCHAR" },
  { name: "name", type: "VARCHAR" },
  { name: "workload_kind", type: "VARCHAR" },
  { name: "workload", type: "VARCHAR" },
  { name: "pod", type: "VARCHAR" },
  { name: "address", type: "VARCHAR" },
  { name: "identity", type: "DOUBLE" },
  { name: "cluster", type: "VARCHAR" },
  { name: "labels", type: "VARCHAR" },
  { name: "seen", type: "VARCHAR" },
];

export const CONVERSATION_COLUMNS: readonly Column[] = [
  { name: "number", type: "INTEGER" },
  { name: "source", type: "INTEGER" },
  { name: "destination", type: "INTEGER" },
  { name: "source_key", type: "BIGINT" },
  { name: "destination_key", type: "BIGINT" },
  { name: "protocol", type: "VARCHAR" },
  { name: "port", type: "INTEGER" },
  { name: "icmp_type", type: "INTEGER" },
  { name: "icmp_code", type: "INTEGER" },
  { name: "flows", type: "DOUBLE", stored: "flows::BIGINT" },
  { name: "dropped", type: "DOUBLE", stored: "dropped::BIGINT" },
  { name: "audited", type: "DOUBLE", stored: "audited::BIGINT" },
  { name: "first_seen", type: "DOUBLE" },
  { name: "last_seen", type: "DOUBLE" },
  { name: "detail", type: "VARCHAR" },
];

export const NAME_COLUMNS: readonly Column[] = [
  { name: "number", type: "INTEGER" },
  { name: "name", type: "VARCHAR" },
  { name: "source", type: "VARCHAR" },
  { name: "node", type: "VARCHAR" },
  { name: "asked_by", type: "VARCHAR" },
  { name: "address", type: "VARCHAR" },
  { name: "first_seen", type: "DOUBLE" },
  { name: "last_seen", type: "DOUBLE" },
  { name: "ttl_seconds", type: "DOUBLE" },
];

/** Connections still open at the hour's end (`orphan` 0), and those that began before it (1). */
export const CONNECTION_COLUMNS: readonly Column[] = [
  { name: "orphan", type: "UTINYINT" },
  { name: "conversation", type: "INTEGER" },
  { name: "first_seen", type: "DOUBLE" },
  { name: "last_seen", type: "DOUBLE" },
  { name: "state", type: "UTINYINT" },
  { name: "high", type: "INTEGER" },
  { name: "low", type: "INTEGER" },
];

/** The tables of a segment, each a file of its name. */
export const TABLES = {
  ends: END_COLUMNS,
  conversations: CONVERSATION_COLUMNS,
  names: NAME_COLUMNS,
  connections: CONNECTION_COLUMNS,
  events: EVENT_COLUMNS,
  templates: TEMPLATE_COLUMNS,
} as const;

export type TableName = keyof typeof TABLES;

/** What an hour folds into; replaced by the hour's next part as a whole. */
export const STATE_TABLES: readonly TableName[] = ["ends", "conversations", "names", "connections"];
export const EVENT_TABLES: readonly TableName[] = ["events", "templates"];
