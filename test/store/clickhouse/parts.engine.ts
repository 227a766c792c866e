import { afterAll, describe, expect, it } from "vitest";
import type { JsonObject } from "#model/json.ts";
import { createClickHouse, openClickHouse } from "#store/clickhouse/clickhouse-store.ts";
import { parseClickHouseUrl } from "#store/clickhouse/clickhouse-url.ts";
import { HttpConnection } from "#store/clickhouse/http-connection.ts";
import { Lease } from "#store/clickhouse/lease.ts";
import { migrate, MIGRATIONS_OF_THE_SCHEMA } from "#store/clickhouse/migrations.ts";
import { textOf } from "#store/duckdb.ts";
import type { Store } from "#store/store.ts";
import { HOUR, line, recordingInto, START, take } from "../recorded-flows.ts";
import { startEngine } from "./engine.ts";
import { lossyProxy } from "./lossy-proxy.ts";

const PASSWORD = "top-secret";
const engine = await startEngine(PASSWORD);
const proxy = await lossyProxy(engine.port);
afterAll(() => {
  proxy.stop();
  engine.stop();
});

const environment = { CLICKHOUSE_PASSWORD: PASSWORD };
const options = { environment, waitsMs: [1, 1] };
let databases = 0;
const newPlace = () => `clickhouse://127.0.0.1:${proxy.port}/parts_${++databases}?writer=one`;
const { open, recorded, reading, linesOf, flowsOf, gapsOf } = recordingInto({
  newPlace,
  create: (place) => createClickHouse(place, options),
  open: (place) => openClickHouse(place, options),
});

function connected(place: string): HttpConnection {
  return new HttpConnection(parseClickHouseUrl(place, environment));
}

async function asked(place: string, sql: string): Promise<readonly string[]> {
  const connection = connected(place);
  const [found = []] = await connection.columns(sql, [{ name: "text", wire: "String" }]);
  connection.close();
  return found.map(textOf);
}

const mapOf = (place: string) =>
  reading(place, async (store) => (await store.conversations()).map(({ flows }) => flows));
const databaseOf = (place: string) => parseClickHouseUrl(place, {}).database;

describe("an answer that is lost on the way", () => {
  it("costs nothing and stores nothing twice, in the view by day either", async () => {
    const place = newPlace();
    const seen = new Set<string>();
    proxy.fate = (sql) => {
      const table = /^INSERT INTO (\S+) \(hour/.exec(sql)?.[1];
      if (table === undefined || seen.has(table)) return "through";
      seen.add(table);
      return "answer-lost";
    };
    const { said } = await recorded(place, [line(0), line(1000), line(2000)]);
    proxy.fate = () => "through";
    expect(seen.size).toBe(7);
    expect(said).toEqual([]);
    expect(await linesOf(place)).toEqual([line(0), line(1000), line(2000)]);
    expect(await mapOf(place)).toEqual([3]);
    const database = databaseOf(place);
    expect(
      await asked(place, `SELECT toString(sum(c.flows)) AS text FROM ${database}.conversations_daily AS c`),
    ).toEqual(["3"]);
  });
});

describe("a writer that dies while it writes", () => {
  it("leaves nothing that is seen, and what it left is dropped at the next start", async () => {
    const place = newPlace();
    const { recorder } = await recorded(place, [line(0)], false);
    take(recorder, line(1000));
    proxy.fate = (sql) => (sql.includes(".segments ") && sql.startsWith("INSERT") ? "lost" : "through");
    await recorder.flush();
    expect(recorder.isHealthy).toBe(false);
    proxy.fate = () => "through";
    expect([await flowsOf(place), await linesOf(place)]).toEqual([1, [line(0)]]);
    const parts = `SELECT DISTINCT open AS text FROM ${databaseOf(place)}.conversations WHERE open != '' ORDER BY text`;
    expect((await asked(place, parts)).length).toBe(2);
    // It is dead for the others once its lease says so.
    const connection = connected(place);
    await connection.run(`TRUNCATE TABLE ${databaseOf(place)}.writers`);
    connection.close();
    await recorded(place, [line(60_000)]);
    expect((await asked(place, parts)).length).toBe(1);
    expect(await flowsOf(place)).toBe(2);
    expect(await gapsOf(place)).toEqual([
      { node: "node-1", from: START, to: START + 60_000, reason: "the recorder ended without saving, and did not run" },
    ]);
  });

  it("at the very end of an hour: the view by day has it, the answer has not", async () => {
    const place = newPlace();
    const { recorder } = await recorded(place, [line(0)], false);
    proxy.fate = (sql) => (sql.includes(".segments ") && sql.startsWith("INSERT") ? "lost" : "through");
    await recorder.close();
    proxy.fate = () => "through";
    const daily = `SELECT toString(sum(c.flows)) AS text FROM ${databaseOf(place)}.conversations_daily AS c`;
    expect(await asked(place, daily)).toEqual(["1"]);
    expect(await mapOf(place)).toEqual([1]);
    const connection = connected(place);
    await connection.run(`TRUNCATE TABLE ${databaseOf(place)}.writers`);
    connection.close();
    await recorded(place, [line(HOUR), line(HOUR + 1)]);
    expect(await asked(place, daily)).toEqual(["3"]);
    expect([await mapOf(place), await flowsOf(place)]).toEqual([[3], 3]);
  });
});

describe("several recorders of one database", () => {
  it("each with its nodes: all is there, and each removes its own", async () => {
    const place = newPlace();
    const other = place.replace("writer=one", "writer=two");
    await recorded(place, [line(0), line(1)]);
    for (const hour of [0, 1]) await recorded(other, [line(hour * HOUR, "node-2", hour)]);
    expect([await flowsOf(place), await mapOf(other)]).toEqual([4, [4]]);
    const store = await createClickHouse(other, options);
    expect((await store.segments()).length).toBe(2);
    expect((await store.retain({ days: null, bytes: 1 }, START)).length).toBe(1);
    await store.close();
    expect(await flowsOf(place)).toBe(3);
    expect(await mapOf(place)).toEqual([3]);
  });

  it("of the same nodes: said", async () => {
    const place = newPlace();
    const other = place.replace("writer=one", "writer=two");
    await recorded(place, [line(0), line(90_000)]);
    await recorded(other, [line(1), line(90_001)]);
    const { findings } = await reading(place, (store) => store.coverage());
    expect(findings.map(({ message }) => message)).toEqual([
      "node node-1 was recorded by one and two at the same time: its flows count twice",
    ]);
  });

  it("one whose recorder is alive elsewhere is not taken, one that is silent is", async () => {
    const place = newPlace();
    await recorded(place, [line(0)]);
    const times = { renewMs: 60_000, expiryMs: 2000, pollMs: 100 };
    const connection = connected(place);
    const row = (host: string, ago: number) =>
      connection.run(
        `INSERT INTO ${databaseOf(place)}.writers (writer, token, run, host, process, renewed, is_over)
         SELECT 'one', '${host}', 9, '${host} x', '77', now64(3) - toIntervalSecond(${ago}), 0`,
      );
    await row("silent", 60);
    const lease = await Lease.take(connection, times);
    expect(lease.run).toBe(10);
    await row("other", -60);
    await expect(lease.confirm()).resolves.toBeUndefined();
    await lease.release();
    const renewing = setInterval(() => void row("busy", 0), 300);
    await row("busy", 1);
    await expect(Lease.take(connection, times)).rejects.toMatchObject({
      code: "store-locked",
      message: expect.stringMatching(/a recorder on (?:busy|other) \(process 77\) writes as one already/),
    });
    clearInterval(renewing);
    connection.close();
  });
});

describe("the view by day", () => {
  it("answers for whole days; without it the hours do", async () => {
    const place = newPlace();
    for (const hour of [0, 1, 24]) await recorded(place, [line(hour * HOUR)]);
    expect(await mapOf(place)).toEqual([3]);
    const connection = connected(place);
    const half = { from: null, to: START + HOUR / 2 };
    const flows = (store: Store) => store.conversations(half).then((all) => all.map((one) => one.flows));
    expect(await reading(place, flows)).toEqual([1]);
    await connection.run(`TRUNCATE TABLE ${databaseOf(place)}.conversations`);
    expect(await mapOf(place)).toEqual([3]);
    connection.close();
  });

  it("without rows that its segments tell of: passed over, and said", async () => {
    const place = newPlace();
    await recorded(place, [line(0)]);
    const connection = connected(place);
    for (const table of ["conversations", "conversations_daily"]) {
      await connection.run(`TRUNCATE TABLE ${databaseOf(place)}.${table}`);
    }
    connection.close();
    await reading(place, async (store) => {
      expect(await store.conversations()).toEqual([]);
      expect(store.findings().map(({ message }) => message)).toEqual([
        expect.stringMatching(
          /^rows of segment 2026-09-14T10-one-r1-000001 are missing in ClickHouse; it is passed over$/,
        ),
      ]);
    });
  });
});

describe("removing", () => {
  it("takes the rows of days of which nothing is left", async () => {
    const place = newPlace();
    for (const hour of [0, 24, 48]) await recorded(place, [line(hour * HOUR)]);
    const { store } = await open(place);
    const now = START + 49 * HOUR;
    expect((await store.retain({ days: 1.5, bytes: null }, now)).length).toBe(1);
    await store.close();
    const days = `SELECT DISTINCT toString(toDate(hour)) AS text FROM ${databaseOf(place)}.TABLE ORDER BY text`;
    for (const table of ["segments", "conversations", "events"]) {
      expect(await asked(place, days.replace("TABLE", table))).toEqual(["2026-09-15", "2026-09-16"]);
    }
    expect([await flowsOf(place), await mapOf(place)]).toEqual([2, [2]]);
  });

  it("is the server's too, of what is recorded today", async () => {
    const place = newPlace();
    const { store } = await recorded(place, [line(Date.now() - START)], false);
    await store.retain({ days: 3, bytes: null }, Date.now());
    await store.close();
    const made = `SELECT create_table_query AS text FROM system.tables WHERE database = '${databaseOf(place)}' AND name = 'TABLE'`;
    for (const table of ["segments", "events", "ends", "conversations_daily"]) {
      expect((await asked(place, made.replace("TABLE", table)))[0]).toMatch(/TTL \w+ \+ toIntervalDay\(5\)/);
    }
    expect(await flowsOf(place)).toBe(1);
  });
});

describe("the schema", () => {
  it("is brought forward once; who does not know it yet refuses it", async () => {
    const place = newPlace();
    await recorded(place, [line(0)]);
    const connection = connected(place);
    const next = { version: 2, statements: () => [`CREATE TABLE ${databaseOf(place)}.more (a UInt8) ENGINE = Memory`] };
    await migrate(connection, [...MIGRATIONS_OF_THE_SCHEMA, next]);
    await migrate(connection, [...MIGRATIONS_OF_THE_SCHEMA, next]);
    connection.close();
    for (const again of [createClickHouse, openClickHouse]) {
      await expect(again(place, options)).rejects.toMatchObject({ code: "store-format" });
    }
  });

  it("is made in a cluster with replicas", async () => {
    const place = `${newPlace()}&cluster=demo`;
    const connection = connected(place);
    await connection.run(`CREATE DATABASE ${databaseOf(place)} ON CLUSTER 'demo'`);
    for (const { statements } of MIGRATIONS_OF_THE_SCHEMA) {
      for (const statement of statements(connection.address)) await connection.run(statement);
    }
    connection.close();
    const engines = `SELECT concat(name, ' ', engine) AS text FROM system.tables WHERE database = '${databaseOf(place)}' ORDER BY text`;
    const made = await asked(place, engines);
    expect(made).toContain("conversations Distributed");
    expect(made).toContain("conversations_local ReplicatedMergeTree");
    expect(made).toContain("conversations_daily_local ReplicatedAggregatingMergeTree");
    expect(made).toContain("segments_local ReplicatedReplacingMergeTree");
  });

  it("needs the password", async () => {
    const place = newPlace();
    for (const given of [{}, { CLICKHOUSE_PASSWORD: "wrong" }]) {
      await expect(createClickHouse(place, { environment: given })).rejects.toMatchObject({ code: "store-password" });
    }
  });
});

describe("objects as they were", () => {
  it("at any time, of all recorders, without what is out of date", async () => {
    const place = newPlace();
    const { store } = await open(place);
    const version = (time: number, name: string, app: string | null) => {
      const object: JsonObject = { kind: "Pod", metadata: { name, namespace: "shop", labels: { app: app ?? "" } } };
      return { time, kind: "Pod", namespace: "shop", name, object: app === null ? null : object };
    };
    const log = store.objects;
    if (log === undefined) throw new Error("no objects");
    await log.append([version(1, "a", "one"), version(1, "b", "one")]);
    await log.append([version(2, "a", "two"), version(3, "b", null), version(4, "c", "one")]);
    const apps = async (time: number | null) => JSON.stringify(await log.at(time)).match(/"(?:one|two)"/g);
    expect([await apps(1), await apps(2), await apps(3), await apps(null)]).toEqual([
      ['"one"', '"one"'],
      ['"two"', '"one"'],
      ['"two"'],
      ['"two"', '"one"'],
    ]);
    expect([...(await log.known()).keys()]).toEqual(expect.arrayContaining(["Pod/shop/a", "Pod/shop/c"]));
    await log.retain(3);
    await store.close();
  });
});
