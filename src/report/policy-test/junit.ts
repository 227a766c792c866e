import { escapeXml } from "../junit.ts";
import { differences, editLines, failureSentences, subjectName, type TestOutcome, testPlace } from "./result.ts";
import type { TestTotals } from "./text.ts";

/** JUnit XML round the suites of all tests; tests that could not be read are errors, each with what is wrong. */
export function frameJunit(suites: readonly string[], totals: TestTotals, broken: readonly string[]): string {
  const { passed, failed } = totals;
  const unread = broken.length === 0 ? "" : brokenSuite(broken);
  const counts = countsXml({ tests: passed + failed + broken.length, failures: failed, errors: broken.length });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ringfence test"${counts}>\n${suites.join("")}${unread}</testsuites>\n`;
}

type Counts = { readonly tests: number; readonly failures: number; readonly errors: number };

function countsXml({ tests, failures, errors }: Counts): string {
  return ` tests="${tests}" failures="${failures}" errors="${errors}" skipped="0"`;
}

function brokenSuite(broken: readonly string[]): string {
  const cases = broken.map((message) => {
    const [first = ""] = message.split("\n");
    return `    <testcase classname="input" name="${attribute(first)}">\n      <error message="${attribute(first)}">${escapeXml(message)}</error>\n    </testcase>\n`;
  });
  const counts = countsXml({ tests: broken.length, failures: 0, errors: broken.length });
  return `  <testsuite name="input"${counts}>\n${cases.join("")}  </testsuite>\n`;
}

/** The results of one test as a suite: a case a result. */
export function suiteXml(outcomes: readonly TestOutcome[]): string {
  const name = outcomes[0]?.test;
  if (name === undefined) return "";
  const failures = outcomes.filter((outcome) => !outcome.pass).length;
  const counts = countsXml({ tests: outcomes.length, failures, errors: 0 });
  return `  <testsuite name="${attribute(name)}"${counts}>\n${outcomes.map(caseXml).join("")}  </testsuite>\n`;
}

function caseXml(outcome: TestOutcome): string {
  const head = `    <testcase classname="${attribute(outcome.test)}" name="${attribute(subjectName(outcome))}"`;
  if (outcome.pass) return `${head}/>\n`;
  const edit = outcome.failure?.edit ?? null;
  const told = edit === null ? [] : editLines(edit).map((line) => line.text);
  const text = escapeXml([...failureSentences(outcome), ...told, testPlace(outcome)].join("\n"));
  return `${head}>\n      <failure message="${attribute(differences(outcome).join("; "))}">${text}</failure>\n    </testcase>\n`;
}

function attribute(text: string): string {
  return escapeXml(text).replaceAll("\n", "&#10;");
}
