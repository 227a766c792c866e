// Ingest of a recording with its fold against the best plain loop (own line cutter, JSON.parse of every line, nothing
// else) over the same file in the same run: on one core, and on two with process start. Prints one JSON line of figures.
//   BENCH_FLOWS=1000000  BENCH_ROUNDS=3  BENCH_TENFOLD=0 (leaves out ten times as many flows)  HUBBLE=/path/to/hubble
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import { build } from "esbuild";

const flows = Number(process.env.BENCH_FLOWS ?? 1_000_000);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const folder = "bench/data/ingest";
mkdirSync(folder, { recursive: true });
const extra = process.argv[2];
const file = extra ?? recording(flows);

/** The reader alone, bundled as the command bundles it: the main script, and the worker beside it. */
writeFileSync(
  `${folder}/main.ts`,
  `import { readRecording } from "../../../src/sources/recording.ts";
const [path = "", workers = "2"] = process.argv.slice(2);
const fold = await readRecording([path], { workers: Number(workers) });
const { conversations, coverage } = fold.finish({ inventory: null, config: null, policies: [] });
console.log(JSON.stringify({ conversations: conversations.length, flows: coverage.flows, lines: coverage.lines }));
`,
);
await build({
  entryPoints: { main: `${folder}/main.ts`, "recording-worker": "src/sources/recording-worker.ts" },
  outdir: folder,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minifySyntax: true,
  logLevel: "warning",
});

function recording(count) {
  const path = `bench/data/flows-${count}.jsonl`;
  if (!existsSync(path)) {
    const args = ["bench/generate-flows.mjs", "--count", String(count), "--out", path];
    const run = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (run.status !== 0) throw new Error(`generate-flows ended with ${run.status}`);
  }
  return path;
}

/** Runs a script and reads how long it took, what it held at most and what it printed last. */
function measured(args, command = process.execPath, stdin = "ignore") {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { stdio: [stdin, "pipe", "inherit"] });
    let peak = 0;
    let printed = "";
    child.stdout.on("data", (text) => {
      printed = (printed + text).slice(-10_000);
    });
    const timer = setInterval(() => {
      peak = Math.max(peak, residentMegabytes(child.pid));
    }, 20);
    child.on("close", (status) => {
      clearInterval(timer);
      const seconds = (performance.now() - start) / 1000;
      if (status === 0) resolve({ seconds, peak, printed: printed.trim() });
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

const plain = (path) => measured(["bench/plain-loop.mjs", path]);
const ingest = (path, workers) => measured([`${folder}/main.js`, path, String(workers)]);

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const one = [];
const two = [];
let peak = 0;
let counted = "";
for (let round = 0; round < rounds; round += 1) {
  // plain loops before and after: the machine's mood changes within a round
  const before = await plain(file);
  const single = await ingest(file, 1);
  const middle = await plain(file);
  const double = await ingest(file, 2);
  const after = await plain(file);
  one.push((before.seconds + middle.seconds) / 2 / single.seconds);
  two.push((middle.seconds + after.seconds) / 2 / double.seconds);
  peak = Math.max(peak, single.peak, double.peak);
  if (single.printed !== double.printed)
    throw new Error(`one and two workers differ: ${single.printed} ${double.printed}`);
  counted = single.printed;
}
const figure = (what, value, limit, ok) => ({ what, value, limit, ok });
const figures = [
  figure("ingest and fold to plain loop, one core, median", `${median(one).toFixed(2)}×`, "1.70×", median(one) >= 1.7),
  figure(
    "ingest and fold to plain loop, two workers, median",
    `${median(two).toFixed(2)}×`,
    "2.80×",
    median(two) >= 2.8,
  ),
  figure(
    "time of the plain loop, two workers, with process start",
    (1 / median(two)).toFixed(2),
    "0.45",
    1 / median(two) <= 0.45,
  ),
  figure("peak resident", `${peak.toFixed(0)} MB`, "400 MB", peak < 400),
  figure("all ratios, one core", one.map((ratio) => ratio.toFixed(2)).join(" "), "", null),
  figure("all ratios, two workers", two.map((ratio) => ratio.toFixed(2)).join(" "), "", null),
  figure(`counted, on ${cpus().length} cores`, counted, "", null),
];
if (process.env.BENCH_TENFOLD !== "0" && extra === undefined) {
  const small = await ingest(file, 2);
  const large = await ingest(recording(flows * 10), 2);
  const growth = large.peak / small.peak;
  figures.push(figure("peak with ten times the flows", growth.toFixed(2), "0.90–1.10", Math.abs(growth - 1) <= 0.1));
}
if (process.env.HUBBLE !== undefined) {
  const args = ["observe", "--input-file", file, "-o", "json"];
  const theirs = await measured(args, process.env.HUBBLE);
  const ours = await ingest(file, 2);
  const ratio = theirs.seconds / ours.seconds;
  figures.push(figure("to hubble observe --input-file -o json", `${ratio.toFixed(1)}×`, "15×", ratio >= 15));
}
console.log(JSON.stringify({ figures }));
