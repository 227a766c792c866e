// Runs what needs real programs: `npm run test:lab [-- FILTER]`. RINGFENCE_LAB names the directory of a lab's scripts
// (build.sh CACHE, up.sh CACHE STATE TOPOLOGY, traffic.sh, agent.sh, enter.sh, down.sh): kube-apiserver, etcd, two
// cilium-agents, Relay in network namespaces of this machine. Root is needed, and a quarter of an hour the first time.
//   RINGFENCE_LAB_CACHE   what build.sh leaves; default a directory below the temporary one
//   RINGFENCE_LAB_STATE   a lab that runs already: it is used as it is, and left running
// Without RINGFENCE_LAB nothing is run, and that is said.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TOPOLOGY = "homelab2";
/** The clients' loops end by themselves. */
const TRAFFIC_SECONDS = "1800";

const lab = process.env.RINGFENCE_LAB ?? "";
if (!existsSync(join(lab, "up.sh"))) {
  const why = lab === "" ? "RINGFENCE_LAB is not set" : `${lab} holds no up.sh`;
  console.warn(`SKIPPED: the tests against a real cluster were not run: ${why}.`);
  console.warn("Set RINGFENCE_LAB to a directory of lab scripts; the head of scripts/test-lab.mjs says which.");
  process.exit(0);
}
const cache = process.env.RINGFENCE_LAB_CACHE ?? join(tmpdir(), "ringfence-lab-cache");
const given = process.env.RINGFENCE_LAB_STATE;
const state = given ?? mkdtempSync(join(tmpdir(), "ringfence-lab-"));

function script(name, ...words) {
  const { status } = spawnSync("bash", [join(lab, name), ...words], { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
}

function start() {
  if (!existsSync(join(cache, "bin", "kube-proxy"))) console.log("building the lab: a quarter of an hour, once");
  mkdirSync(cache, { recursive: true });
  script("build.sh", cache);
  if (given === undefined) script("up.sh", cache, state, TOPOLOGY);
  script("traffic.sh", state, TRAFFIC_SECONDS);
}

function test() {
  const words = ["vitest", "run", "--root", ".", "--config", "test/lab/vitest.config.ts", "--reporter", "verbose"];
  const { status } = spawnSync("npx", [...words, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, RINGFENCE_LAB_CACHE: cache, RINGFENCE_LAB_STATE: state },
  });
  return status ?? 1;
}

let status = 1;
try {
  start();
  status = test();
} finally {
  if (given === undefined) script("down.sh", state);
}
process.exit(status);
