import { UserError } from "#model/finding.ts";
import { placeText } from "#model/place.ts";
import { frameJunit } from "#report/policy-test/junit.ts";
import { frameMarkdown } from "#report/policy-test/markdown.ts";
import { type TestTotals, totalsText } from "#report/policy-test/text.ts";
import { count } from "#report/words.ts";
import { type Invocation, isOn, valueOf, valuesOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { FILTER, FORCE, RECORD_INPUTS, TEST_OUTPUT, WRITE } from "../commands/test.ts";
import { progressOf, textLayout } from "../flag-values.ts";
import type { Io } from "../io.ts";
import type { TestReport, TestRun } from "../run-tests.ts";
import { findTestFiles } from "../test-files.ts";
import { testReports } from "../test-pool.ts";
import { userErrorText } from "../program.ts";

/** `ringfence test`: runs tests and prints as it goes, in their order. */
export async function runTest(invocation: Invocation, io: Io): Promise<ExitCode> {
  refuseRecordFlags(invocation);
  const progress = progressOf(invocation, io);
  const run = runOf(invocation, io);
  const printer = printerOf(run);
  const tally = { tests: 0, passed: 0, failed: 0, broken: 0, leftOut: 0 };
  const broken = (error: UserError) => {
    progress.clear();
    io.err(userErrorText(error));
    tally.broken += 1;
    printer.broken(userErrorText(error));
  };
  const seen = new Map<string, string>();
  for await (const report of testReports(await findTestFiles(invocation.operands), run)) {
    const problem = problemOf(report, seen);
    if (problem !== null) broken(problem);
    if (report.kind === "left-out") tally.leftOut += 1;
    if (report.kind === "ran" && problem === null) {
      add(tally, report);
      warn(report, io);
      const text = printer.each(report.printed);
      if (text !== "") progress.clear();
      await io.out(text);
    }
    progress.update(`${count(tally.tests)} tests, ${count(tally.failed)} results not as expected`);
    if (!io.isOpen()) break;
  }
  progress.clear();
  refuseNothing(run.filter, tally);
  await io.out(printer.end(tally));
  return tally.broken > 0 ? 2 : tally.failed > 0 ? 1 : 0;
}

function refuseRecordFlags(invocation: Invocation): void {
  const given = [...RECORD_INPUTS, WRITE, FORCE].find(
    (flag) => isOn(invocation, flag) || valuesOf(invocation, flag).length > 0,
  );
  if (given === undefined) return;
  throw new UserError("bad-arguments", `--${given.name} needs --record: tests name their objects themselves`, {
    help: "add --record to write tests from a recording, or leave the flag out to run tests",
  });
}

type Tally = { -readonly [Key in keyof TestTotals]: number };

function add(tally: Tally, report: TestReport & { readonly kind: "ran" }): void {
  tally.tests += 1;
  tally.passed += report.passed;
  tally.failed += report.failed;
}

function refuseNothing(filter: string | null, tally: { readonly tests: number; readonly leftOut: number }): void {
  if (filter === null || tally.tests > 0 || tally.leftOut === 0) return;
  throw new UserError("no-tests", `none of ${count(tally.leftOut)} tests has \`${filter}\` in its name`, {
    help: "--filter looks for a part of the name, letter case aside",
  });
}

/** Why a test has no result: it could not be read, or its name is another's. */
function problemOf(report: TestReport, seen: Map<string, string>): UserError | null {
  if (report.kind === "broken") {
    const { code, message, help, place } = report;
    return new UserError(code, message, {
      ...(help === undefined ? {} : { help }),
      ...(place === undefined ? {} : { place }),
    });
  }
  const before = seen.get(report.name);
  if (before === undefined) {
    seen.set(report.name, placeText(report.place));
    return null;
  }
  return new UserError("duplicate-test", `\`${report.name}\` is the name of the test at ${before} too: not run`, {
    place: report.place,
    help: "give every test of a run its own name",
  });
}

type Printer = {
  readonly each: (printed: string) => string;
  readonly broken: (message: string) => void;
  readonly end: (totals: TestTotals) => string;
};

/** JUnit and markdown begin with the totals: their tests are kept, as text, until all have run. */
function printerOf({ printing }: TestRun): Printer {
  const tests: string[] = [];
  const broken: string[] = [];
  const keep = (printed: string) => {
    if (printed !== "") tests.push(printed);
    return "";
  };
  const note = (message: string) => {
    broken.push(message.trimEnd());
  };
  switch (printing.output) {
    case "jsonl":
      return { each: (printed) => printed, broken: () => undefined, end: () => "" };
    case "junit":
      return { each: keep, broken: note, end: (totals) => frameJunit(tests, totals, broken) };
    case "markdown":
      return { each: keep, broken: note, end: (totals) => frameMarkdown(tests, totals, broken) };
    default:
      return {
        each: (printed) => printed,
        broken: () => undefined,
        end: (totals) => totalsText(totals, printing.text),
      };
  }
}

function runOf(invocation: Invocation, io: Io): TestRun {
  const output = valueOf(invocation, TEST_OUTPUT) ?? "text";
  return { printing: { output, text: textLayout(invocation, io) }, filter: valueOf(invocation, FILTER) };
}

function warn({ findings }: TestReport & { readonly kind: "ran" }, io: Io): void {
  for (const { place, message, help } of findings) {
    const at = place === undefined ? "" : `${placeText(place)}: `;
    io.err(`ringfence: ${at}${message}\n${help === undefined ? "" : `help: ${help}\n`}`);
  }
}
