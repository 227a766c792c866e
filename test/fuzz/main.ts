import { fork } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CILIUM_MINORS, type CiliumMinor } from "#model/profile.ts";
import { createOracle } from "./oracle.ts";
import { ENGINES, judge } from "./judge.ts";
import { type Found, NO_TALLY, search, type Tally } from "./search.ts";
import { type FuzzWorld, makeWorld } from "./world.ts";

// `npm run fuzz`: worlds at random, asked of Cilium's own engine and of ours, in as many processes as there are parts.

const USAGE = `npm run fuzz -- [--minutes N] [--seed S] [--minor 1.20] [--parts N] [--record FILE] [--world INDEX]
  --minutes  how long (1)        --seed   a number: the same seed makes the same worlds (1)
  --minor    only this minor     --parts  processes side by side (2)
  --record   write the result to a file: corpus/fuzz-record.json is what docs/exactness.md tells
  --world    print one world, and decide nothing
  --replay   ask again for the worlds of a file (corpus/found/1.jsonl), and say which still differ
The oracle's binaries lie in RINGFENCE_ORACLE (default oracle/bin). Differences go to corpus/found/.`;

type Message = { readonly tally: Tally } | { readonly found: Found };

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    minor: { type: "string" },
    parts: { type: "string", default: "2" },
    part: { type: "string" },
    record: { type: "string" },
    world: { type: "string" },
    replay: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);
const parts = Number(values.parts);
const minor = CILIUM_MINORS.find((known) => known === values.minor);
const directory = process.env["RINGFENCE_ORACLE"] ?? "oracle/bin";

if (values.help || ![seed, minutes, parts].every(Number.isFinite) || (values.minor !== undefined && !minor)) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else if (values.world !== undefined) {
  console.log(JSON.stringify(makeWorld({ seed, index: Number(values.world), minor })));
} else if (values.replay !== undefined) {
  await replay(values.replay);
} else if (values.part !== undefined) {
  await runPart(Number(values.part));
} else {
  await runAll();
}

/** One process: tells its parent of every batch and of every difference. */
async function runPart(part: number): Promise<void> {
  const oracle = createOracle(directory);
  const end = Date.now() + minutes * 60_000;
  process.on("disconnect", () => process.exit());
  const send = (message: Message) => process.send?.(message);
  await search({
    ...{ seed, minor, part, parts, oracle },
    isOver: () => Date.now() >= end,
    onFound: (found) => send({ found }),
    onTally: (tally) => send({ tally: { ...tally } }),
  });
  oracle.close();
  process.disconnect();
}

/** Asks again for saved worlds, after a change. */
async function replay(file: string): Promise<void> {
  const oracle = createOracle(directory);
  const lines = readFileSync(file, "utf8").split("\n");
  for (const line of lines.filter((text) => text !== "")) {
    const world = JSON.parse(line) as FuzzWorld;
    const [answer] = await oracle.ask([world]);
    const differences = answer === undefined ? [] : judge(world, answer).differences;
    console.log(`${differences.length === 0 ? "same" : "DIFFERS"} ${world.name}`);
    for (const { of, key, ours, cilium } of differences)
      console.log(`  ${of} ${key}: ${JSON.stringify(ours)}, Cilium ${JSON.stringify(cilium)}`);
    if (differences.length > 0) console.log(JSON.stringify(world));
  }
  oracle.close();
}

async function runAll(): Promise<void> {
  const missing = neededMinors().filter((one) => !existsSync(join(directory, `oracle-${one}`)));
  if (missing.length > 0) {
    console.error(
      `no oracle for ${missing.join(", ")} in ${directory}: build it (oracle/README.md) or name RINGFENCE_ORACLE`,
    );
    process.exitCode = 2;
    return;
  }
  const started = new Date();
  const tallies = new Map<number, Tally>();
  const tell = () => {
    console.log(describe(sumOf(tallies), started));
    if (values.record !== undefined) writeRecord(values.record, sumOf(tallies), started);
  };
  const timer = setInterval(tell, 60_000);
  const codes = await Promise.all(Array.from({ length: parts }, (_, part) => follow(part, tallies)));
  clearInterval(timer);
  const tally = sumOf(tallies);
  tell();
  process.exitCode = tally.differences > 0 || codes.some((code) => code !== 0) ? 1 : 0;
}

function neededMinors(): readonly CiliumMinor[] {
  return minor === undefined ? CILIUM_MINORS : [minor];
}

/** Starts a part and gathers what it says, until it ends. */
function follow(part: number, tallies: Map<number, Tally>): Promise<number | null> {
  const child = fork(process.argv[1] ?? "", [...process.argv.slice(2), "--part", String(part)]);
  child.on("message", (message: Message) => {
    if ("tally" in message) tallies.set(part, message.tally);
    else save(message.found);
  });
  return new Promise((resolve) => child.on("exit", resolve));
}

function save({ difference, world, answer }: Found): void {
  const connections = world.connections.map((item, index) => ({ ...item, expect: answer.connections[index] }));
  const test = { ...world, connections, expectPolicies: answer.policies };
  mkdirSync("corpus/found", { recursive: true });
  appendFileSync(`corpus/found/${seed}.jsonl`, `${JSON.stringify(test)}\n`);
  const [ours, cilium] = [difference.ours, difference.cilium].map((value) => JSON.stringify(value));
  console.log(`${world.name}: ${difference.key} is ${ours}, Cilium says ${cilium}: ${JSON.stringify(world)}`);
}

function sumOf(tallies: ReadonlyMap<number, Tally>): Tally {
  const sum = { ...NO_TALLY };
  for (const tally of tallies.values()) {
    for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tally[key];
  }
  return sum;
}

function describe(tally: Tally, started: Date): string {
  const counts = Object.entries(tally).map(([name, count]) => `${count.toLocaleString("en")} ${name}`);
  return `seed ${seed}, ${minutesSince(started)} minutes: ${counts.join(", ")}`;
}

function minutesSince(started: Date): number {
  return Math.round((Date.now() - started.getTime()) / 6_000) / 10;
}

/** Written anew every minute, so that a run that is cut short has told what it did. */
function writeRecord(file: string, tally: Tally, started: Date): void {
  const versions = { "1.18": "1.18.11", "1.19": "1.19.6", "1.20": "1.20.2" };
  const asked = neededMinors().map((one) => versions[one]);
  const date = started.toISOString().slice(0, 10);
  const engines = ENGINES.map(({ name }) => name);
  const record = { date, minutes: minutesSince(started), seed, versions: asked, engines, ...tally };
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
}
