import type { Severity } from "#model/finding.ts";
import type { LintFinding, LintReport } from "#model/lint.ts";
import { type Style, styleOf } from "../style.ts";
import { hanging, joinParts, type Page, paragraph } from "../text/page.ts";
import { count, counted } from "../words.ts";

export type LintText = {
  readonly width: number;
  readonly color: boolean;
  readonly all: boolean;
  readonly exitCode: number;
};

/** So many findings of one check in one file; the rest is counted, `--all` shows them. */
const SAME = 5;
const SIGNS: Readonly<Record<Severity, string>> = { error: "✗", warn: "!", info: "·" };

/** The report for people: a block a file, a finding with what to do, then totals and what slept. */
export function lintText(report: LintReport, { width, color, all, exitCode }: LintText): string {
  const page: Page = { width, style: styleOf(color), all, long: "cut" };
  const lines = [
    ...files(report, page).flatMap((file) => fileLines(file, page)),
    ...totalLines(report, page, exitCode),
  ];
  return `${lines.join("\n")}\n`;
}

type FileFindings = { readonly file: string; readonly findings: readonly LintFinding[] };

function files({ findings }: LintReport, page: Page): readonly FileFindings[] {
  const found = new Map<string, LintFinding[]>();
  for (const finding of findings) {
    const file = finding.place.file ?? finding.place.object ?? "the whole set";
    const list = found.get(file);
    if (list === undefined) found.set(file, [finding]);
    else list.push(finding);
  }
  return [...found].map(([file, list]) => ({ file: page.style.bold(file), findings: list }));
}

function fileLines({ file, findings }: FileFindings, page: Page): readonly string[] {
  const shown = new Map<string, number>();
  const lines = findings.flatMap((finding) => {
    const before = shown.get(finding.check) ?? 0;
    shown.set(finding.check, before + 1);
    return before < SAME || page.all ? findingLines(finding, page) : [];
  });
  const more = [...shown].filter(([, times]) => times > SAME && !page.all);
  const rest = more.map(([check, times]) => page.style.dim(`   … ${count(times - SAME)} more of ${check}: --all`));
  return [file, ...lines, ...rest, ""];
}

function findingLines(finding: LintFinding, page: Page): readonly string[] {
  const { check, severity, message, help, place } = finding;
  const { style } = page;
  const at = place.line === undefined ? "" : `${place.line}:${place.column ?? 1} `;
  const head = hanging(page, ` ${painted(severity, style)(SIGNS[severity])}`, 3, `${at}${message} [${check}]`);
  const object = place.object === undefined || place.file === undefined ? [] : [`${place.object} ${place.path ?? ""}`];
  const notes = [...object.map((text) => text.trim()), ...whom(finding)];
  return [
    ...head,
    ...(notes.length === 0 ? [] : joinParts(notes, page.width - 3).map((line) => `   ${style.dim(line)}`)),
    ...(help === "" ? [] : paragraph(page, help, 3)),
    ...fixLines(finding, page),
  ];
}

/** Whom it concerns and what shows it. */
function whom({ subjects, subjectNames, peers, peerNames, flows, examples }: LintFinding): readonly string[] {
  const named = (total: number, names: readonly string[], word: string) => {
    if (total === 0) return [];
    return [`${counted(total, word)}: ${names.join(", ")}${total > names.length ? ", …" : ""}`];
  };
  const shown = flows === 0 ? [] : [`${counted(flows, "flow")}: ${examples.join(", ")}`];
  return [...named(subjects, subjectNames, "endpoint"), ...named(peers, peerNames, "peer"), ...shown];
}

function fixLines({ fix }: LintFinding, page: Page): readonly string[] {
  if (fix === null) return [];
  const { style } = page;
  const changed = fix.diff.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line));
  const opens = fix.newlyAllows.length === 0 ? "" : `; it newly allows ${fix.newlyAllows.join(", ")}`;
  const kind = fix.isProposal
    ? "proposal, proven but for you to want: --fix leaves it alone"
    : "proven fix, --fix applies it";
  const note = fix.diff === "" ? "fix is known, but not in this file's form" : `${kind}${opens}`;
  return [
    ...paragraph(page, note, 3).map(style.good),
    ...changed.map((line) => `     ${line.startsWith("+") ? style.good(line) : style.bad(line)}`),
  ];
}

function painted(severity: Severity, style: Style): (text: string) => string {
  return { error: style.bad, warn: style.unsure, info: style.dim }[severity];
}

function totalLines(report: LintReport, page: Page, exitCode: number): readonly string[] {
  const { findings, slept, ignored, totals } = report;
  const of = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  const fixable = findings.filter(({ fix }) => fix !== null && !fix.isProposal && fix.diff !== "").length;
  const judged = `${counted(totals.policies, "policy", "policies")}, ${counted(totals.checks, "check")}`;
  const parts = [
    `${counted(of("error"), "error")}, ${counted(of("warn"), "warning")}, ${count(of("info"))} info`,
    totals.conversations === 0 ? judged : `${judged}, ${counted(totals.conversations, "conversation")}`,
    ignored.length === 0 ? "" : `${count(ignored.length)} ignored with a reason`,
    fixable === 0 ? "" : `${counted(fixable, "proven fix", "proven fixes")}: --diff shows, --fix applies`,
    `exit ${exitCode}`,
  ];
  const sign = findings.length === 0 ? `${page.style.good("✓")} nothing found · ` : "";
  const [first = "", ...rest] = joinParts(parts, page.width);
  return [sign + first, ...rest, ...sleptLines(slept, page)];
}

const WAKES: Readonly<Record<string, string>> = {
  objects: "--objects (pods, Services, namespaces)",
  flows: "--flows (a recording)",
  config: "--cilium-config (version and settings)",
  status: "policies as the cluster has them (kubectl get -o yaml)",
};

function sleptLines(slept: LintReport["slept"], page: Page): readonly string[] {
  if (slept.length === 0) return [];
  const needs = [...new Set(slept.flatMap((one) => one.needs))];
  const parts = needs.map((need) => {
    const checks = slept.filter((one) => one.needs.includes(need));
    return `${count(checks.length)} need ${WAKES[need] ?? need}`;
  });
  const names = page.all ? paragraph(page, slept.map(({ check }) => check).join(", "), 2) : [];
  return [...joinParts([`${counted(slept.length, "check")} slept`, ...parts], page.width), ...names].map(
    page.style.dim,
  );
}
