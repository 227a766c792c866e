// The plain engine on 3,000 policies and 1,000 identities: how long until it is made, until one subject and until all are
// resolved, and how many connections it decides. Prints one JSON line.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { build } from "esbuild";
import { engineWorld } from "./engine-world.mjs";

const SOURCE = `
export { createEngine } from "#engine/engine.ts";
export { podEnd } from "#engine/identity.ts";
export { manifestsOf, readInventory } from "#decode/objects.ts";
export { defaultConfig } from "#model/profile.ts";
`;

/** The engine as one module. It lies in the checkout while it runs, so that packages are found. */
async function bundled() {
  const directory = mkdtempSync(join("bench", ".engine-"));
  try {
    const outfile = join(directory, "engine.mjs");
    const stdin = { contents: SOURCE, resolveDir: process.cwd(), loader: "ts" };
    await build({
      stdin,
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      logLevel: "error",
    });
    return await import(new URL(`../${outfile}`, import.meta.url).href);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const { createEngine, podEnd, manifestsOf, readInventory, defaultConfig } = await bundled();

function timed(work) {
  const start = performance.now();
  const result = work();
  return { milliseconds: performance.now() - start, result };
}

function connection(from, to, port) {
  const names = { learned: [], complete: true };
  return { from, to, protocol: "TCP", port, icmpType: null, icmpCode: null, request: null, names };
}

const minor = "1.20";
const config = defaultConfig(minor);
const read = timed(() => readInventory(manifestsOf(engineWorld(), null)));
const { inventory, policies } = read.result;
const ends = inventory.pods.map((pod) => podEnd(pod, inventory, minor, config));
if (ends.length !== 1000 || policies.length !== 3000) throw new Error("the world is not whole");

const made = timed(() => createEngine({ minor, config, inventory, policies }));
const engine = made.result;
if (engine.policies.some((policy) => !policy.valid)) throw new Error("a policy of the world is not valid");

// Each subject is resolved, in both directions, by its first connection.
const firsts = ends.map(
  (end, i) => timed(() => engine.decide(connection(end, ends[(i + 1) % 1000], 1000))).milliseconds,
);
const all = firsts.reduce((sum, each) => sum + each, 0);
const slowest = Math.max(...firsts);

const COUNT = 500_000;
let allowed = 0;
const fresh = timed(() => {
  for (let i = 0; i < COUNT; i += 1) {
    const decided = engine.decide(
      connection(ends[i % 1000], ends[(i * 31 + ((i / 1000) | 0)) % 1000], 1000 + (i % 100)),
    );
    if (decided.verdict === "allowed") allowed += 1;
  }
});
if (allowed === 0 || allowed === COUNT) throw new Error("every connection got the same answer");
const again = timed(() => {
  for (let i = 0; i < COUNT; i += 1) {
    engine.decide(connection(ends[i % 1000], ends[(i * 31 + ((i / 1000) | 0)) % 1000], 1000 + (i % 100)));
  }
});
const perSecond = ({ milliseconds }) => `${Math.round(COUNT / milliseconds).toLocaleString("en")} thousand/s`;

const figures = [
  { what: "1,000 pods and 3,000 policies decoded", value: `${read.milliseconds.toFixed(0)} ms`, limit: "", ok: null },
  { what: "engine made, every policy validated", value: `${made.milliseconds.toFixed(0)} ms`, limit: "", ok: null },
  {
    what: "all 1,000 subjects resolved",
    value: `${all.toFixed(0)} ms`,
    limit: "3000 ms",
    ok: all + made.milliseconds < 3000,
  },
  { what: "the slowest subject", value: `${slowest.toFixed(1)} ms`, limit: "50 ms", ok: slowest < 50 },
  { what: "connections decided for the first time", value: perSecond(fresh), limit: "", ok: null },
  { what: "connections decided again", value: perSecond(again), limit: "", ok: null },
];
console.log(JSON.stringify({ figures }));
