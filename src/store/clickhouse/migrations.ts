import { UserError } from "#model/finding.ts";
import { numberOf } from "../duckdb.ts";
import type { ClickHouseAddress } from "./clickhouse-url.ts";
import type { HttpConnection } from "./http-connection.ts";
import { createTable, createViews, MIGRATIONS, nameIn, onCluster, TABLES } from "./schema.ts";

/** Steps of the schema, forward only: what was released is never changed, what is new is added. */
export type Migration = {
  readonly version: number;
  /** Statements that may be run again: another recorder may do the same, and a run may have died midway. */
  readonly statements: (at: ClickHouseAddress) => readonly string[];
};

export const MIGRATIONS_OF_THE_SCHEMA: readonly Migration[] = [
  { version: 1, statements: (at) => [...TABLES.flatMap((table) => createTable(at, table)), ...createViews(at)] },
];

/** An LTS release, and the first whose functions and settings are all there that are used here. */
const LEAST_SERVER: readonly [year: number, month: number] = [23, 8];

/** Throws a UserError when the server is older than what is used of it, or none. */
export async function refuseOldServer(connection: HttpConnection): Promise<void> {
  const version = (await connection.run("SELECT version()")).trim();
  const { shown, host, port } = connection.address;
  const match = /^(\d+)\.(\d+)\./.exec(version);
  if (match === null) {
    throw new UserError("store-no-clickhouse", `no ClickHouse answers at ${host}:${port}`, {
      help: "name the port of its HTTP interface, 8123 or 8443",
      place: { file: shown },
    });
  }
  const [year, month] = [Number(match[1]), Number(match[2])];
  if (year > LEAST_SERVER[0] || (year === LEAST_SERVER[0] && month >= LEAST_SERVER[1])) return;
  throw new UserError("store-old-server", `ClickHouse at ${host}:${port} is ${version}, which is too old`, {
    help: `${LEAST_SERVER.join(".")} is the oldest that will do`,
    place: { file: shown },
  });
}

/** Brings the schema to what this version knows. Throws a UserError when it is newer. */
export async function migrate(
  connection: HttpConnection,
  migrations: readonly Migration[] = MIGRATIONS_OF_THE_SCHEMA,
): Promise<void> {
  const at = connection.address;
  if (!(await hasDatabase(connection))) {
    await connection.run(`CREATE DATABASE IF NOT EXISTS ${at.database}${onCluster(at)}`);
  }
  for (const statement of createTable(at, MIGRATIONS)) await connection.run(statement);
  const found = await schemaVersion(connection);
  refuseNewer(found, migrations, at);
  for (const { version, statements } of migrations) {
    if (version <= found) continue;
    for (const statement of statements(at)) await connection.run(statement);
    await connection.run(
      `INSERT INTO ${nameIn(at, MIGRATIONS.name)} (version, at, by) SELECT ${version}, now64(3), currentUser() SETTINGS insert_distributed_sync = 1`,
    );
  }
}

/** Throws a UserError where there is no store of this version's schema to read. */
export async function refuseOtherSchema(connection: HttpConnection): Promise<void> {
  const at = connection.address;
  const newest = MIGRATIONS_OF_THE_SCHEMA.at(-1)?.version ?? 0;
  const found = await schemaVersion(connection);
  refuseNewer(found, MIGRATIONS_OF_THE_SCHEMA, at);
  if (found === newest) return;
  throw new UserError("store-format", `the store has schema ${found}; this version reads ${newest}`, {
    help: "a recorder of this version brings it forward when it starts",
    place: { file: at.shown },
  });
}

function refuseNewer(found: number, migrations: readonly Migration[], { shown }: ClickHouseAddress): void {
  const newest = migrations.at(-1)?.version ?? 0;
  if (found <= newest) return;
  throw new UserError("store-format", `the store has schema ${found}; this version knows those up to ${newest}`, {
    help: "a newer ringfence has written it: use that one here as well",
    place: { file: shown },
  });
}

/** The schema's version; 0 before the first migration. */
async function schemaVersion(connection: HttpConnection): Promise<number> {
  const [versions] = await connection.columns(
    `SELECT max(version) AS version FROM ${nameIn(connection.address, MIGRATIONS.name)}`,
    [{ name: "version", wire: "UInt32" }],
  );
  return numberOf(versions?.[0]);
}

async function hasDatabase(connection: HttpConnection): Promise<boolean> {
  const [counts] = await connection.columns(
    `SELECT toUInt32(count()) FROM system.databases WHERE name = '${connection.address.database}'`,
    [{ name: "count", wire: "UInt32" }],
  );
  return numberOf(counts?.[0]) > 0;
}
