import type { JsonObject } from "#model/json.ts";
import type { LintFinding, LintReport } from "#model/lint.ts";
import { sarifLog, type SarifResult } from "../sarif.ts";

/** What SARIF tells of a check. */
export type CheckHelp = { readonly id: string; readonly title: string; readonly why: string };

/** The report as SARIF 2.1.0: one result a finding, proven fixes as fixes. `version` is ringfence's own. */
export function lintSarif(report: LintReport, version: string, checks: readonly CheckHelp[]): string {
  const known = new Map(checks.map((check) => [check.id, check]));
  const help = (id: string): JsonObject => {
    const check = known.get(id);
    const [title, text] = check === undefined ? [id, "what reading the files said"] : [check.title, check.why];
    return { id, shortDescription: { text: title }, fullDescription: { text }, help: { text, markdown: text } };
  };
  return sarifLog(report.findings.map(resultOf), { version, help, properties: { slept: report.slept.length } });
}

function resultOf({ check, severity, message, help, place, fix }: LintFinding): SarifResult {
  const { file, line = null, column = null, object = "", path = "" } = place;
  return {
    rule: check,
    severity,
    message: help === "" ? message : `${message}; ${help}`,
    place: file === undefined ? null : { file, line, column },
    fingerprint: `${check}/${object === "" ? (file ?? "") : object}/${path}`,
    fix: fix === null || fix.diff === "" ? null : { diff: fix.diff, summary: `mend ${check}` },
  };
}
