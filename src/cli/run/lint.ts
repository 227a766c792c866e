import { writeFileSync } from "node:fs";
import { unifiedDiff } from "#edit/unified-diff.ts";
import type { Check } from "#lint/check.ts";
import { CHECKS } from "#lint/checks.ts";
import { type Ignore, ignoresIn, withoutIgnored } from "#lint/ignore.ts";
import { lint } from "#lint/lint.ts";
import { type Severity, UserError } from "#model/finding.ts";
import type { LintReport } from "#model/lint.ts";
import { lintGithub } from "#report/lint/github.ts";
import { lintJson } from "#report/lint/json.ts";
import { lintJunit } from "#report/lint/junit.ts";
import { lintMarkdown } from "#report/lint/markdown.ts";
import { lintSarif } from "#report/lint/sarif.ts";
import { lintText } from "#report/lint/text.ts";
import { counted } from "#report/words.ts";
import { type Invocation, isOn, valueOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { DIFF, FIX, LINT_OUTPUT } from "../commands/lint.ts";
import { progressOf, textLayout, thresholdOf } from "../flag-values.ts";
import type { Io } from "../io.ts";
import { chosenChecks, settingsIgnores } from "../lint-choice.ts";
import { gatherLint, type LintTexts } from "../lint-input.ts";
import { fixAll } from "../lint-fix.ts";
import { findSettings, type Settings, withSettings } from "../settings.ts";
import { VERSION } from "../version.ts";
import { printChunks } from "./print.ts";

/** `ringfence lint`: gathers, looks, mends where asked, prints. */
export async function runLint(given: Invocation, io: Io): Promise<ExitCode> {
  const settings = await findSettings(process.cwd());
  const invocation = withSettings(given, settings);
  if (isOn(invocation, FIX) && isOn(invocation, DIFF)) {
    throw new UserError("bad-arguments", "--fix cannot be combined with --diff", { help: "run it twice" });
  }
  const checks = chosenChecks(invocation, settings);
  const progress = progressOf(invocation, io);
  const texts = await gatherLint(invocation, progress);
  progress.update(`judging ${counted(texts.input.linted.length, "policy", "policies")}`);
  const look = (now: LintTexts) => {
    const report = lint(now.input, { sources: now.sources, checks });
    return withoutIgnored(report, ignoresOf(now, settings), knownChecks(checks));
  };
  const isMending = isOn(invocation, FIX) || isOn(invocation, DIFF);
  const mended = isMending ? await fixAll(texts, checks, look) : texts;
  progress.clear();
  if (isOn(invocation, DIFF)) return printDiff(texts, mended, io);
  if (isOn(invocation, FIX)) writeFixes(texts, mended, io);
  const report = look(mended);
  const exitCode = failsOn(report, thresholdOf(invocation)) ? 1 : 0;
  await printChunks([formatted(report, invocation, { io, exitCode })], io);
  return exitCode;
}

function knownChecks(checks: readonly Check[]) {
  return { known: new Set(CHECKS.map(({ id }) => id)), asked: new Set(checks.map(({ id }) => id)) };
}

function ignoresOf({ sources }: LintTexts, settings: Settings | null): readonly Ignore[] {
  const comments = Object.entries(sources).flatMap(([file, text]) => ignoresIn(text, file));
  return [...comments, ...settingsIgnores(settings)];
}

async function printDiff(before: LintTexts, after: LintTexts, io: Io): Promise<ExitCode> {
  const changed = changedFiles(before, after);
  await io.out(
    changed.map((file) => unifiedDiff(file, before.sources[file] ?? "", after.sources[file] ?? "")).join(""),
  );
  if (changed.length === 0) io.err("ringfence: no proven fix\n");
  return 0;
}

function writeFixes(before: LintTexts, after: LintTexts, io: Io): void {
  const changed = changedFiles(before, after);
  const stream = changed.find((file) => file === "-");
  if (stream !== undefined) {
    throw new UserError("cannot-fix", "what came from standard input cannot be changed in place", {
      help: "use --diff",
    });
  }
  for (const file of changed) writeFileSync(file, after.sources[file] ?? "");
  io.err(`ringfence: ${changed.length === 0 ? "no proven fix" : `changed ${changed.join(", ")}`}\n`);
}

function changedFiles(before: LintTexts, after: LintTexts): readonly string[] {
  return Object.keys(before.sources).filter((file) => before.sources[file] !== after.sources[file]);
}

const RANK: Readonly<Record<Severity, number>> = { info: 1, warn: 2, error: 3 };

function failsOn({ findings }: LintReport, threshold: Severity | "never"): boolean {
  return threshold !== "never" && findings.some(({ severity }) => RANK[severity] >= RANK[threshold]);
}

type Printing = { readonly io: Io; readonly exitCode: ExitCode };

function formatted(report: LintReport, invocation: Invocation, { io, exitCode }: Printing): string {
  switch (valueOf(invocation, LINT_OUTPUT)) {
    case "json":
      return lintJson(report);
    case "sarif":
      return lintSarif(report, VERSION, CHECKS);
    case "junit":
      return lintJunit(report);
    case "markdown":
      return lintMarkdown(report);
    case "github":
      return lintGithub(report);
    default:
      return lintText(report, { ...textLayout(invocation, io), exitCode });
  }
}
