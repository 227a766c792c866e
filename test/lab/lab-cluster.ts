import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "../ringfence.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const MAIN = join(process.env["RINGFENCE_DIST"] ?? join(ROOT, "dist"), "main.js");

/** A program that runs on until it is told to end. */
export type Running = {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ends it as ^C would; answers what it printed. */
  readonly stop: () => Promise<Run>;
};

/**
 * The real cluster that `scripts/test-lab.mjs` has started: its scripts are another's, named by the environment. What runs
 * "inside" runs in the network of its first worker; files are the same in and out.
 */
export class LabCluster {
  readonly state = variable("RINGFENCE_LAB_STATE");
  readonly directory = mkdtempSync(join(tmpdir(), "ringfence-lab-"));
  readonly kubeconfig = join(this.state, "pki", "admin.kubeconfig");
  readonly addresses: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(this.state, "ips.json"), "utf8"));
  /** The agent of the first worker, reached from outside as well. */
  readonly agent = `unix://${join(this.state, "cilium-run", "hubble.sock")}`;
  private readonly scripts = variable("RINGFENCE_LAB");

  /** `HOST:PORT`, inside. */
  get relay(): string {
    const [, address] = Object.entries(this.addresses).find(([name]) => name.includes("/hubble-relay-")) ?? [];
    if (address === undefined) throw new Error("the lab has no Relay: two workers are needed");
    return `${address}:4245`;
  }

  /** Another program of the lab, to its end: `kubectl`, `hubble`. */
  async inside(...words: readonly string[]): Promise<Run> {
    return await finished(this.enter(words));
  }

  /** ringfence inside, to its end. */
  async ringfence(...words: readonly string[]): Promise<Run> {
    return await finished(this.enter([process.execPath, MAIN, ...words]));
  }

  /** ringfence outside: what needs no network but a socket. */
  async ringfenceOutside(...words: readonly string[]): Promise<Run> {
    return await finished(spawn(process.execPath, [MAIN, ...words]));
  }

  startInside(...words: readonly string[]): Running {
    return running(this.enter(words));
  }

  startRingfence(...words: readonly string[]): Running {
    return running(this.enter([process.execPath, MAIN, ...words]));
  }

  /** Restarts the agents, one node after the other, as a change of the chart does. */
  async restartAgents(): Promise<void> {
    const run = await finished(spawn("bash", [join(this.scripts, "agent.sh"), this.state, "restart"]));
    if (run.status !== 0) throw new Error(`agent.sh: ${run.stdout}${run.stderr}`);
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private enter(words: readonly string[]): ChildProcess {
    // A group of its own: what ends it must reach the program behind the scripts.
    return spawn("bash", [join(this.scripts, "enter.sh"), this.state, ...words], { detached: true });
  }
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: run npm run test:lab`);
  return value;
}

async function finished(child: ChildProcess): Promise<Run> {
  return await running(child).stopped;
}

function running(child: ChildProcess): Running & { readonly stopped: Promise<Run> } {
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (part: string) => (text[name] += part));
  }
  const stopped = new Promise<Run>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...text }));
  });
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGINT");
    return await stopped;
  };
  return { stdout: () => text.stdout, stderr: () => text.stderr, stop, stopped };
}
