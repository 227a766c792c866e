import type { Severity } from "#model/finding.ts";
import type { LintFinding, LintReport } from "#model/lint.ts";
import { placeText } from "#model/place.ts";
import { MARKDOWN_LIMIT } from "../markdown.ts";
import { code, fenced, indented, prose } from "../markdown/markup.ts";
import { counted } from "../words.ts";

const SIGNS: Readonly<Record<Severity, string>> = { error: "✗", warn: "!", info: "·" };

/** The report as a pull-request comment, at most 60,000 characters; findings without room are counted. */
export function lintMarkdown(report: LintReport): string {
  const { findings, slept, totals } = report;
  const of = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  const judged = `${counted(totals.policies, "policy", "policies")}, ${counted(totals.checks, "check")}`;
  const head = [
    `## ${of("error") > 0 ? "✗" : "✓"} ringfence lint: ${counted(of("error"), "error")}, ${counted(of("warn"), "warning")}, ${of("info")} info`,
    `${judged}${slept.length === 0 ? "" : `; ${counted(slept.length, "check")} slept for want of ${[...new Set(slept.flatMap(({ needs }) => needs))].join(", ")}`}`,
  ].join("\n\n");
  const entries: string[] = [];
  let room = MARKDOWN_LIMIT - head.length - 200;
  for (const entry of worstFirst(findings).map(entryOf)) {
    room -= entry.length + 1;
    if (room < 0) break;
    entries.push(entry);
  }
  const left = findings.length - entries.length;
  const more = left === 0 ? "" : `\n_${counted(left, "finding")} left out: no room in a comment._\n`;
  return `${head}\n\n${entries.join("\n")}\n${more}`;
}

const WEIGHT: Readonly<Record<Severity, number>> = { error: 0, warn: 1, info: 2 };

function worstFirst(findings: readonly LintFinding[]): readonly LintFinding[] {
  return [...findings].sort((one, other) => WEIGHT[one.severity] - WEIGHT[other.severity]);
}

function entryOf({ check, severity, message, help, place, fix }: LintFinding): string {
  const line = `- ${SIGNS[severity]} ${code(placeText(place))} ${prose(message)} (${code(check)})`;
  const body = [
    ...(help === "" ? [] : [prose(help)]),
    ...(fix === null || fix.diff === "" ? [] : [fenced("diff", fix.diff)]),
  ];
  return [line, ...body.map(indented)].join("\n");
}
