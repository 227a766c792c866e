import { explainFailures } from "#analysis/policy-test/policy-test-failure.ts";
import { type PolicyTestResult, preparePolicyTest, runPrepared } from "#analysis/policy-test/policy-test.ts";
import { readInventory } from "#decode/objects/objects.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { Place } from "#model/place.ts";
import type { PolicyTest, TestFailure } from "#model/policy-test.ts";
import { printOutcomes, type TestPrinting } from "#report/policy-test/print.ts";
import type { TestOutcome } from "#report/policy-test/result.ts";
import { type LoadedTest, type SharedManifests, type TestText, testsIn } from "./read-tests.ts";

/** How tests are run: which, and how their results are printed. Plain data: a worker is told it. */
export type TestRun = {
  readonly printing: TestPrinting;
  /** Only tests whose name holds this, letter case aside; null: all. */
  readonly filter: string | null;
};

/** What became of one test, plain data. `printed` is its results in the chosen format. */
export type TestReport =
  | {
      readonly kind: "ran";
      readonly name: string;
      readonly place: Place;
      readonly printed: string;
      readonly passed: number;
      readonly failed: number;
      readonly findings: readonly Finding[];
    }
  | { readonly kind: "left-out"; readonly name: string; readonly place: Place }
  | BrokenTest;

/** A test that could not be read, with what a `UserError` says. */
export type BrokenTest = {
  readonly kind: "broken";
  readonly code: string;
  readonly message: string;
  readonly help: string | undefined;
  readonly place: Place | undefined;
};

/** Reads and runs the tests of a text. */
export async function runTests(text: TestText, run: TestRun, shared: SharedManifests): Promise<readonly TestReport[]> {
  const reports: TestReport[] = [];
  for await (const test of testsIn(text, shared)) {
    reports.push(test instanceof UserError ? brokenTest(test) : reportOf(test, run));
  }
  return reports;
}

/** A problem as plain data. */
export function brokenTest({ code, message, help, place }: UserError): BrokenTest {
  return { kind: "broken", code, message, help, place };
}

function reportOf(loaded: LoadedTest, { printing, filter }: TestRun): TestReport {
  const { test, place, findings } = loaded;
  if (filter !== null && !test.name.toLowerCase().includes(filter.toLowerCase())) {
    return { kind: "left-out", name: test.name, place };
  }
  const outcomes = outcomesOf(loaded, printing.output !== "jsonl");
  const passed = outcomes.filter((outcome) => outcome.pass).length;
  const printed = printOutcomes(outcomes, printing);
  return { kind: "ran", name: test.name, place, printed, passed, failed: outcomes.length - passed, findings };
}

/** Runs a test; failures are explained where the format has room for it. */
function outcomesOf(loaded: LoadedTest, isExplained: boolean): readonly TestOutcome[] {
  const { test, manifests, sources } = loaded;
  const { inventory, policies } = readInventory(manifests, { anyVersion: true });
  const prepared = preparePolicyTest(test, inventory, policies);
  const results = runPrepared(prepared);
  const hasFailed = results.some((result) => !result.pass);
  const failures = isExplained && hasFailed ? explainFailures(prepared, results, sources) : new Map();
  return results.map((result, index) => outcomeOf(test, loaded.place, { result, index, failures }));
}

type Ran = {
  readonly result: PolicyTestResult;
  readonly index: number;
  readonly failures: ReadonlyMap<number, TestFailure>;
};

function outcomeOf(test: PolicyTest, place: Place, { result, index, failures }: Ran): TestOutcome {
  const { pass, got, expect } = result;
  const isConnection = "connection" in result;
  const subject = isConnection ? { connection: result.connection } : { policy: result.policy };
  const connection = isConnection ? (test.connections[index] ?? null) : null;
  return { test: test.name, place, subject, pass, got, expect, connection, failure: failures.get(index) ?? null };
}
