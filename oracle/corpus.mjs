// Answers the tests of the corpus again with the oracle of their minor: node oracle/corpus.mjs [--check] [--every N]
// [--times N] [DIRECTORY]. A file is written again only when an answer changed, so that bytes stay: gzip without a time.
// --check writes nothing and ends with 1 when an answer differs. --every N takes each Nth test.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";

const ORACLES = join(import.meta.dirname, "bin");

/** Tests whose recorded answer stays as it is: `file | test | why`. */
const UNSETTLED = new Set(
  readFileSync(join(import.meta.dirname, "unsettled.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(" | ").slice(0, 2).join(": ")),
);

/** The answers to tests of one minor, in their order. */
function ask(minor, lines, times) {
  const flags = ["-times", `${times}`, "-drop-unstable", "-keep-omissions"];
  const child = spawn(join(ORACLES, `oracle-${minor}`), flags, { stdio: ["pipe", "pipe", "pipe"] });
  const answered = [];
  let notes = "";
  child.stdout.on("data", (chunk) => answered.push(chunk));
  child.stderr.on("data", (chunk) => {
    notes = (notes + chunk).slice(-2000);
  });
  child.stdin.on("error", () => {}); // it ended before it read all: its code tells
  child.stdin.end(lines.map((line) => `${line}\n`).join(""));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const result = Buffer.concat(answered).toString("utf8").split("\n").slice(0, -1);
      if (code === 0 && result.length === lines.length) resolve(result);
      else reject(new Error(`oracle-${minor} ended with ${code} after ${result.length} of ${lines.length}: ${notes}`));
    });
  });
}

/** Each line with the oracle's answer in its place. */
async function answerAll(lines, times) {
  const answers = [...lines];
  const indexes = groupByMinor(lines);
  for (const [minor, own] of indexes) {
    const answered = await ask(
      minor,
      own.map((index) => lines[index]),
      times,
    );
    own.forEach((index, at) => {
      answers[index] = answered[at];
    });
  }
  return answers;
}

function groupByMinor(lines) {
  const groups = new Map();
  for (const [index, line] of lines.entries()) {
    const minor = minorOf(line);
    groups.set(minor, [...(groups.get(minor) ?? []), index]);
  }
  return groups;
}

const minorOf = (line) => JSON.parse(line).cilium;

/** Answers one file again. Counts the connections and policies of the tests that were asked, and names those that differ. */
async function answerFile(path, { every, times, check }) {
  const before = gunzipSync(readFileSync(path)).toString("utf8").split("\n").filter(Boolean);
  const asked = before.filter((_, index) => index % every === 0);
  const after = await answerAll(asked, times);
  const differing = [];
  const unsettled = [];
  const kept = asked.map((line, index) => {
    if (line === after[index]) return line;
    const name = `${basename(path, ".jsonl.gz")}: ${JSON.parse(line).name}`;
    (UNSETTLED.has(name) ? unsettled : differing).push(name);
    return UNSETTLED.has(name) ? line : after[index];
  });
  if (differing.length > 0 && !check) {
    if (every !== 1) throw new Error("--every goes with --check");
    writeFileSync(path, gzipSync(kept.map((line) => `${line}\n`).join(""), { level: 9 }));
  }
  const tests = asked.map((line) => JSON.parse(line));
  return {
    tests: tests.length,
    connections: tests.reduce((sum, { connections = [] }) => sum + connections.length, 0),
    policies: tests.reduce((sum, { expectPolicies = [] }) => sum + expectPolicies.length, 0),
    differing,
    unsettled,
  };
}

/** Answers all files of a directory. */
export async function answerCorpus(directory, options) {
  const totals = { files: 0, tests: 0, connections: 0, policies: 0, differing: [], unsettled: [] };
  for (const file of readdirSync(directory)
    .filter((name) => name.endsWith(".jsonl.gz"))
    .sort()) {
    const result = await answerFile(join(directory, file), options);
    totals.files += 1;
    for (const key of ["tests", "connections", "policies"]) totals[key] += result[key];
    for (const key of ["differing", "unsettled"]) totals[key].push(...result[key]);
  }
  return totals;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      check: { type: "boolean", default: false },
      every: { type: "string", default: "1" },
      times: { type: "string", default: "3" },
    },
  });
  const directory = positionals[0] ?? "corpus";
  if (!existsSync(join(ORACLES, "oracle-1.20"))) throw new Error("no oracle: run make oracle first");
  const options = { check: values.check, every: Number(values.every), times: Number(values.times) };
  const { files, tests, connections, policies, differing, unsettled } = await answerCorpus(directory, options);
  for (const name of unsettled) console.log(`left as recorded (oracle/unsettled.txt): ${name}`);
  for (const name of differing) console.log(`${values.check ? "differs" : "changed"}: ${name}`);
  console.log(
    `${tests} tests in ${files} files, ${connections} connections and ${policies} policies asked: ${differing.length} tests differ`,
  );
  if (values.check && differing.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
