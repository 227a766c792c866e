// A million flows rehearsed by the built command, against the plain loop over the same file in the same run; then ten
// million through a pipe, for the memory. Prints one JSON line. BENCH_FLOWS sets the number.
import { median, plainLoop, recording, rehearsal } from "./measure.mjs";

const flows = Number(process.env.BENCH_FLOWS ?? 1_000_000);
const file = recording(flows);
const runs = [];
for (let run = 0; run < 3; run += 1) runs.push({ loop: await plainLoop(file), own: await rehearsal(file) });
const ratio = median(runs.map(({ loop, own }) => own.seconds / loop.seconds));
const peak = Math.max(...runs.map(({ own }) => own.peak));

/** Through standard input, so that ten million flows need no disk. */
const piped = (count) => rehearsal("-", { pipe: ["bench/generate-flows.mjs", "--count", String(count)] });
const once = await piped(flows);
const tenfold = await piped(flows * 10);
const growth = tenfold.peak / once.peak;

const figures = [
  {
    what: `plain loop over ${flows} flows`,
    value: `${median(runs.map(({ loop }) => loop.seconds)).toFixed(1)} s`,
    limit: "",
    ok: null,
  },
  { what: "rehearsal to plain loop, median of 3", value: ratio.toFixed(2), limit: "≤ 0.45", ok: ratio <= 0.45 },
  { what: "peak resident", value: `${peak.toFixed(0)} MB`, limit: "< 400 MB", ok: peak < 400 },
  { what: `peak of ${flows} flows through a pipe`, value: `${once.peak.toFixed(0)} MB`, limit: "", ok: null },
  {
    what: "peak with ten times the flows of the same conversations",
    value: `× ${growth.toFixed(2)}`,
    limit: "≤ 1.10",
    ok: growth <= 1.1,
  },
];
console.log(JSON.stringify({ figures }));
