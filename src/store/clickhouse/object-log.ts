import type { JsonObject } from "#model/json.ts";
import { textOf } from "../duckdb.ts";
import { fingerprint } from "../object-changes.ts";
import type { ObjectLog, ObjectVersion } from "../store.ts";
import type { HttpConnection } from "./http-connection.ts";
import { insertRows } from "./part-writer.ts";
import { encodeRows, type WireColumn } from "./row-binary.ts";
import { localIn, nameIn, OBJECTS, onCluster } from "./schema.ts";

const TEXT: WireColumn = { name: "text", wire: "String" };

/**
 * Objects as they were, version by version, of all recorders: the last one is the one with the latest time. Of an insert
 * whose answer was lost rows may come twice, which are the same version.
 */
export class ClickHouseObjectLog implements ObjectLog {
  private readonly connection: HttpConnection;
  /** What this run calls its inserts. */
  private readonly run: string;
  private inserts = 0;

  constructor(connection: HttpConnection, run: number) {
    this.connection = connection;
    this.run = `${connection.address.writer}-r${run}`;
  }

  async append(versions: readonly ObjectVersion[]): Promise<void> {
    if (versions.length === 0) return;
    const columns = [
      versions.map(({ kind }) => kind),
      versions.map(({ namespace }) => namespace),
      versions.map(({ name }) => name),
      versions.map(({ time }) => time),
      versions.map((_, line) => line),
      versions.map(({ object }) => (object === null ? "" : fingerprint(object))),
      versions.map(({ object }) => (object === null ? "" : JSON.stringify(object))),
    ];
    const data = encodeRows(OBJECTS.columns, columns, versions.length);
    await insertRows(this.connection, { table: OBJECTS, data }, `objects/${this.run}/${++this.inserts}`);
  }

  async at(time: number | null): Promise<readonly JsonObject[]> {
    const [texts = []] = await this.connection.columns(
      `SELECT argMax(o.object, (o.time, o.line)) AS text FROM ${nameIn(this.connection.address, OBJECTS.name)} AS o
       ${time === null ? "" : `WHERE o.time <= ${time}`}
       GROUP BY kind, namespace, name HAVING text != '' ORDER BY kind, namespace, name`,
      [TEXT],
    );
    return texts.map((text): JsonObject => JSON.parse(textOf(text)));
  }

  async known(): Promise<ReadonlyMap<string, string>> {
    const [keys = [], prints = []] = await this.connection.columns(
      `SELECT concat(kind, '/', namespace, '/', name) AS key, argMax(o.fingerprint, (o.time, o.line)) AS print
       FROM ${nameIn(this.connection.address, OBJECTS.name)} AS o GROUP BY kind, namespace, name HAVING print != ''`,
      [TEXT, TEXT],
    );
    return new Map(keys.map((key, row) => [textOf(key), textOf(prints[row])]));
  }

  async retain(before: number): Promise<void> {
    const at = this.connection.address;
    const table = localIn(at, OBJECTS.name);
    await this.connection.run(
      `ALTER TABLE ${table}${onCluster(at)} DELETE WHERE time < ${before} AND (kind, namespace, name, time) NOT IN (
         SELECT kind, namespace, name, max(o.time) FROM ${table} AS o WHERE o.time < ${before} GROUP BY kind, namespace, name)
       SETTINGS allow_nondeterministic_mutations = 1`,
    );
  }
}
