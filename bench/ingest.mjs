// Ingest with fold and decision against the plain loop, on one core and on two, and against Cilium's own CLI where one
// is given (HUBBLE=path of `hubble`). Prints one JSON line.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { median, plainLoop, recording, rehearsal } from "./measure.mjs";

const flows = Number(process.env.BENCH_FLOWS ?? 1_000_000);
const file = recording(flows);
const figures = [];

/** How many times the plain loop's rate, over three pairs of runs; the loop itself uses one core. */
async function speedup(prefix) {
  const ratios = [];
  for (let run = 0; run < 3; run += 1) {
    const loop = await plainLoop(file, { prefix });
    const own = await rehearsal(file, { prefix });
    ratios.push(loop.seconds / own.seconds);
  }
  return median(ratios);
}

const pinned = spawnSync("taskset", ["-c", "0", "true"]).status === 0;
if (pinned) {
  const one = await speedup(["taskset", "-c", "0"]);
  figures.push({
    what: "rate to the plain loop, one core",
    value: `× ${one.toFixed(2)}`,
    limit: "≥ 1.7",
    ok: one >= 1.7,
  });
} else figures.push({ what: "one core: skipped, no taskset here", value: "", limit: "≥ 1.7", ok: null });
const two = await speedup([]);
figures.push({
  what: "rate to the plain loop, two cores",
  value: `× ${two.toFixed(2)}`,
  limit: "≥ 2.8",
  ok: two >= 2.8,
});

const hubble = process.env.HUBBLE;
if (hubble === undefined) {
  figures.push({
    what: "against `hubble observe -o json`: skipped, HUBBLE is not set",
    value: "",
    limit: "≥ 15",
    ok: null,
  });
} else {
  const small = recording(200_000);
  const start = performance.now();
  const run = spawnSync(hubble, ["observe", "--input-file", small, "-o", "json"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (run.status !== 0) throw new Error(`hubble ended with ${run.status}`);
  const theirs = 200_000 / ((performance.now() - start) / 1000);
  const own = await rehearsal(file);
  const ratio = flows / own.seconds / theirs;
  figures.push({
    what: `flows a second to \`hubble observe -o json\` (${theirs.toFixed(0)}/s)`,
    value: `× ${ratio.toFixed(1)}`,
    limit: "≥ 15",
    ok: ratio >= 15,
  });
}
console.log(JSON.stringify({ figures }));
