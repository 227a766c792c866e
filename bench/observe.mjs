// `ringfence observe` on a recording against the real hubble CLI, where one is given (HUBBLE=path of `hubble`), both in
// the same run and on the same file; RINGFENCE is the program to measure, default the built one. Prints one JSON line.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { measured, median, recording } from "./measure.mjs";

const flows = Number(process.env.BENCH_OBSERVE_FLOWS ?? 200_000);
const most = Number(process.env.BENCH_FLOWS ?? 1_000_000);
const { HUBBLE: hubble, RINGFENCE: program = "dist/main.js" } = process.env;
const file = recording(flows);
const figures = [];

const cases = [
  { what: "-o json", words: ["-o", "json"], limit: 10 },
  { what: "-o compact", words: ["-o", "compact"], limit: 5 },
  { what: "-o json --verdict DROPPED", words: ["-o", "json", "--verdict", "DROPPED"], limit: 10 },
];

/** Flows a second of the real CLI. */
function theirs(words) {
  const start = performance.now();
  const run = spawnSync(hubble, ["observe", "--input-file", file, ...words], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (run.status !== 0) throw new Error(`hubble ended with ${run.status}`);
  return flows / ((performance.now() - start) / 1000);
}

async function ours(words) {
  const rates = [];
  for (let run = 0; run < 3; run += 1) {
    const { seconds } = await measured([program, "observe", "--input-file", file, ...words]);
    rates.push(flows / seconds);
  }
  return median(rates);
}

for (const { what, words, limit } of cases) {
  const rate = await ours(words);
  if (hubble === undefined) {
    const value = `${rate.toFixed(0)}/s; HUBBLE is not set`;
    figures.push({ what: `observe ${what} to the hubble CLI: skipped`, value, limit: `≥ ${limit}`, ok: null });
    continue;
  }
  const reference = theirs(words);
  const ratio = rate / reference;
  const value = `× ${ratio.toFixed(1)} (${rate.toFixed(0)}/s to ${reference.toFixed(0)}/s)`;
  figures.push({ what: `observe ${what} to the hubble CLI`, value, limit: `≥ ${limit}`, ok: ratio >= limit });
}

const large = recording(most);
const { peak } = await measured([program, "observe", "--input-file", large, "--last", "1000000", "-o", "compact"]);
figures.push({
  what: `observe --last 1000000 of ${most} flows, peak memory`,
  value: `${peak.toFixed(0)} MB`,
  limit: "< 500 MB",
  ok: peak < 500,
});
console.log(JSON.stringify({ figures }));
