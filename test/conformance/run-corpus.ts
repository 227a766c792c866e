import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { decideAsked, resultOf, runPolicy } from "#analysis/policy-test/policy-test.ts";
import { askedOf, createTestWorld } from "#analysis/policy-test/policy-test-world.ts";
import { manifestsOf, readInventory } from "#decode/objects/objects.ts";
import { readPolicyTests } from "#decode/policy-test/policy-test.ts";
import { createEngine } from "#engine/engine.ts";
import { createFastEngine } from "#engine/fast/fast-engine.ts";
import { PolicyLibrary } from "#engine/rules/policy-library.ts";
import type { PolicyTest } from "#model/policy-test.ts";
import type { CiliumMinor } from "#model/profile.ts";

/** One key that the engine answers otherwise than Cilium. */
export type Mismatch = {
  readonly test: string;
  /** The connection's name or index, or the policy. */
  readonly of: string | number;
  readonly key: string;
  /** Both answers in one line, for people. */
  readonly text: string;
};

/** How many keys of how many connections and policies were compared, and those that differ. */
export type CorpusRun = {
  readonly connections: number;
  readonly policies: number;
  readonly keys: number;
  readonly mismatches: readonly Mismatch[];
  /** Decisions, reasons included, that the fast engine makes otherwise than the plain one. */
  readonly unlike: readonly string[];
  readonly minors: Readonly<Record<CiliumMinor, MinorRun>>;
};

type TestRun = Omit<CorpusRun, "minors"> & { readonly minor: CiliumMinor; readonly undecided: number };

/** What the tests of one minor came to. */
export type MinorRun = {
  readonly connections: number;
  /** Connections of which Cilium's verdict is that a fact is missing. */
  readonly undecided: number;
  readonly policies: number;
  readonly keys: number;
  /** Keys that the engine answers otherwise. */
  readonly differing: number;
};

/**
 * Runs the policy tests of a file, one a line, gzipped or not, and compares every expected key. `wanted` says which lines,
 * by their place.
 */
export function runCorpus(path: string, wanted: (index: number) => boolean = () => true): CorpusRun {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const lines = text.split("\n").filter((line, index) => line !== "" && wanted(index));
  const runs = lines.flatMap((line) => readPolicyTests(line, path).tests.map(runTest));
  const ofMinor = (minor: CiliumMinor) => minorRun(runs.filter((run) => run.minor === minor));
  return {
    ...countsOf(runs),
    mismatches: runs.flatMap((run) => run.mismatches),
    unlike: runs.flatMap((run) => run.unlike),
    minors: { "1.18": ofMinor("1.18"), "1.19": ofMinor("1.19"), "1.20": ofMinor("1.20") },
  };
}

function countsOf(runs: readonly TestRun[]): Pick<CorpusRun, "connections" | "policies" | "keys"> {
  const sum = (count: (run: TestRun) => number) => runs.reduce((total, run) => total + count(run), 0);
  return {
    connections: sum((run) => run.connections),
    policies: sum((run) => run.policies),
    keys: sum((run) => run.keys),
  };
}

function minorRun(runs: readonly TestRun[]): MinorRun {
  const undecided = runs.reduce((total, run) => total + run.undecided, 0);
  return { ...countsOf(runs), undecided, differing: runs.flatMap((run) => run.mismatches).length };
}

/**
 * The plain engine is held against Cilium's answers, the fast one against the plain one's whole decisions. Both read the
 * policies once, together: reading is most of the time, and the same code.
 */
function runTest(test: PolicyTest): TestRun {
  const { inventory, policies } = readInventory(manifestsOf(test.objects, null), { anyVersion: true });
  const world = createTestWorld(test, inventory);
  const given = { minor: test.cilium, config: test.config, inventory: world.inventory, policies };
  const library = new PolicyLibrary(given);
  const plain = createEngine(given, library);
  const fast = createFastEngine(given, library);
  const unlike: string[] = [];
  const decided = test.connections.map((connection, index) => {
    const asked = askedOf(connection, world);
    if (typeof asked === "string") return resultOf(test, index, asked);
    const decision = decideAsked(plain, asked, connection);
    const other = decideAsked(fast, asked, connection);
    if (!isSameValue(decision, other)) {
      const texts = [decision, other].map((one) => JSON.stringify(one));
      unlike.push(`${test.name}: ${connection.name ?? index}: ${texts[0]} is now ${texts[1]}`);
    }
    return resultOf(test, index, decision);
  });
  const results = [...decided, ...test.expectPolicies.map((expect) => runPolicy(test, expect, plain))];
  const mismatches = results.flatMap((result) => {
    const of = "policy" in result ? result.policy : result.connection;
    const place = "policy" in result ? result.policy : describeConnection(test, result.connection);
    const wrong = result.pass ? [] : Object.keys(result.expect).filter((key) => !isSame(result, key));
    return wrong.map((key) => {
      const [got, expected] = [result.got[key], result.expect[key]].map((value) => JSON.stringify(value));
      return { test: test.name, of, key, text: `${test.name}: ${place}: ${key} is ${got}, Cilium says ${expected}` };
    });
  });
  return {
    minor: test.cilium,
    undecided: test.connections.filter(({ expect }) => expect["verdict"] === "undecided").length,
    connections: test.connections.length,
    policies: test.expectPolicies.length,
    keys: results.reduce((total, { expect }) => total + Object.keys(expect).length, 0),
    mismatches,
    unlike,
  };
}

/** As isDeepStrictEqual of plain values, in a fraction of its time: there are a million of them. */
function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  const pairs = (key: string) => isSameValue((a as Keyed)[key], (b as Keyed)[key]) && Object.hasOwn(b, key);
  return keys.length === Object.keys(b).length && keys.every(pairs);
}

type Keyed = Readonly<Record<string, unknown>>;

type Compared = { readonly got: Readonly<Record<string, unknown>>; readonly expect: Readonly<Record<string, unknown>> };

function isSame({ got, expect }: Compared, key: string): boolean {
  const [a, b] = [got[key], expect[key]];
  if (Array.isArray(a) && Array.isArray(b)) return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
  // A policy's error is a part of the agent's text.
  return key === "error" && typeof a === "string" && typeof b === "string" ? a.includes(b) : a === b;
}

function describeConnection(test: PolicyTest, of: string | number): string {
  const connection = test.connections.find((item, index) => (item.name ?? index) === of);
  if (connection === undefined) return `connection ${of}`;
  const { from, to, port, protocol, icmpType } = connection;
  return `${from} → ${to} ${protocol} ${port ?? `type ${icmpType}`}`;
}
