// Checks that the corpus' examples are Cilium's own: node oracle/examples.mjs [DIRECTORY]. The name of each test of
// examples.jsonl.gz is the file's path in examples/policies of its minor; the policies in the file must be in the test, and
// every file with policies that some test names must have one in each minor that has the file.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { parseAllDocuments } from "yaml";

const MINORS = ["1.18", "1.19", "1.20"];
const KINDS = [
  "CiliumNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
  "NetworkPolicy",
  "ClusterNetworkPolicy",
  "CiliumCIDRGroup",
];

/** Where Go keeps Cilium's sources in the version that the oracle of a minor is built on; null when it is not there. */
function sourcesOf(minor) {
  const directory = join(import.meta.dirname, `v${minor}`);
  const go = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "github.com/cilium/cilium"];
  const { status, stdout } = spawnSync("go", go, { cwd: directory, encoding: "utf8" });
  const found = status === 0 ? stdout.trim() : "";
  return found !== "" && existsSync(found) ? found : null;
}

function filesUnder(directory) {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

/** The policies of a file, Lists taken apart. */
function policiesIn(path) {
  const documents = parseAllDocuments(readFileSync(path, "utf8"), { logLevel: "silent" });
  const objects = documents.map((document) => document.toJS()).filter((object) => object !== null);
  return objects.flatMap((object) => object.items ?? [object]).filter((object) => KINDS.includes(object?.kind));
}

const isOf = (a, b) =>
  a.kind === b.kind && a.metadata?.name === b.metadata?.name && isDeepStrictEqual([a.spec, a.specs], [b.spec, b.specs]);

/** Counts the tests and names what differs. Null when Cilium's sources are not in the module cache. */
export function checkExamples(corpus) {
  const sources = new Map(MINORS.map((minor) => [minor, sourcesOf(minor)]));
  if ([...sources.values()].includes(null)) return null;
  const lines = gunzipSync(readFileSync(join(corpus, "examples.jsonl.gz")))
    .toString("utf8")
    .split("\n")
    .filter(Boolean);
  const tests = lines.map((line) => JSON.parse(line));
  const differing = [];
  for (const test of tests) {
    const path = test.name.replace(/^examples\//, "").replace(/@[^@]*$/, "");
    const file = join(sources.get(test.cilium), "examples", "policies", path);
    if (!existsSync(file)) differing.push(`${test.name}: cilium ${test.cilium} has no such file`);
    else if (!policiesIn(file).every((policy) => test.objects.some((object) => isOf(object, policy))))
      differing.push(`${test.name}: not the policies of the file`);
  }
  return { tests: tests.length, differing: [...differing, ...missing(tests, sources)] };
}

/** Files with policies that have no test. */
function missing(tests, sources) {
  const names = new Set(tests.map(({ name }) => name));
  return [...sources].flatMap(([minor, source]) => {
    const root = join(source, "examples", "policies");
    const files = filesUnder(root).filter((path) => /\.(ya?ml|json)$/.test(path) && policiesIn(path).length > 0);
    const expected = files.map((path) => `examples/${relative(root, path)}@${minor}`);
    return expected.filter((name) => !names.has(name)).map((name) => `${name}: there is no test of it`);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = checkExamples(process.argv[2] ?? "corpus");
  if (result === null) throw new Error("cilium's modules are not in the module cache: run make oracle first");
  for (const text of result.differing) console.log(`differs: ${text}`);
  console.log(`${result.tests} tests of cilium's examples, ${result.differing.length} differ`);
  if (result.differing.length > 0) process.exitCode = 1;
}
