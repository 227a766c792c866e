import type { Finding, Severity } from "#model/finding.ts";
import { placeText } from "#model/place.ts";
import type { Rehearsal } from "#model/rehearsal.ts";
import { count } from "../words.ts";
import { hanging, heading, limited, type Page, paragraph } from "./page.ts";

const FINDINGS = 8;
const ORDER: Readonly<Record<Severity, number>> = { error: 0, warn: 1, info: 2 };

/** INPUT: rejected policies, dropped fields, what names files told. It stands near the top because the answer rests on it. */
export function inputLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  if (rehearsal.findings.length === 0) return [];
  const lines = limited(page, bySeverity(rehearsal.findings), FINDINGS, (finding) => findingLines(finding, page));
  const isGood = rehearsal.findings.every((finding) => finding.severity === "info");
  return [...heading(page, "INPUT", isGood ? "the answer rests on it" : "it changes the answer"), ...lines];
}

/** Findings, worst first, otherwise in their order. */
export function bySeverity(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

/** One finding: sign, place, message, and below it what to do. */
export function findingLines(finding: Finding, page: Page): readonly string[] {
  const place = finding.place === undefined ? "" : placeText(finding.place);
  const times = finding.count === undefined || finding.count === 1 ? "" : ` (×${count(finding.count)})`;
  const text = `${place === "" ? "" : `${place}: `}${finding.message}${times}`;
  const lines = hanging(page, ` ${signOf(finding.severity, page)}`, 3, text);
  if (finding.help === undefined) return lines;
  return [...lines, ...paragraph(page, finding.help, 3).map(page.style.dim)];
}

function signOf(severity: Severity, { style }: Page): string {
  switch (severity) {
    case "error":
      return style.bad("✗");
    case "warn":
      return style.unsure("!");
    case "info":
      return style.dim("·");
  }
}
