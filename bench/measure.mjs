// What the benchmarks share: recordings of any length, and whole processes measured by time and peak memory.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** A recording of so many flows in bench/data, made when it is not there. */
export function recording(count) {
  const path = `bench/data/flows-${count}.jsonl`;
  mkdirSync("bench/data", { recursive: true });
  if (existsSync(path)) return path;
  const run = spawnSync(process.execPath, ["bench/generate-flows.mjs", "--count", String(count), "--out", path], {
    stdio: "inherit",
  });
  if (run.status !== 0) throw new Error(`generate-flows ended with ${run.status}`);
  return path;
}

/** Seconds and peak megabytes of a command; `prefix` is put before it (`taskset -c 0`), `pipe` feeds its input. */
export function measured(args, { prefix = [], pipe = null } = {}) {
  return new Promise((resolve, reject) => {
    const [command, ...rest] = [...prefix, process.execPath, ...args];
    const start = performance.now();
    const child = spawn(command, rest, { stdio: [pipe === null ? "ignore" : "pipe", "ignore", "inherit"] });
    if (pipe !== null) spawn(process.execPath, pipe, { stdio: ["ignore", "pipe", "inherit"] }).stdout.pipe(child.stdin);
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, residentMegabytes(child.pid));
    }, 50);
    child.on("exit", (status) => {
      clearInterval(timer);
      const seconds = (performance.now() - start) / 1000;
      if (status === 0) resolve({ seconds, peak });
      else reject(new Error(`${command} ${rest.join(" ")} ended with ${status}`));
    });
  });
}

/** VmHWM of a running process; 0 where /proc is not. */
function residentMegabytes(pid) {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found === null ? 0 : Number(found[1]) / 1024;
  } catch {
    return 0;
  }
}

/** The reference: lines cut out of 1 MB reads, each to JSON.parse, nothing else. */
export const plainLoop = (file, more) => measured(["bench/plain-loop.mjs", file], more);

/** The bundled proposal rehearsed over a recording, as a user runs it. */
export const rehearsal = (file, more) =>
  measured(
    [
      process.env.RINGFENCE ?? "dist/main.js",
      "rehearse",
      "--quiet",
      "--fail-on",
      "never",
      "-o",
      "json",
      "--flows",
      file,
      "--policies",
      "examples/homelab/policies",
    ],
    more,
  );

/** The middle of several ratios. */
export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
