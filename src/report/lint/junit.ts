import type { LintFinding, LintReport } from "#model/lint.ts";
import { placeText } from "#model/place.ts";
import { escapeXml } from "../junit.ts";

/** JUnit XML: a suite a file; errors and warnings are failures, information and what slept are skipped cases. */
export function lintJunit(report: LintReport): string {
  const files = new Map<string, LintFinding[]>();
  for (const finding of report.findings) {
    const file = finding.place.file ?? finding.place.object ?? "the whole set";
    files.set(file, [...(files.get(file) ?? []), finding]);
  }
  const slept = report.slept.map(({ check, needs }) => skipped(check, "ringfence.slept", `needs ${needs.join(", ")}`));
  const suites = [
    ...[...files].map(([file, findings]) => suite(file, findings.map(caseXml), findings.filter(isFailure).length)),
    ...(slept.length === 0 ? [] : [suite("checks that slept", slept, 0)]),
  ];
  const failures = report.findings.filter(isFailure).length;
  const tests = report.findings.length + slept.length;
  const counts = `tests="${tests}" failures="${failures}" errors="0" skipped="${tests - failures}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ringfence lint" ${counts}>\n${suites.join("")}</testsuites>\n`;
}

const isFailure = ({ severity }: LintFinding): boolean => severity !== "info";

function suite(name: string, cases: readonly string[], failures: number): string {
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${cases.length - failures}"`;
  return `  <testsuite name="${attribute(name)}" ${counts}>\n${cases.join("")}  </testsuite>\n`;
}

function caseXml(finding: LintFinding): string {
  const { check, message, help, place } = finding;
  const name = `${placeText(place)}: ${message}`;
  if (!isFailure(finding)) return skipped(name, `ringfence.${check}`, help);
  const head = `    <testcase classname="ringfence.${attribute(check)}" name="${attribute(name)}">\n`;
  return `${head}      <failure message="${attribute(message)}" type="${attribute(check)}">${escapeXml(help)}</failure>\n    </testcase>\n`;
}

function skipped(name: string, group: string, message: string): string {
  return `    <testcase classname="${attribute(group)}" name="${attribute(name)}">\n      <skipped message="${attribute(message)}"/>\n    </testcase>\n`;
}

function attribute(text: string): string {
  return escapeXml(text).replaceAll("\n", "&#10;");
}
