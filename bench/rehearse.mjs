// A million flows rehearsed by the built command, against the best plain loop over the same file in the same run: own
// line cutter, JSON.parse of every line, nothing else. Prints one JSON line.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

const flows = Number(process.env.BENCH_FLOWS ?? 1_000_000);
mkdirSync("bench/data", { recursive: true });
const file = recording(flows);
const tenfold = process.env.BENCH_TENFOLD === "0" ? null : recording(flows * 10);

function recording(count) {
  const path = `bench/data/flows-${count}.jsonl`;
  if (!existsSync(path)) {
    const run = spawnSync(process.execPath, ["bench/generate-flows.mjs", "--count", String(count), "--out", path], {
      stdio: "inherit",
    });
    if (run.status !== 0) throw new Error(`generate-flows ended with ${run.status}`);
  }
  return path;
}

/** Runs a command and reads how long it took and how much memory it held at most. */
function measured(args) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, residentMegabytes(child.pid));
    }, 50);
    child.on("exit", (status) => {
      clearInterval(timer);
      const seconds = (performance.now() - start) / 1000;
      if (status === 0) resolve({ seconds, peak });
      else reject(new Error(`${args.join(" ")} ended with ${status}`));
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

const plainLoop = (path) => measured(["bench/plain-loop.mjs", path]);
const rehearsal = (path) =>
  measured([
    "dist/main.js",
    "rehearse",
    "--quiet",
    "--fail-on",
    "never",
    "--flows",
    path,
    "--policies",
    "examples/homelab/policies",
    "-o",
    "json",
  ]);

const ratios = [];
let peak = 0;
let loopSeconds = 0;
for (let run = 0; run < 3; run += 1) {
  const loop = await plainLoop(file);
  const own = await rehearsal(file);
  ratios.push(own.seconds / loop.seconds);
  peak = Math.max(peak, own.peak);
  loopSeconds = loop.seconds;
}
ratios.sort((a, b) => a - b);
const ratio = ratios[1];
const figures = [
  { what: `plain loop over ${flows} flows`, value: `${loopSeconds.toFixed(1)} s`, limit: "", ok: null },
  { what: "rehearsal to plain loop, median of 3", value: ratio.toFixed(2), limit: "0.45", ok: ratio <= 0.45 },
  { what: "peak resident", value: `${peak.toFixed(0)} MB`, limit: "400 MB", ok: peak < 400 },
];
if (tenfold !== null) {
  const large = await rehearsal(tenfold);
  const growth = large.peak / peak;
  figures.push({
    what: "peak with ten times the flows, same conversations",
    value: growth.toFixed(2),
    limit: "0.90–1.10",
    ok: Math.abs(growth - 1) <= 0.1,
  });
}
console.log(JSON.stringify({ figures }));
