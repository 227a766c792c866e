// Flows from a real Hubble server over loopback: `ringfence observe -o json` against the real hubble CLI, where both are
// given (HUBBLE=path of `hubble`, HUBBLE_SERVER_PROGRAM=path of a server that takes -flows, -mode list, -listen and
// -ready-file), in the same run. Prints one JSON line.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { median, recording } from "./measure.mjs";

const flows = Number(process.env.BENCH_LIVE_FLOWS ?? 300_000);
const { HUBBLE, HUBBLE_SERVER_PROGRAM, RINGFENCE = "dist/main.js" } = process.env;
const LIMITS = { rate: 2.5, cpu: 1 / 3, memory: 300 };

/** Seconds, seconds of CPU and peak megabytes of a command. */
function timed(command, words) {
  const start = performance.now();
  const run = spawnSync("/usr/bin/time", ["-f", "%U %S %M", command, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`${command} ended with ${run.status}: ${run.stderr}`);
  const [user, system, kilobytes] = run.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { seconds: (performance.now() - start) / 1000, cpu: user + system, peak: kilobytes / 1024 };
}

async function measure(address) {
  const words = ["observe", "--server", address, "--last", String(flows), "-o", "json"];
  const runs = [1, 2, 3].map(() => ({
    ours: timed(process.execPath, [RINGFENCE, ...words]),
    theirs: timed(HUBBLE, words),
  }));
  const rate = median(runs.map(({ ours, theirs }) => theirs.seconds / ours.seconds));
  const cpu = median(runs.map(({ ours, theirs }) => ours.cpu / theirs.cpu));
  const peak = Math.max(...runs.map(({ ours }) => ours.peak));
  const each = Math.round(flows / median(runs.map(({ ours }) => ours.seconds)));
  return [
    {
      what: "live flows to the hubble CLI",
      value: `× ${rate.toFixed(2)} (${each}/s)`,
      limit: "≥ 2.5",
      ok: rate >= LIMITS.rate,
    },
    { what: "CPU a live flow to the hubble CLI", value: `× ${cpu.toFixed(2)}`, limit: "≤ 0.33", ok: cpu <= LIMITS.cpu },
    { what: "live, peak memory", value: `${peak.toFixed(0)} MB`, limit: "< 300 MB", ok: peak < LIMITS.memory },
  ];
}

/** A port that was free a moment ago. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function withServer(run) {
  const directory = mkdtempSync(join(tmpdir(), "ringfence-live-"));
  const ready = join(directory, "ready");
  const words = [
    "-flows",
    recording(flows),
    "-mode",
    "list",
    "-listen",
    `127.0.0.1:${await freePort()}`,
    "-ready-file",
    ready,
  ];
  const server = spawn(HUBBLE_SERVER_PROGRAM, words, { stdio: "ignore" });
  try {
    for (let turn = 0; turn < 600 && !existsSync(ready); turn += 1) await sleep(200);
    return await run(readFileSync(ready, "utf8").trim());
  } finally {
    server.kill();
    rmSync(directory, { recursive: true });
  }
}

const isThere = HUBBLE !== undefined && HUBBLE_SERVER_PROGRAM !== undefined;
const skipped = {
  what: "live: skipped",
  value: "HUBBLE and HUBBLE_SERVER_PROGRAM are not set",
  limit: "≥ 2.5",
  ok: null,
};
console.log(JSON.stringify({ figures: isThere ? await withServer(measure) : [skipped] }));
