import { escapeXml } from "../junit.ts";
import { differences, subjectName, type TestOutcome } from "./result.ts";

/** JUnit XML of policy tests: a suite a test, a case a result. */
export function outcomesJunit(outcomes: readonly TestOutcome[]): string {
  const suites = new Map<string, TestOutcome[]>();
  for (const outcome of outcomes) {
    const suite = suites.get(outcome.test);
    if (suite === undefined) suites.set(outcome.test, [outcome]);
    else suite.push(outcome);
  }
  const body = [...suites].map(([name, some]) => suiteXml(name, some)).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ringfence test"${countsXml(outcomes)}>\n${body}</testsuites>\n`;
}

function countsXml(outcomes: readonly TestOutcome[]): string {
  const failures = outcomes.filter((outcome) => !outcome.pass).length;
  return ` tests="${outcomes.length}" failures="${failures}" errors="0" skipped="0"`;
}

function suiteXml(name: string, outcomes: readonly TestOutcome[]): string {
  const cases = outcomes.map(caseXml).join("");
  return `  <testsuite name="${attribute(name)}"${countsXml(outcomes)}>\n${cases}  </testsuite>\n`;
}

function caseXml(outcome: TestOutcome): string {
  const head = `    <testcase classname="${attribute(outcome.test)}" name="${attribute(subjectName(outcome))}"`;
  if (outcome.pass) return `${head}/>\n`;
  const found = differences(outcome);
  const text = escapeXml([...found, ...outcome.reasons].join("\n"));
  return `${head}>\n      <failure message="${attribute(found.join("; "))}">${text}</failure>\n    </testcase>\n`;
}

function attribute(text: string): string {
  return escapeXml(text).replaceAll("\n", "&#10;");
}
