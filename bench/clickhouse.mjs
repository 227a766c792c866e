// The store in ClickHouse: rows and bytes on disk of what was recorded, CPU a flow of the recorder and of the engine beside
// those of the Parquet store, and query times over 30 days.
// `RINGFENCE_CHDB=…/chdb/index.js node bench/clickhouse.mjs FLOWS.jsonl [DAYS] [clickhouse://…]`: FLOWS some hours of
// `gen-flows.mjs --seconds …`; PARQUET=1 measures the Parquet store beside it. Without an address the engine runs in a process of its own (chdb; one of
// scripts/test-clickhouse.mjs lies in the temporary directory).
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";

const [flows = "", days = "30", given] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "bench-clickhouse-"));
const entry = join(directory, "entry.ts");
const source = (name) => JSON.stringify(join(process.cwd(), "src", name));
writeFileSync(
  entry,
  [
    `export { createClickHouse, openClickHouse } from ${source("store/clickhouse/clickhouse-store.ts")};`,
    `export { HttpConnection } from ${source("store/clickhouse/http-connection.ts")};`,
    `export { parseClickHouseUrl } from ${source("store/clickhouse/clickhouse-url.ts")};`,
    `export { listSegments } from ${source("store/clickhouse/segment-manifest.ts")};`,
    `export { createStore } from ${source("store/parquet-store.ts")};`,
    `export { Recorder } from ${source("store/recorder.ts")};`,
    `export { feedRecording } from ${source("sources/recording.ts")};`,
  ].join("\n"),
);
await build({
  entryPoints: [entry],
  outfile: join(directory, "store.mjs"),
  bundle: true,
  format: "esm",
  platform: "node",
  external: [import.meta.resolve("@duckdb/node-api")],
  alias: { "@duckdb/node-api": import.meta.resolve("@duckdb/node-api") },
  banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
  logLevel: "error",
});
const store = await import(join(directory, "store.mjs"));

let engine = null;
async function startEngine() {
  const words = [
    "test/store/clickhouse/engine-server.mjs",
    process.env.RINGFENCE_CHDB ?? "",
    join(directory, "engine"),
  ];
  engine = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface(engine.stdout)) {
    if (line.startsWith("port ")) return `clickhouse://127.0.0.1:${line.slice(5)}/bench?writer=one`;
  }
  throw new Error("the engine did not start");
}

/** Seconds of CPU of a process, user and system. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function ownCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Records with the clock of the events: a flush a minute of theirs, as far as the reader pauses so often. */
async function record(opened) {
  let recorder = null;
  let flushes = 0;
  const counted = Object.assign(Object.create(opened), {
    append: (part) => {
      flushes++;
      return opened.append(part);
    },
  });
  const [began, engineBegan] = [ownCpu(), engine === null ? 0 : cpuOf(engine.pid)];
  const options = { flushSeconds: 60, retention: { days: null, bytes: null }, say: console.log };
  recorder = await store.Recorder.open(counted, { ...options, now: () => recorder?.lastTime ?? 0 });
  await store.feedRecording([flows], recorder, { pause: () => recorder.flushIfDue() });
  await recorder.close();
  await opened.close();
  const own = ownCpu() - began;
  const served = (engine === null ? 0 : cpuOf(engine.pid)) - engineBegan;
  const { flows: count, kept } = recorder.counts;
  return { count, kept, flushes, own: (own / count) * 1e6, served: (served / count) * 1e6 };
}

const nothing = { append: async () => {}, retain: async () => [], segments: async () => [], close: async () => {} };
const history = async () => ({ ranges: new Map(), endedCleanly: true });
const print = (what, { count, kept, flushes, own, served }) =>
  console.log(
    `${what}: ${count} flows, ${kept} events kept, ${flushes} parts; ${own.toFixed(1)} us of CPU a flow${served > 0 ? `, and ${served.toFixed(1)} us of the engine` : ""}`,
  );

await record({ ...nothing, history });
print("no store", await record({ ...nothing, history }));
if (process.env.PARQUET !== undefined) {
  print("Parquet", await record(await store.createStore(join(directory, "parquet"), { memoryMegabytes: 1024 })));
}
const url = given ?? (await startEngine());
const recorded = await record(await store.createClickHouse(url));
print("ClickHouse", recorded);

const connection = new store.HttpConnection(store.parseClickHouseUrl(url, process.env));
const { database } = connection.address;
const tables = ["conversations", "ends", "names", "connections", "rests", "events", "templates", "segments"];
const sums = ["conversations_daily", "ends_daily"];

async function sizes(title) {
  for (const table of [...tables, ...sums]) await connection.run(`OPTIMIZE TABLE ${database}.${table} FINAL`);
  const text = await connection.run(
    `SELECT table, toString(sum(rows)), toString(sum(bytes_on_disk)) FROM system.parts
     WHERE active AND database = '${database}' GROUP BY table ORDER BY table FORMAT TSV`,
  );
  console.log(title);
  let total = 0;
  for (const line of text.trim().split("\n")) {
    const [table, rows, bytes] = line.split("\t");
    total += Number(bytes);
    console.log(
      `  ${table.padEnd(20)} ${rows.padStart(10)} rows ${bytes.padStart(12)} bytes ${(bytes / rows).toFixed(1).padStart(8)} a row`,
    );
  }
  return total;
}

const bytes = await sizes("recorded, after merges");
console.log(
  `  ${(bytes / recorded.count).toFixed(1)} bytes a flow, ${(bytes / recorded.kept).toFixed(1)} a kept event`,
);

// The same hours again and again, until they are so many days.
const segments = await store.listSegments(connection);
const hours = segments.length;
const copies = Math.floor((Number(days) * 24) / hours);
const TIMES = ["first_seen", "last_seen"];
const shiftedTimes = { conversations: TIMES, names: TIMES, connections: TIMES };
for (const table of tables.slice(0, -1)) {
  const times = (shiftedTimes[table] ?? []).map((name) => `t.${name} + copy * ${hours * 3_600_000} AS ${name}`);
  const shifted = [
    `t.hour + copy * ${hours * 3600} AS hour`,
    "concat(t.segment, '-', toString(copy)) AS segment",
    ...times,
  ];
  await connection.run(
    `INSERT INTO ${database}.${table} SELECT t.* REPLACE (${shifted.join(", ")}) FROM ${database}.${table} AS t
     ARRAY JOIN range(1, ${copies}) AS copy SETTINGS max_partitions_per_insert_block = 0, max_insert_threads = 1, max_threads = 1`,
  );
}
const rows = [];
for (let copy = 1; copy < copies; copy++) {
  const [shift, ms] = [copy * hours, copy * hours * 3_600_000];
  for (const one of segments) {
    const segment = {
      ...one,
      hour: one.hour + shift,
      from: one.from + ms,
      to: one.to + ms,
      segment: `${one.segment}-${copy}`,
    };
    const { writer, run, part, flows: count, events, from: from_ms, to: to_ms } = segment;
    const own = { hour: segment.hour * 3600, segment: segment.segment, part, writer, run, is_final: 1, from_ms, to_ms };
    const counts = { flows: count, conversations: one.rows.conversations, events, bytes: one.bytes, nodes: "[]" };
    rows.push(JSON.stringify({ ...own, ...counts, manifest: JSON.stringify(segment) }));
  }
}
await connection.run(
  `INSERT INTO ${database}.segments SETTINGS max_partitions_per_insert_block = 0 FORMAT JSONEachRow ${rows.join("\n")}`,
);
await sizes(`${copies * hours} hours`);

const reader = await store.openClickHouse(url);
async function timed(what, ask) {
  for (const attempt of ["first", "again"]) {
    const [began, own, served] = [performance.now(), ownCpu(), engine === null ? 0 : cpuOf(engine.pid)];
    const found = await ask();
    const seconds = (performance.now() - began) / 1000;
    const engineSeconds = engine === null ? 0 : cpuOf(engine.pid) - served;
    console.log(
      `${what}, ${attempt}: ${seconds.toFixed(2)} s (CPU: ${(ownCpu() - own).toFixed(2)} s here, ${engineSeconds.toFixed(2)} s of the engine), ${found}`,
    );
  }
}
const count = async (events) => {
  let found = 0;
  for await (const _ of events) found++;
  return `${found} events`;
};
const from = Math.min(...segments.map((segment) => segment.from));
await timed("service map, all days", async () => `${(await reader.conversations()).length} rows`);
const half = { from: from + 43_200_000, to: from + 10 * 86_400_000 };
await timed("service map, ten days from noon to noon", async () => `${(await reader.conversations(half)).length} rows`);
await timed("coverage, all days", async () => `${(await reader.coverage()).flows} flows`);
const day = { from: from + 86_400_000, to: from + 2 * 86_400_000 };
await timed("fold, one day", async () => `${(await reader.fold(day)).state().conversations.length} conversations`);
await timed("fold, all days", async () => `${(await reader.fold()).state().conversations.length} conversations`);
await timed("drops of one day", () => count(reader.events({ ...day, verdicts: ["DROPPED"] })));
await reader.close();
connection.close();
if (engine !== null) engine.kill("SIGKILL");
rmSync(directory, { recursive: true, force: true });
