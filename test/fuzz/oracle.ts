import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { CiliumMinor } from "#model/profile.ts";
import type { FuzzWorld } from "./world.ts";

/** What Cilium answers to one connection: the keys of `expect`, and `error` where it has no answer. */
export type OracleExpect = Readonly<Record<string, unknown>> & { readonly error?: string };

/** A world as Cilium answers it, its connections and policies in the order of the world's. */
export type OracleAnswer = {
  readonly connections: readonly OracleExpect[];
  readonly policies: readonly { readonly policy: string; readonly valid: boolean; readonly error?: string }[];
};

/** Answers worlds of every minor. */
export type Oracle = {
  /** One answer a world, in order. Rejects when a process ends before it has answered. */
  readonly ask: (worlds: readonly FuzzWorld[]) => Promise<readonly OracleAnswer[]>;
  readonly close: () => void;
};

/** Cilium's own engines as processes that stay: one a minor, started when first asked. `directory` holds the binaries. */
export function createOracle(directory: string): Oracle {
  const processes = new Map<CiliumMinor, OracleProcess>();
  const processOf = (minor: CiliumMinor) => {
    const running = processes.get(minor);
    if (running?.isAlive() === true) return running;
    const started = startOracle(join(directory, `oracle-${minor}`));
    processes.set(minor, started);
    return started;
  };
  return {
    ask: async (worlds) => {
      const minors = [...new Set(worlds.map(({ cilium }) => cilium))];
      const answers = new Map<FuzzWorld, OracleAnswer>();
      await Promise.all(
        minors.map(async (minor) => {
          const own = worlds.filter(({ cilium }) => cilium === minor);
          const found = await processOf(minor).ask(own);
          for (const [index, world] of own.entries()) answers.set(world, found[index] as OracleAnswer);
        }),
      );
      return worlds.map((world) => answers.get(world) as OracleAnswer);
    },
    close: () => {
      for (const running of processes.values()) running.close();
    },
  };
}

type OracleProcess = {
  readonly ask: (worlds: readonly FuzzWorld[]) => Promise<readonly OracleAnswer[]>;
  readonly isAlive: () => boolean;
  readonly close: () => void;
};

/** Its output is written once a megabyte is full: a test of that size after each batch pushes the answers out. */
const FILLER = `${JSON.stringify({ name: "filler", notes: "x".repeat(1 << 20) })}\n`;

function startOracle(binary: string): OracleProcess {
  const child = spawn(binary, [], { stdio: ["pipe", "pipe", "pipe"] });
  const waiting: { readonly take: (line: string) => void; readonly fail: (error: Error) => void }[] = [];
  let isAlive = true;
  let errors = "";
  const end = (reason: string) => {
    isAlive = false;
    for (const { fail } of waiting.splice(0)) fail(new Error(`${binary}: ${reason}${errors.slice(-2000)}`));
  };
  child.on("error", (error) => end(error.message));
  child.on("exit", (code) => end(`ended with ${code}: `));
  child.stdin.on("error", () => {});
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    if (!line.startsWith('{"name":"filler"')) waiting.shift()?.take(line);
  });
  return {
    ask: (worlds) => askProcess(child, waiting, worlds),
    isAlive: () => isAlive,
    close: () => child.kill(),
  };
}

function askProcess(
  child: ChildProcessWithoutNullStreams,
  waiting: { readonly take: (line: string) => void; readonly fail: (error: Error) => void }[],
  worlds: readonly FuzzWorld[],
): Promise<readonly OracleAnswer[]> {
  const answers = worlds.map(
    (world) =>
      new Promise<OracleAnswer>((resolve, reject) => {
        waiting.push({ take: (line) => resolve(readAnswer(line, world)), fail: reject });
      }),
  );
  child.stdin.write(worlds.map((world) => `${JSON.stringify(world)}\n`).join("") + FILLER);
  return Promise.all(answers);
}

type AnsweredTest = {
  readonly name: string;
  readonly connections?: readonly { readonly expect: OracleExpect }[];
  readonly expectPolicies?: OracleAnswer["policies"];
};

function readAnswer(line: string, world: FuzzWorld): OracleAnswer {
  const answered = JSON.parse(line) as AnsweredTest;
  if (answered.name !== world.name) throw new Error(`asked for ${world.name}, answered ${answered.name}`);
  return {
    connections: (answered.connections ?? []).map(({ expect }) => withSilentKeys(expect)),
    policies: answered.expectPolicies ?? [],
  };
}

/** What the oracle says by leaving a key out is said. */
function withSilentKeys(expect: OracleExpect): OracleExpect {
  const silent = (["egress", "ingress"] as const)
    .filter((side) => expect[side] === "allowed")
    .map((side) => ({ [`${side}Auth`]: "disabled", [`${side}L7`]: null }));
  return Object.assign({}, ...silent, expect);
}

/** What several answers to the same world all say: keys that differ between them depend on the order of Go's maps. */
export function stableAnswer(answers: readonly OracleAnswer[]): OracleAnswer {
  const [first, ...others] = answers;
  if (first === undefined) throw new Error("no answer");
  const same = <T extends object>(value: T, all: readonly (T | undefined)[]): T => {
    const kept = Object.entries(value).filter(([key, item]) =>
      all.every(
        (other) =>
          JSON.stringify(Object.entries(other ?? {}).find(([name]) => name === key)?.[1]) === JSON.stringify(item),
      ),
    );
    return Object.fromEntries(kept) as T;
  };
  return {
    connections: first.connections.map((value, at) =>
      same(
        value,
        others.map((other) => other.connections[at]),
      ),
    ),
    policies: first.policies.map((value, at) =>
      same(
        value,
        others.map((other) => other.policies[at]),
      ),
    ),
  };
}
