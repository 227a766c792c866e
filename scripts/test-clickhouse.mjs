// The tier of the store in ClickHouse: `npm run test:clickhouse [-- --required] [-- --available]`.
// Its statements run in ClickHouse's own engine (chdb from npm: 150 MB, no install script that does anything), kept in the
// temporary directory; its protocol against Debian's `clickhouse-server` where that is installed. What cannot be had is
// said aloud; --required makes it a failure; with --available nothing is installed for it. RINGFENCE_CHDB names a chdb
// that is there already.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VERSION = "3.4.0";
const isRequired = process.argv.includes("--required");
const directory = join(tmpdir(), "ringfence-chdb", VERSION);
let missing = 0;

/** Not among the packages of the project: those of its other platforms are not to be had everywhere. */
function engine() {
  const given = process.env.RINGFENCE_CHDB;
  if (given !== undefined) return given;
  const module = join(directory, "node_modules", "chdb", "index.js");
  if (existsSync(join(directory, "done"))) return module;
  if (process.argv.includes("--available"))
    throw new Error("it is not installed (npm run test:clickhouse installs it)");
  mkdirSync(directory, { recursive: true });
  const words = ["install", "--prefix", directory, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", [...words, `chdb@${VERSION}`], { stdio: ["ignore", "pipe", "pipe"], timeout: 600_000 });
  // Its native part is there for a few platforms only.
  execFileSync(process.execPath, ["-e", `require(${JSON.stringify(module)}).query("SELECT 1")`], { stdio: "pipe" });
  mkdirSync(join(directory, "done"));
  return module;
}

function lastLine(error) {
  return String(error.stderr ?? error.message)
    .trim()
    .split("\n")
    .at(-1);
}

let chdb = "";
try {
  chdb = engine();
} catch (error) {
  missing += 1;
  console.log(`NOT TESTED in ClickHouse's engine: no chdb: ${lastLine(error)}`);
}
const hasServer = spawnSync("clickhouse-server", ["--help"], { stdio: "ignore" }).error === undefined;
if (!hasServer) {
  missing += 1;
  console.log("NOT TESTED against clickhouse-server: it is not installed (Debian: apt-get install clickhouse-server)");
}
const words = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/store/clickhouse/vitest.config.ts"];
const files = [...(chdb === "" ? [] : ["engine.ts"]), ...(hasServer ? ["server.ts"] : [])];
const environment = { ...process.env, RINGFENCE_CHDB: chdb, RINGFENCE_TEST_REPORT: undefined };
const suite =
  files.length === 0
    ? 0
    : spawnSync(process.execPath, [...words, ...files], { stdio: "inherit", env: environment }).status;
process.exitCode = suite !== 0 || (missing > 0 && isRequired) ? 1 : 0;
