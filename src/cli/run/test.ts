import { type PolicyTestResult, runPolicyTest } from "#analysis/policy-test.ts";
import { readInventory } from "#decode/objects.ts";
import { placeText } from "#model/place.ts";
import type { PolicyTest, TestConnection } from "#model/policy-test.ts";
import { outcomeJson } from "#report/policy-test/jsonl.ts";
import { outcomesJunit } from "#report/policy-test/junit.ts";
import type { TestOutcome } from "#report/policy-test/result.ts";
import { outcomeText, type TestTextOptions, totalsText } from "#report/policy-test/text.ts";
import { count, listed } from "#report/words.ts";
import { type Invocation, isOn, valueOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { TEST_OUTPUT } from "../commands/test.ts";
import { ALL, COLOR, QUIET } from "../flags.ts";
import type { Io } from "../io.ts";
import { NO_PROGRESS } from "../progress.ts";
import { type LoadedTest, readTests } from "../read-tests.ts";

/** `ringfence test`: runs tests one after the other and prints as it goes. */
export async function runTest(invocation: Invocation, io: Io): Promise<ExitCode> {
  const progress = isOn(invocation, QUIET) ? NO_PROGRESS : io.progress;
  const printer = printerOf(valueOf(invocation, TEST_OUTPUT) ?? "text", textOptions(invocation, io));
  const totals = { tests: 0, passed: 0, failed: 0 };
  for await (const loaded of readTests(invocation.operands)) {
    warn(loaded, io);
    totals.tests += 1;
    let text = "";
    for (const outcome of outcomesOf(loaded)) {
      totals[outcome.pass ? "passed" : "failed"] += 1;
      text += printer.each(outcome);
    }
    if (text !== "") progress.clear();
    await io.out(text);
    progress.update(`${count(totals.tests)} tests, ${count(totals.failed)} results not as expected`);
    if (!io.isOpen()) break;
  }
  progress.clear();
  await io.out(printer.end(totals));
  return totals.failed > 0 ? 1 : 0;
}

type Totals = { readonly tests: number; readonly passed: number; readonly failed: number };
type Printer = { readonly each: (outcome: TestOutcome) => string; readonly end: (totals: Totals) => string };

function printerOf(output: string, options: TestTextOptions): Printer {
  const outcomes: TestOutcome[] = [];
  switch (output) {
    case "jsonl":
      return { each: outcomeJson, end: () => "" };
    case "junit":
      return {
        each: (outcome) => {
          outcomes.push(outcome);
          return "";
        },
        end: () => outcomesJunit(outcomes),
      };
    default:
      return { each: (outcome) => outcomeText(outcome, options), end: (totals) => totalsText(totals, options) };
  }
}

function textOptions(invocation: Invocation, io: Io): TestTextOptions {
  const when = valueOf(invocation, COLOR);
  const color = when === "always" || (when !== "never" && io.isColorful);
  return { width: io.width, color, all: isOn(invocation, ALL) };
}

function warn({ findings }: LoadedTest, io: Io): void {
  for (const finding of findings) {
    const place = finding.place === undefined ? "" : `${placeText(finding.place)}: `;
    io.err(`ringfence: ${place}${finding.message}\n`);
  }
}

function outcomesOf({ test, manifests }: LoadedTest): readonly TestOutcome[] {
  const { inventory, policies } = readInventory(manifests, { anyVersion: true });
  const results = runPolicyTest(test, inventory, policies);
  const failed = results.some((result) => !result.pass);
  const reasons = failed ? runPolicyTest(askingWhy(test), inventory, policies) : [];
  return results.map((result, index): TestOutcome => {
    const connection = "connection" in result ? (test.connections[index] ?? null) : null;
    const { pass, got, expect } = result;
    const subject = "connection" in result ? { connection: result.connection } : { policy: result.policy };
    const why = pass ? [] : reasonsOf(reasons[index]);
    return { test: test.name, file: test.file, subject, pass, got, expect, connection, reasons: why };
  });
}

const WHY = ["egress", "ingress"].flatMap((side) => [side, `${side}Rules`, `${side}DefaultDeny`]);

/** The same test with the keys that say which rules decided: `got` has the keys of `expect`. */
function askingWhy(test: PolicyTest): PolicyTest {
  const expect = Object.fromEntries(WHY.map((key) => [key, null]));
  return { ...test, connections: test.connections.map((connection): TestConnection => ({ ...connection, expect })) };
}

function reasonsOf(result: PolicyTestResult | undefined): readonly string[] {
  if (result === undefined) return [];
  if ("connection" in result) return ["egress", "ingress"].flatMap((side) => sideReason(side, result.got));
  const help = result.got["help"];
  return typeof help === "string" && help !== "" ? [help] : [];
}

/** `ingress is denied: no rule allows it; isolated by CiliumNetworkPolicy/a/x ingress[0]`. */
function sideReason(side: string, got: PolicyTestResult["got"]): readonly string[] {
  const decision = got[side];
  if (typeof decision !== "string") return [];
  const rules = textsOf(got[`${side}Rules`]);
  if (rules.length > 0) return [`${side} is ${decision} by ${listed(rules, 3)}`];
  const isolating = textsOf(got[`${side}DefaultDeny`]);
  if (decision === "denied") return [`${side} is denied: no rule allows it; isolated by ${listed(isolating, 3)}`];
  const why = isolating.length === 0 ? "no policy isolates it" : "an implicit rule lets it through";
  return [`${side} is ${decision}: ${why}`];
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
