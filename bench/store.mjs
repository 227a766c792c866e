// The store's figures: bytes a raw flow over a day, what recording costs beside reading, the service map and the coverage
// of weeks. Prints one JSON line. `node bench/store.mjs [--days 30] [--dist dist] [--flows DAY.jsonl]`: without --flows a
// day of a million flows is generated; its segments stand for each of the days.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({
  options: {
    days: { type: "string", default: "30" },
    dist: { type: "string", default: "dist" },
    flows: { type: "string" },
    count: { type: "string", default: "1000000" },
  },
});
const DAY_MS = 86_400_000;
const LIMITS = { bytes: 20, query: 1, start: 2 };
const directory = mkdtempSync(join(tmpdir(), "bench-store-"));

/** A day of a cluster, spread over 24 hours. */
function day() {
  if (values.flows !== undefined) return values.flows;
  const path = `bench/data/day-${values.count}.jsonl`;
  mkdirSync("bench/data", { recursive: true });
  const words = ["--count", values.count, "--seconds", "86400", "--nodes", "20", "--namespaces", "40", "--out", path];
  if (!existsSync(path)) spawnSync(process.execPath, ["bench/generate-flows.mjs", ...words], { stdio: "inherit" });
  return path;
}

/** Seconds of CPU and peak megabytes of a command. */
function timed(words) {
  const run = spawnSync("/usr/bin/time", ["-f", "%U %S %M", process.execPath, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`${words.join(" ")} ended with ${run.status}: ${run.stderr}`);
  const [user, system, kilobytes] = run.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { cpu: user + system, peak: kilobytes / 1024 };
}

function manifestsOf(store) {
  const folder = join(store, "segments");
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name, "manifest.json"), "utf8")));
}

/** The same day, again and again: names and times are shifted, what the files hold is not. */
function copyDays(store, manifests, days) {
  const month = join(directory, "month");
  for (const folder of ["segments", "unfinished"]) mkdirSync(join(month, folder), { recursive: true });
  copyFileSync(join(store, "store.json"), join(month, "store.json"));
  for (let number = 0; number < days; number += 1) {
    const shift = number * DAY_MS;
    for (const manifest of manifests) {
      const name = `${manifest.name}-d${number}`;
      const folder = join(month, "segments", name);
      mkdirSync(folder);
      for (const { name: file } of manifest.files) {
        copyFileSync(join(store, "segments", manifest.name, file), join(folder, file));
      }
      const times = { from: manifest.from + shift, to: manifest.to + shift, hour: manifest.hour + number * 24 };
      const own = { ...manifest, ...times, name, supersedes: [], replaces: [] };
      writeFileSync(join(folder, "manifest.json"), JSON.stringify(own));
    }
  }
  return month;
}

async function storeModule() {
  const outfile = join(directory, "store.mjs");
  const duckdb = import.meta.resolve("@duckdb/node-api");
  await build({
    entryPoints: ["src/store/parquet-store.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    external: [duckdb],
    alias: { "@duckdb/node-api": duckdb },
  });
  return await import(outfile);
}

/** Seconds of CPU and of the clock that something takes. */
async function measured(use) {
  const [cpu, clock] = [process.cpuUsage(), performance.now()];
  const result = await use();
  const { user, system } = process.cpuUsage(cpu);
  return { result, cpu: (user + system) / 1e6, clock: (performance.now() - clock) / 1000 };
}

async function month(manifests, store) {
  const days = Number(values.days);
  const { createStore, openStore } = await storeModule();
  const path = copyDays(store, manifests, days);
  const rolled = await measured(async () => (await createStore(path)).close());
  const opened = await measured(() => openStore(path));
  const reader = opened.result;
  const coverage = await measured(() => reader.coverage());
  const runs = [];
  for (let run = 0; run < 3; run += 1) runs.push(await measured(() => reader.conversations()));
  await reader.close();
  const query = runs.reduce((best, one) => (one.cpu < best.cpu ? one : best));
  const start = opened.cpu + coverage.cpu;
  const text = ({ cpu, clock }) => `${cpu.toFixed(2)} s CPU (${clock.toFixed(2)} s)`;
  return [
    {
      what: `service map of ${days} days (${query.result.length} conversations)`,
      value: text(query),
      limit: "< 1 s",
      ok: Math.min(query.cpu, query.clock) < LIMITS.query,
    },
    {
      what: `opening ${days} days (${manifests.length * days} segments), with their coverage`,
      value: text({ cpu: start, clock: opened.clock + coverage.clock }),
      limit: "< 2 s",
      ok: Math.min(start, opened.clock + coverage.clock) < LIMITS.start,
    },
    { what: `files of ${days} days for the service map, made anew`, value: text(rolled), limit: "", ok: null },
  ];
}

const flows = day();
const store = join(directory, "store");
const recorded = timed([join(values.dist, "main.js"), "record", "--quiet", "--flows", flows, "--to", store]);
const plain = timed(["bench/plain-loop.mjs", flows]);
const manifests = manifestsOf(store);
const count = manifests.reduce((sum, { flows: some }) => sum + some, 0);
const bytes = manifests.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0);
const each = bytes / count;
const figures = [
  {
    what: `bytes a raw flow, a day of ${count} flows`,
    value: each.toFixed(1),
    limit: "≤ 20",
    ok: each <= LIMITS.bytes,
  },
  {
    what: "record from a file, CPU to the plain loop",
    value: `× ${(recorded.cpu / plain.cpu).toFixed(2)} (${Math.round(count / recorded.cpu)} flows a CPU second)`,
    limit: "",
    ok: null,
  },
  { what: "record from a file, peak memory", value: `${recorded.peak.toFixed(0)} MB`, limit: "", ok: null },
  ...(await month(manifests, store)),
];
rmSync(directory, { recursive: true });
console.log(JSON.stringify({ figures }));
