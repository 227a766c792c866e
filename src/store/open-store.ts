import { isClickHouseUrl } from "./clickhouse/clickhouse-url.ts";
import type { Store } from "./store.ts";

/**
 * Opens a store to read it: a directory of Parquet segments, or a ClickHouse (`clickhouse://…`). What a kind of store needs
 * is loaded when one is opened. Throws a UserError where there is none.
 */
export async function openStore(place: string): Promise<Store> {
  if (isClickHouseUrl(place)) return (await import("./clickhouse/clickhouse-store.ts")).openClickHouse(place);
  return (await import("./parquet-store.ts")).openStore(place);
}

/** Opens a store to write it, making it where there is none. Throws a UserError when it cannot be written. */
export async function createStore(place: string): Promise<Store> {
  if (isClickHouseUrl(place)) return (await import("./clickhouse/clickhouse-store.ts")).createClickHouse(place);
  return (await import("./parquet-store.ts")).createStore(place);
}
