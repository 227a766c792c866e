import { applySteps, type EditStep } from "../edits/edit-step.ts";
import { type PolicyTestResult, type PreparedTest, runConnection } from "./policy-test.ts";
import { byName } from "../proposal.ts";

/** What an edit does besides making one result as expected. */
export type TestProof = {
  /** Other connections that it makes as expected, by name or index. */
  readonly alsoMends: readonly string[];
};

/** null: the edit cannot be made, does not mend the result, makes another one wrong, or the bound on work is reached. */
export type TestProver = (steps: readonly EditStep[], index: number) => TestProof | null;

/** Connections decided again in the proofs of one test; beyond it failures are told without an edit. */
const MAX_DECISIONS = 20_000;

/** Proves edits by running the whole test again under the edited policies; remembers edits already tried. */
export function createTestProver(prepared: PreparedTest, results: readonly PolicyTestResult[]): TestProver {
  const { test } = prepared;
  const tried = new Map<string, ReadonlySet<number> | null>();
  let decisions = 0;
  /** The connections that pass with the edit. */
  const passing = (steps: readonly EditStep[]): ReadonlySet<number> | null => {
    const key = JSON.stringify(steps);
    const known = tried.get(key);
    if (known !== undefined) return known;
    decisions += test.connections.length;
    const again = decisions > MAX_DECISIONS ? null : preparedWith(prepared, steps);
    const passed =
      again === null ? null : test.connections.flatMap((_, at) => (runConnection(again, at).pass ? [at] : []));
    tried.set(key, passed === null ? null : new Set(passed));
    return passed === null ? null : new Set(passed);
  };
  return (steps, index) => {
    const passed = steps.length === 0 ? null : passing(steps);
    if (passed === null || !passed.has(index)) return null;
    const before = test.connections.map((_, at) => results[at]?.pass === true);
    if (before.some((wasRight, at) => wasRight && !passed.has(at))) return null;
    const mended = [...passed].filter((at) => at !== index && before[at] !== true);
    return { alsoMends: mended.map((at) => test.connections[at]?.name ?? `connection ${at}`) };
  };
}

/** The same test under its policies with the steps made. */
function preparedWith(prepared: PreparedTest, steps: readonly EditStep[]): PreparedTest | null {
  const edited = applySteps(byName(prepared.policies), steps);
  if (edited === null) return null;
  const policies = [...edited.values()];
  return { ...prepared, policies, engine: prepared.engine.with(policies) };
}
