import { type PreparedTest, runPrepared } from "#analysis/policy-test/policy-test.ts";
import { createTestWorld } from "#analysis/policy-test/policy-test-world.ts";
import { manifestsOf, readInventory } from "#decode/objects/objects.ts";
import { readPolicyTests } from "#decode/policy-test/policy-test.ts";
import { createEngine, type Engine, type World as EngineWorld } from "#engine/engine.ts";
import { createFastEngine } from "#engine/fast/fast-engine.ts";
import { PolicyLibrary } from "#engine/rules/policy-library.ts";
import { UserError } from "#model/finding.ts";
import type { OracleAnswer } from "./oracle.ts";
import type { FuzzWorld } from "./world.ts";

/** One key that this project answers otherwise than Cilium. */
export type Difference = {
  /** A connection's index, or a policy; null where the whole world cannot be decided. */
  readonly of: number | string | null;
  readonly key: string;
  readonly ours: unknown;
  readonly cilium: unknown;
};

/** What comparing one world came to. */
export type Judgement = {
  /** Connections that both answered. */
  readonly decisions: number;
  /** Connections that Cilium's engine has no answer to. */
  readonly unanswered: number;
  readonly keys: number;
  readonly differences: readonly Difference[];
};

/** An engine under test, over a world whose policies are read once for all of them. */
export type EngineUnderTest = {
  readonly name: string;
  readonly make: (world: EngineWorld, library: PolicyLibrary) => Engine;
};

/** Every one of them is held against Cilium. */
export const ENGINES: readonly EngineUnderTest[] = [
  { name: "plain", make: createEngine },
  { name: "fast", make: createFastEngine },
];

/** Reads the world as the product reads a policy test, decides it, and holds every key against Cilium's answer. */
export function judge(
  world: FuzzWorld,
  answer: OracleAnswer,
  engines: readonly EngineUnderTest[] = ENGINES,
): Judgement {
  const expects = answer.connections.map((expect) => (expect.error === undefined ? expect : null));
  const asked = {
    ...world,
    connections: world.connections.map((connection, index) => ({ ...connection, expect: expects[index] ?? {} })),
    expectPolicies: answer.policies,
  };
  const answered = expects.filter((expect) => expect !== null);
  const keys = [...answered, ...answer.policies].reduce((sum, expect) => sum + Object.keys(expect).length, 0);
  return {
    decisions: answered.length,
    unanswered: expects.length - answered.length,
    keys: keys - answer.policies.length,
    differences: differencesOf(asked, engines),
  };
}

function differencesOf(asked: object, engines: readonly EngineUnderTest[]): readonly Difference[] {
  try {
    const { tests } = readPolicyTests(JSON.stringify(asked), "fuzz.jsonl");
    return tests.flatMap((test) => {
      const { inventory, policies } = readInventory(manifestsOf(test.objects, null), { anyVersion: true });
      const world = createTestWorld(test, inventory);
      const given = { minor: test.cilium, config: test.config, inventory: world.inventory, policies };
      const library = new PolicyLibrary(given);
      return engines.flatMap(({ name, make }) =>
        differencesBy(name, { test, world, policies, engine: make(given, library) }),
      );
    });
  } catch (error) {
    // What cannot be meant is said aloud, and is no answer; whatever else is thrown is a bug.
    if (error instanceof UserError) return [];
    return [{ of: null, key: "throws", ours: String(error), cilium: null }];
  }
}

function differencesBy(name: string, prepared: PreparedTest): readonly Difference[] {
  return runPrepared(prepared).flatMap((result): readonly Difference[] => {
    const of = "policy" in result ? result.policy : Number(result.connection);
    const { got, expect } = result;
    const wrong = Object.keys(expect).filter((key) => !isSame(key, got[key], expect[key]));
    return wrong.map((key) => ({
      of,
      key: name === "plain" ? key : `${name}:${key}`,
      ours: got[key],
      cilium: expect[key],
    }));
  });
}

function isSame(key: string, ours: unknown, cilium: unknown): boolean {
  if (key.endsWith("L7") && ours === "unseen") return cilium === null;
  if (key === "error") return String(ours).includes(String(cilium));
  if (Array.isArray(ours) && Array.isArray(cilium)) {
    return JSON.stringify([...new Set(ours)].sort()) === JSON.stringify([...new Set(cilium)].sort());
  }
  return ours === cilium;
}
