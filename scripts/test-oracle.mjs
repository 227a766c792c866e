// The Go tier: `npm run test:oracle [-- --all] [-- --required]`. Builds the oracles of oracle/, runs their Go tests, checks
// that the corpus' examples are Cilium's own, and answers a sample of the corpus again, which must come out byte for byte.
// --all answers the whole corpus. Where there is no Go, or Cilium's modules cannot be had, that is said aloud and is no
// failure, unless --required; so is more time than RINGFENCE_GO_MINUTES.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { answerCorpus } from "../oracle/corpus.mjs";
import { checkExamples } from "../oracle/examples.mjs";

const MINORS = ["1.18", "1.19", "1.20"];
const SAMPLE = 4;
const words = process.argv.slice(2);
const root = join(import.meta.dirname, "..");

/** What Go says when a module, or the Go version that it needs, cannot be had: no fault of the oracle. */
const NOT_TO_BE_HAD =
  /dial tcp|no such host|i\/o timeout|connection refused|TLS handshake|reading https?:|cannot be downloaded|module lookup disabled|requires go >=|toolchain not available|download go1/;

function skip(reason) {
  console.log(`skipped: the Go tier (npm run test:oracle): ${reason}`);
  process.exit(words.includes("--required") ? 1 : 0);
}

/** Minutes that building and Go's tests may take before the tier is skipped aloud; unset: as long as they need. */
const minutes = Number(process.env["RINGFENCE_GO_MINUTES"] ?? Number.POSITIVE_INFINITY);
const deadline = performance.now() + minutes * 60_000;

function run(command, args, cwd) {
  const left = Number.isFinite(deadline)
    ? { timeout: Math.max(1, Math.ceil(deadline - performance.now())), killSignal: "SIGKILL" }
    : {};
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...left,
  });
  if (error?.code === "ETIMEDOUT") skip(`it takes longer than ${minutes} minutes here, as a first build does`);
  return { ok: status === 0, text: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trim() };
}

function fail(what, text) {
  console.log(`FAILED: ${what}\n${text}`);
  process.exit(1);
}

const go = run("go", ["version"], root);
if (!go.ok) skip("there is no go");

for (const minor of MINORS) {
  const built = run(join(root, "oracle", "build.sh"), [minor], root);
  if (built.ok) continue;
  const reason = built.text.split("\n").find((line) => NOT_TO_BE_HAD.test(line));
  if (reason !== undefined) skip(`cilium ${minor} cannot be had: ${reason}`);
  fail(`the oracle of ${minor} does not build`, built.text);
}

for (const minor of MINORS) {
  const tested = run("go", ["test", "ringfence/..."], join(root, "oracle", `v${minor}`));
  if (!tested.ok) fail(`Go tests of ${minor}`, tested.text);
  const release = run(join(root, "oracle", "bin", `oracle-${minor}`), ["-version"], root).text;
  console.log(`passed: Go tests of ${minor} (${release})`);
}

const examples = checkExamples(join(root, "corpus"));
if (examples === null) console.log("skipped: the examples: cilium's modules are not in the module cache");
else if (examples.differing.length > 0) fail("examples of the corpus are not cilium's", examples.differing.join("\n"));
else console.log(`passed: ${examples.tests} tests hold the policies of cilium's examples/policies`);

const every = words.includes("--all") ? 1 : SAMPLE;
const answered = await answerCorpus(join(root, "corpus"), { every, times: 1, check: true });
const { tests, connections, policies, differing, unsettled } = answered;
for (const name of unsettled) console.log(`unsettled (oracle/unsettled.txt): ${name}`);
if (differing.length > 0) fail(`${differing.length} tests of the corpus are answered otherwise`, differing.join("\n"));
console.log(`passed: ${tests} tests of the corpus (one in ${every}), ${connections} connections, ${policies} policies`);
