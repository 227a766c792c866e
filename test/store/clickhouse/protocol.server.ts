import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClickHouse } from "#store/clickhouse/clickhouse-store.ts";
import { parseClickHouseUrl } from "#store/clickhouse/clickhouse-url.ts";
import { HttpConnection } from "#store/clickhouse/http-connection.ts";
import { encodeRows, type WireColumn } from "#store/clickhouse/row-binary.ts";

/*
 * A real server, of whatever version is installed. Debian's is of 2018: too old for the store, and still the protocol.
 */

const directory = mkdtempSync(join(tmpdir(), "ringfence-clickhouse-server-"));
let port = 0;
let server: ChildProcess;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function start(): Promise<void> {
  server = spawn("clickhouse-server", [`--config-file=${join(directory, "config.xml")}`], {
    cwd: directory,
    stdio: "ignore",
  });
  const connection = new HttpConnection(parseClickHouseUrl(url("default"), {}), []);
  for (let tries = 0; ; tries++) {
    try {
      await connection.run("SELECT 1");
      break;
    } catch (cause) {
      if (tries > 300) throw cause;
      await sleep(200);
    }
  }
  connection.close();
}

const url = (user: string, password = "") => `clickhouse://${user}:${password}@127.0.0.1:${port}/default?writer=one`;

beforeAll(async () => {
  port = await freePort();
  const path = (name: string) => join(directory, name);
  for (const name of ["data", "tmp"]) mkdirSync(path(name));
  writeFileSync(
    path("config.xml"),
    `<yandex><logger><level>warning</level><log>${path("log")}</log><errorlog>${path("errors")}</errorlog></logger>
    <http_port>${port}</http_port><listen_host>127.0.0.1</listen_host><path>${path("data")}/</path>
    <tmp_path>${path("tmp")}/</tmp_path><users_config>${path("users.xml")}</users_config>
    <mark_cache_size>100000000</mark_cache_size><default_profile>default</default_profile>
    <default_database>default</default_database></yandex>`,
  );
  const user = (name: string, password: string, profile: string) =>
    `<${name}><password>${password}</password><networks><ip>::/0</ip></networks><profile>${profile}</profile><quota>default</quota></${name}>`;
  writeFileSync(
    path("users.xml"),
    `<yandex><profiles><default/><reader><readonly>1</readonly></reader><small><max_memory_usage>1000000</max_memory_usage></small></profiles>
    <quotas><default/></quotas>
    <users>${user("default", "", "default")}${user("me", "right", "default")}${user("reader", "", "reader")}${user("small", "", "small")}</users></yandex>`,
  );
  await start();
}, 120_000);

afterAll(async () => {
  server.kill("SIGKILL");
  await once(server, "exit");
  rmSync(directory, { recursive: true, force: true });
});

const COLUMNS: readonly WireColumn[] = [
  { name: "number", wire: "UInt64" },
  { name: "text", wire: "String" },
  { name: "time", wire: "Float64", isNullable: true },
  { name: "uuid", wire: "UUID" },
];

describe("a real server", () => {
  it("takes binary rows and gives them back", async () => {
    const connection = new HttpConnection(parseClickHouseUrl(url("me", "right"), {}));
    await connection.run(
      "CREATE TABLE rows (number UInt64, text String, time Nullable(Float64), uuid UUID) ENGINE = MergeTree ORDER BY number",
    );
    const many = Array.from({ length: 50_000 }, (_, index) => BigInt(index));
    const texts = many.map((number) => `text ${number} \u0001 ü ${"x".repeat(Number(number % 300n))}`);
    const times = many.map((number) => (number % 3n === 0n ? null : 1795228836004.717 + Number(number) / 7));
    const uuids = many.map((number) => `0123456${number % 10n}-89ab-4cde-8f01-${String(number).padStart(12, "0")}`);
    const rows = [many, texts, times, uuids];
    await connection.insert("INSERT INTO rows FORMAT RowBinary", encodeRows(COLUMNS, rows, many.length));
    expect(await connection.columns("SELECT * FROM rows ORDER BY number", COLUMNS)).toEqual(rows);
    connection.close();
  });

  it.each([
    ["the wrong password", "me", "wrong", "SELECT 1", "store-password"],
    ["an unknown user", "nobody", "", "SELECT 1", "store-password"],
    ["no such table", "me", "right", "SELECT * FROM nothing", "no-store"],
    ["no such database", "me", "right", "SELECT * FROM nowhere.nothing", "store-no-database"],
    ["a user who may only read", "reader", "", "CREATE TABLE t (a UInt8) ENGINE = Memory", "store-not-allowed"],
    [
      "memory",
      "small",
      "",
      "SELECT count() FROM (SELECT number FROM numbers(10000000) GROUP BY number)",
      "store-memory",
    ],
    [
      "a failure in the middle of an answer",
      "me",
      "right",
      "SELECT throwIf(number = 999999) FROM system.numbers",
      "store-refused",
    ],
  ])("refuses with %s, and that is said in words", async (_, user, password, sql, code) => {
    const connection = new HttpConnection(parseClickHouseUrl(url(user, password), {}), []);
    await expect(connection.columns(sql, COLUMNS.slice(0, 1))).rejects.toMatchObject({ code });
    connection.close();
  });

  it("of 2018 is refused as too old", async () => {
    const connection = new HttpConnection(parseClickHouseUrl(url("default"), {}));
    const version = (await connection.run("SELECT version()")).trim();
    connection.close();
    if (!version.startsWith("18.")) {
      console.warn(
        `clickhouse-server ${version} is not Debian's of 2018: that an old one is refused is not tried here`,
      );
      return;
    }
    await expect(createClickHouse(url("default"))).rejects.toMatchObject({
      code: "store-old-server",
      message: `ClickHouse at 127.0.0.1:${port} is ${version}, which is too old`,
    });
  });

  it("that is killed is away, and asked again it answers when it is back", { timeout: 120_000 }, async () => {
    const connection = new HttpConnection(parseClickHouseUrl(url("default"), {}), [10, 10]);
    expect(await connection.run("SELECT 1")).toBe("1\n");
    server.kill("SIGKILL");
    await once(server, "exit");
    await expect(connection.run("SELECT 1")).rejects.toMatchObject({ code: "store-away" });
    await start();
    expect(await connection.run("SELECT 2")).toBe("2\n");
    connection.close();
  });
});
