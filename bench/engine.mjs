// Both engines on 3,000 policies and 1,000 identities, beside Cilium's own where oracle/bin has it: until the engine is
// made, until all subjects are resolved, what is decided a second, one policy changed. Prints one JSON line.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { engineBundle } from "./engine-bundle.mjs";
import { cidrFigures } from "./engine-cidrs.mjs";
import { engineWorld } from "./engine-world.mjs";
import { largeWorldFigures } from "./engine-large.mjs";
import { median } from "./measure.mjs";

const TCP = 6;
const PODS = 1000;
const POLICIES = 3000;
/** LookupFlow of Cilium 1.20 where it cannot be measured here: what it did when this was written. */
const LOOKUP_FLOW_PER_SECOND = 2000;
const modules = await engineBundle();
const { createEngine, createFastEngine, podEnd, manifestsOf, readInventory, defaultConfig } = modules;

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
const read = timed(() => readInventory(manifestsOf(engineWorld(PODS, POLICIES), null)));
const { inventory, policies } = read.result;
const ends = inventory.pods.map((pod) => podEnd(pod, inventory, minor, config));
if (ends.length !== PODS || policies.length !== POLICIES) throw new Error("the world is not whole");
const world = { minor, config, inventory, policies };
const sample = (i) => connection(ends[i % PODS], ends[(i * 31 + ((i / PODS) | 0)) % PODS], 1000 + (i % 100));

/** Decides so many sampled connections; both answers must come up. */
function decided(engine, count) {
  let allowed = 0;
  const run = timed(() => {
    for (let i = 0; i < count; i += 1) if (engine.decide(sample(i)).verdict === "allowed") allowed += 1;
  });
  if (allowed === 0 || allowed === count) throw new Error("every connection got the same answer");
  return { perSecond: (count / run.milliseconds) * 1000, allowed };
}

// The plain engine: each subject is resolved, in both directions, by its first connection.
const plainMade = timed(() => createEngine(world));
const plain = plainMade.result;
if (plain.policies.some((policy) => !policy.valid)) throw new Error("a policy of the world is not valid");
const firsts = ends.map(
  (_, i) => timed(() => plain.decide(connection(ends[i], ends[(i + 1) % PODS], 1000))).milliseconds,
);
const plainAll = firsts.reduce((sum, each) => sum + each, 0);
const plainRate = decided(plain, 100_000);

// The fast engine, cold: as Cilium's bench, every subject's policy with an answer for every identity.
const fastMade = timed(() => createFastEngine(world));
const fast = fastMade.result;
const identities = ends.map((end) => fast.identities(end)[0]);
const resolved = timed(() => {
  for (const subject of identities) {
    fast.verdict(subject, identities[0], TCP, 1000, "ingress");
    fast.verdict(subject, identities[0], TCP, 1000, "egress");
  }
});
const whole = timed(() => {
  for (const subject of identities)
    for (const peer of identities) {
      fast.verdict(subject, peer, TCP, 1000, "ingress");
      fast.verdict(subject, peer, TCP, 1000, "egress");
    }
});

/** The lookups of Cilium's bench, in its order. */
function lookups(count) {
  let allowed = 0;
  const run = timed(() => {
    for (let i = 0; i < count; i += 1) {
      const subject = identities[i % PODS];
      const peer = identities[(i * 31) % PODS];
      if (fast.verdict(subject, peer, TCP, 1000 + (i % 100), "ingress") !== 0) allowed += 1;
    }
  });
  return { perSecond: (count / run.milliseconds) * 1000, allowed };
}
const LOOKUPS = 2_000_000;
const lookupRuns = [lookups(LOOKUPS), lookups(LOOKUPS), lookups(LOOKUPS)];
const lookupRate = median(lookupRuns.map((run) => run.perSecond));
const fastRate = decided(fast, 500_000);
if (decided(fast, 100_000).allowed !== plainRate.allowed) throw new Error("the engines do not agree");

/** One policy replaced by one with another port: a new engine, and every subject that the policy is about. */
function changedOnce(round) {
  // Of all policies those whose label some pod of the namespace has.
  const at = (round % 30) * 100 + 11 * (round % 10);
  const old = policies[at];
  const spec = structuredClone(old.value.spec);
  spec.ingress[0].toPorts[0].ports[0].port = String(2000 + round);
  const changed = policies.with(at, { ...old, value: { ...old.value, spec } });
  const about = identities.filter((_, i) => fast.selectsSubject(`${old.kind}/${old.namespace}/${old.name}`, ends[i]));
  if (about.length === 0) throw new Error("the policy is about nobody");
  return timed(() => {
    const engine = fast.with(changed);
    for (const peer of identities) engine.verdict(about[0], peer, TCP, 2000 + round, "ingress");
    for (const subject of identities) engine.verdict(subject, identities[1], TCP, 1000, "egress");
  }).milliseconds;
}
const changes = Array.from({ length: 25 }, (_, round) => changedOnce(round)).slice(5);
const changeTime = median(changes);

/** Cilium's engine on the same shape, by the binary of oracle/; null where it is not built. */
function ciliumBench() {
  const binary = "oracle/bin/oracle-1.20";
  if (!existsSync(binary)) {
    console.error(`bench: ${binary} is not built: Cilium's own engine is not measured beside ours`);
    return null;
  }
  const run = spawnSync(binary, ["-bench"], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`${binary} -bench ended with ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}
const cilium = ciliumBench();
if (cilium !== null && cilium.lookupsAllowed !== lookupRuns[0].allowed) {
  throw new Error(`Cilium allows ${cilium.lookupsAllowed} of the lookups, we ${lookupRuns[0].allowed}`);
}

const thousands = (rate) => `${Math.round(rate / 1000).toLocaleString("en")} thousand/s`;
const ms = (time) => `${time < 10 ? time.toFixed(1) : time.toFixed(0)} ms`;
const ours = (what, value, limit = "", ok = null) => ({ what, value, limit, ok });
const flowRate = cilium?.lookupFlowPerSecond ?? LOOKUP_FLOW_PER_SECOND;
const beside =
  cilium === null
    ? [ours("Cilium's own engine", "not built here: oracle/bin/oracle-1.20 is absent")]
    : [
        ours(`Cilium ${cilium.cilium}: parse, load`, `${ms(cilium.parseMilliseconds)}, ${ms(cilium.loadMilliseconds)}`),
        ours("Cilium: all 1,000 endpoints resolved", ms(cilium.resolveMilliseconds)),
        ours("Cilium: map lookups", thousands(cilium.lookupsPerSecond)),
        ours("Cilium: LookupFlow", `${Math.round(flowRate)}/s`),
      ];
const resolveLimit = cilium?.resolveMilliseconds ?? 288;

const figures = [
  ours("1,000 pods and 3,000 policies decoded", ms(read.milliseconds)),
  ...beside,
  ours("plain: engine made, every policy validated", ms(plainMade.milliseconds)),
  ours("plain: all 1,000 subjects resolved", ms(plainAll), "3000 ms", plainAll + plainMade.milliseconds < 3000),
  ours("plain: connections decided", thousands(plainRate.perSecond)),
  ours("fast: engine made, every policy validated", ms(fastMade.milliseconds)),
  ours("fast: all 1,000 subjects resolved", ms(resolved.milliseconds)),
  ours(
    "fast: resolved, with an answer for each of 2 million pairs and directions",
    ms(resolved.milliseconds + whole.milliseconds),
    `${ms(resolveLimit)}, Cilium's`,
    resolved.milliseconds + whole.milliseconds <= resolveLimit,
  ),
  ours("fast: tuples decided", thousands(lookupRate), "3,000 thousand/s", lookupRate >= 3_000_000),
  ours(
    "fast: connections decided, both sides with reasons",
    thousands(fastRate.perSecond),
    `${thousands(200 * flowRate)}, 200 × LookupFlow`,
    fastRate.perSecond >= 200 * flowRate,
  ),
  ours("fast: one policy changed, its subjects resolved again", ms(changeTime), "5 ms", changeTime < 5),
  ...cidrFigures(modules, timed),
  ...largeWorldFigures(modules, timed),
];
console.log(JSON.stringify({ figures }));
