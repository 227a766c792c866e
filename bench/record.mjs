// `ringfence record` from a real Hubble server that is fed 40,000 flows a second: what was taken and what the server reports
// as lost are together what it was fed. HUBBLE_SERVER_PROGRAM: a server that takes -flows, -mode ring, -rate, -wait-client,
// -listen and -ready-file. And its memory over a long stream, in this process: the same flows again and again, each time as
// others and an hour later (BENCH_RECORD_FLOWS, 20,000,000). Prints one JSON line.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { recording } from "./measure.mjs";

const { HUBBLE_SERVER_PROGRAM, RINGFENCE = "dist/main.js" } = process.env;
const RATE = Number(process.env.BENCH_RECORD_RATE ?? 40_000);
const FED = Number(process.env.BENCH_RECORD_FED ?? 200_000);
const LONG = Number(process.env.BENCH_RECORD_FLOWS ?? 20_000_000);
const directory = mkdtempSync(join(tmpdir(), "bench-record-"));

/** A port that was free a moment ago. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function metricsAt(address) {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const value = (name) => Number(new RegExp(`^ringfence_record_${name} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  return {
    flows: value("flows_total"),
    lost: value('lost_events_total{source="HUBBLE_RING_BUFFER"}'),
    duplicates: value('skipped_total{reason="duplicate"}'),
    keptLost: value("kept_events_lost_total"),
  };
}

/** Seconds of CPU that a process has used. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Seconds of CPU of the plain loop over a file. */
function plainCpu(file) {
  const words = ["-f", "%U %S", process.execPath, "bench/plain-loop.mjs", file];
  const run = spawnSync("/usr/bin/time", words, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  const [user, system] = run.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return user + system;
}

async function accounting() {
  const ready = join(directory, "ready");
  const [port, metricsPort] = [await freePort(), await freePort()];
  const ring = ["-mode", "ring", "-rate", String(RATE), "-wait-client", "-retime"];
  const words = ["-flows", recording(FED), ...ring, "-listen", `127.0.0.1:${port}`, "-ready-file", ready];
  const server = spawn(HUBBLE_SERVER_PROGRAM, words, { stdio: "ignore" });
  for (let turn = 0; turn < 1500 && !existsSync(ready); turn += 1) await sleep(200);
  const listen = `127.0.0.1:${metricsPort}`;
  const to = ["--to", join(directory, "store"), "--flush-interval", "10", "--listen", listen];
  const recorder = spawn(process.execPath, [RINGFENCE, "record", "--quiet", "--server", `127.0.0.1:${port}`, ...to], {
    stdio: "ignore",
  });
  try {
    let seen = { flows: 0, lost: 0 };
    while ((await metricsAt(listen).catch(() => seen)).flows === 0) await sleep(50);
    const before = cpuOf(recorder.pid);
    for (let still = 0; still < 20; ) {
      await sleep(500);
      const now = await metricsAt(listen).catch(() => seen);
      still = now.flows + now.lost > 0 && now.flows === seen.flows && now.lost === seen.lost ? still + 1 : 0;
      seen = now;
    }
    const missing = FED - seen.flows - seen.lost;
    const each = (cpuOf(recorder.pid) - before) / seen.flows;
    const plain = plainCpu(recording(FED)) / FED;
    return [
      {
        what: `${RATE} flows/s into record: fed ${FED}, taken ${seen.flows}, reported lost ${seen.lost}`,
        value: `${missing} unaccounted`,
        limit: "0",
        ok: missing === 0 && seen.keptLost === 0,
      },
      {
        what: "live record, CPU a flow to the plain loop's",
        value: `× ${(each / plain).toFixed(2)} (${Math.round(1 / each)} flows a CPU second)`,
        limit: "",
        ok: null,
      },
    ];
  } finally {
    recorder.kill("SIGTERM");
    await new Promise((resolve) => recorder.on("exit", resolve));
    server.kill();
  }
}

async function modules() {
  const outfile = join(directory, "record.mjs");
  const duckdb = import.meta.resolve("@duckdb/node-api");
  await build({
    stdin: {
      contents: `export { createStore } from "#store/parquet-store.ts";
        export { Recorder } from "#store/recorder.ts";
        export { FlowScanner } from "#decode/flow/flow-scanner.ts";`,
      resolveDir: process.cwd(),
    },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    external: [duckdb],
    alias: { "@duckdb/node-api": duckdb },
  });
  return await import(outfile);
}

/** Resident megabytes at ten moments of a long stream. */
async function longStream() {
  const { createStore, Recorder, FlowScanner } = await modules();
  const store = await createStore(join(directory, "long"), { threads: 1 });
  let clock = Date.UTC(2026, 10, 21, 2);
  const retention = { days: null, bytes: 200e6 };
  const recorder = await Recorder.open(store, { flushSeconds: 60, retention, now: () => clock, say: () => {} });
  const scanner = new FlowScanner();
  const bytes = readFileSync(recording(100_000));
  const resident = [];
  let taken = 0;
  for (let pass = 0; taken < LONG; pass += 1) {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(10, start);
      const event = scanner.scan(bytes, start, end);
      event.time += pass * 3_600_000;
      clock = event.time;
      recorder.add(event, bytes, start, end);
      start = end + 1;
      if (++taken % 5000 === 0) await recorder.flushIfDue();
      if (taken % Math.round(LONG / 10) === 0) resident.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
      if (taken >= LONG) break;
    }
  }
  await recorder.close();
  await store.close();
  const [first, second] = [resident.slice(1, 5), resident.slice(6)].map((list) => Math.max(...list));
  return [
    {
      what: `memory of record over ${LONG} flows, at each tenth`,
      value: `${resident.join(", ")} MB`,
      limit: "flat: the second half at most 1.15 times the first",
      ok: second <= first * 1.15,
    },
  ];
}

const skipped = { what: "record: live skipped", value: "HUBBLE_SERVER_PROGRAM is not set", limit: "0", ok: null };
const live = HUBBLE_SERVER_PROGRAM === undefined ? [skipped] : await accounting();
const figures = [...live, ...(await longStream())];
rmSync(directory, { recursive: true });
console.log(JSON.stringify({ figures }));
