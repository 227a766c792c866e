import type { Hole, NamespaceReadiness, Rehearsal, WorkloadReadiness } from "#model/rehearsal.ts";
import { answerWord } from "./answer.ts";
import { edgeName, ruleName } from "./ends.ts";
import { minuteText } from "./words.ts";

type Case = { readonly name: string; readonly group: string; readonly failure?: Detail; readonly skipped?: string };
type Detail = { readonly message: string; readonly type: string; readonly text: string };
type Suite = { readonly name: string; readonly cases: readonly Case[] };

/**
 * The rehearsal as JUnit XML, for CI: a suite a namespace; a workload is a test case that passes when it is ready and is
 * skipped when it is not proven; every hole is a case that fails; errors in the input fail in a suite of their own.
 */
export function reportJunit(rehearsal: Rehearsal): string {
  const suites = [inputSuite(rehearsal), ...namespaceSuites(rehearsal), wholeSuite(rehearsal)];
  const shown = suites.filter((suite) => suite.cases.length > 0);
  const cases = shown.flatMap((suite) => suite.cases);
  const attributes = { name: `ringfence rehearse: ${answerWord(rehearsal)}`, ...countsOf(cases) };
  const body = shown.map((suite) => suiteXml(suite, rehearsal.snapshot.to)).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributesXml(attributes)}>\n${body}</testsuites>\n`;
}

function inputSuite(rehearsal: Rehearsal): Suite {
  const errors = rehearsal.findings.filter((finding) => finding.severity === "error");
  const cases = errors.map((finding): Case => {
    const { file, line, object } = finding.place ?? {};
    const place = file === undefined ? (object ?? "input") : line === undefined ? file : `${file}:${line}`;
    const failure = { message: finding.message, type: finding.id, text: finding.help ?? "" };
    return { name: place, group: "input", failure };
  });
  return { name: "input", cases };
}

function namespaceSuites(rehearsal: Rehearsal): readonly Suite[] {
  const names = [
    ...rehearsal.readiness.map((namespace) => namespace.namespace),
    ...rehearsal.holes.map((hole) => hole.namespace ?? "cluster-wide"),
  ];
  return [...new Set(names)].map((name) => {
    const readiness = rehearsal.readiness.find((some) => some.namespace === name);
    const holes = rehearsal.holes.filter((hole) => (hole.namespace ?? "cluster-wide") === name);
    return { name, cases: [...holes.map((hole) => holeCase(hole, name)), ...workloadCases(readiness, name)] };
  });
}

function holeCase(hole: Hole, group: string): Case {
  const lines = [
    hole.sentence,
    ...(hole.nearestRule === null ? [] : [`nearest rule: ${ruleName(hole.nearestRule)} ${hole.nearestRule.element}`]),
    ...(hole.edit === null ? [] : [`${hole.edit.proven ? "proven" : "suggested"} edit: ${hole.edit.summary}`]),
    `seen ${hole.flows} times, last ${minuteText(hole.lastSeen)}`,
  ];
  const failure = { message: `denied on ${hole.side}: ${hole.sentence}`, type: hole.cause, text: lines.join("\n") };
  return { name: `${edgeName(hole)} (${hole.side})`, group, failure };
}

/** Workloads with holes are told by their holes. */
function workloadCases(namespace: NamespaceReadiness | undefined, group: string): readonly Case[] {
  return (namespace?.workloads ?? [])
    .filter((workload) => workload.state !== "holes")
    .map((workload) => ({ name: `${workload.kind} ${workload.name}`, group, ...skippedOf(workload) }));
}

function skippedOf(workload: WorkloadReadiness): Pick<Case, "skipped"> {
  return workload.state === "not-proven" ? { skipped: `not proven: ${workload.reasons.join("; ")}` } : {};
}

/** What holds for the whole recording: each a skipped case, so that a report without holes does not look all green. */
function wholeSuite(rehearsal: Rehearsal): Suite {
  const whole = rehearsal.notProven.filter((entry) => entry.namespace === null);
  const cases = whole.map(
    (entry): Case => ({ name: entry.reason, group: "recording", skipped: `not proven: ${entry.remedy}` }),
  );
  return { name: "recording", cases };
}

function countsOf(cases: readonly Case[]) {
  const failures = cases.filter((some) => some.failure !== undefined).length;
  const skipped = cases.filter((some) => some.skipped !== undefined).length;
  return { tests: cases.length, failures, errors: 0, skipped };
}

function suiteXml(suite: Suite, time: string | null): string {
  const attributes = {
    name: suite.name,
    ...countsOf(suite.cases),
    ...(time === null ? {} : { timestamp: time.slice(0, 19) }),
  };
  return `  <testsuite${attributesXml(attributes)}>\n${suite.cases.map(caseXml).join("")}  </testsuite>\n`;
}

function caseXml(some: Case): string {
  const head = `    <testcase${attributesXml({ classname: `ringfence.${some.group}`, name: some.name })}`;
  if (some.failure !== undefined) {
    const { message, type, text } = some.failure;
    return `${head}>\n      <failure${attributesXml({ message, type })}>${escapeXml(text)}</failure>\n    </testcase>\n`;
  }
  if (some.skipped === undefined) return `${head}/>\n`;
  return `${head}>\n      <skipped${attributesXml({ message: some.skipped })}/>\n    </testcase>\n`;
}

function attributesXml(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll("\n", "&#10;")}"`)
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 has no way to write most control characters and no lone surrogates: they become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu, "\uFFFD")
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
