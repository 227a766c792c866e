// Start-up of the built command, and the bundled rehearsal, as whole processes. Prints one JSON line.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";

/** The middle of several runs of a command, in milliseconds. */
function median(args, runs) {
  const times = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

const homelab = "examples/homelab";
const rehearsal = ["dist/main.js", "rehearse", "--fail-on", "never", "--objects", `${homelab}/objects`, "--flows"];
rehearsal.push(`${homelab}/flows.jsonl.gz`, "--policies", `${homelab}/policies`, "--names", `${homelab}/names.yaml`);
const node = median(["-e", "0"], 9);
const help = median(["dist/main.js", "--help"], 9);
const bundled = median(rehearsal, 5);
const figures = [
  { what: "bare node", value: `${node.toFixed(0)} ms`, limit: "", ok: null },
  { what: "`ringfence --help`", value: `${help.toFixed(0)} ms`, limit: "150 ms", ok: help < 150 },
  { what: "the bundled rehearsal", value: `${bundled.toFixed(0)} ms`, limit: "3000 ms", ok: bundled < 3000 },
];
console.log(JSON.stringify({ figures }));
