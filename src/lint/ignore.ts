import type { IgnoredFinding, LintFinding, LintReport } from "#model/lint.ts";

/** A wish not to be told of something. `reason` "" where none was given: then it counts for nothing, and that is said. */
export type Ignore = {
  readonly checks: readonly string[];
  readonly reason: string;
  readonly file: string;
  /** Where it stands, from 1. */
  readonly line: number;
  /** The lines that it is about; null: see `object`. */
  readonly lines: readonly [from: number, to: number] | null;
  /** `Kind/namespace/name`; null: every object of the file, or of all files where `file` is the settings'. */
  readonly object: string | null;
};

const COMMENT = /#\s*ringfence:\s*ignore\s+(.*)$/;
const REASON = /\s--\s*(.*)$|\s--$/;

/**
 * The comments `# ringfence: ignore <check>[, <check>] -- reason` of a YAML text. Behind an element a comment is about
 * its line; on a line of its own about the element that follows with all that it holds; above the first key of a document
 * about that document.
 */
export function ignoresIn(text: string, file: string): readonly Ignore[] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const wish = COMMENT.exec(line)?.[1];
    if (wish === undefined) return [];
    const reason = REASON.exec(` ${wish}`)?.[1] ?? "";
    const checks = ` ${wish}`.replace(REASON, "").split(/[\s,]+/);
    const isAlone = /^\s*#/.test(line);
    return [
      {
        checks: checks.filter((check) => check !== ""),
        reason: reason.trim(),
        file,
        line: index + 1,
        lines: isAlone ? elementAfter(lines, index) : [index + 1, index + 1],
        object: null,
      },
    ];
  });
}

/** The lines of the element that begins after a line of comment. */
function elementAfter(lines: readonly string[], comment: number): readonly [number, number] {
  const first = lines.findIndex((line, index) => index > comment && !isEmpty(line));
  if (first < 0) return [comment + 1, comment + 1];
  if (isDocumentStart(lines, first)) return [first + 1, documentEnd(lines, first)];
  const indent = indentOf(lines[first] ?? "");
  const isItem = isListItem(lines[first] ?? "");
  let last = first;
  for (let index = first + 1; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (isEmpty(line)) continue;
    // A list may stand at its key's own indentation.
    const isHeld = indentOf(line) > indent || (indentOf(line) === indent && !isItem && isListItem(line));
    if (!isHeld || isMarker(line)) break;
    last = index;
  }
  return [first + 1, last + 1];
}

/** True for `---`, and for the first key of a document. */
function isDocumentStart(lines: readonly string[], at: number): boolean {
  if (isMarker(lines[at] ?? "")) return true;
  const before = lines.slice(0, at).findLast((line) => !isEmpty(line));
  return before === undefined || isMarker(before);
}

function documentEnd(lines: readonly string[], from: number): number {
  const next = lines.findIndex((line, index) => index > from && isMarker(line));
  return next < 0 ? lines.length : next;
}

const isEmpty = (line: string): boolean => /^\s*(?:#.*)?$/.test(line);
const isMarker = (line: string): boolean => /^---(?:\s|$)/.test(line);
const isListItem = (line: string): boolean => /^\s*-(?:\s|$)/.test(line);
const indentOf = (line: string): number => line.length - line.trimStart().length;

/**
 * Takes away what is ignored, and says which wishes count for nothing: without a reason, of a check that there is not, or
 * of something that is not found (any more). `known`: ids that may be ignored; `asked`: those that looked in this run.
 */
export function withoutIgnored(
  report: LintReport,
  ignores: readonly Ignore[],
  checks: { readonly known: ReadonlySet<string>; readonly asked: ReadonlySet<string> },
): LintReport {
  const counting = ignores.filter(({ reason }) => reason !== "");
  const used = new Set<Ignore>();
  const ignored: IgnoredFinding[] = [];
  const kept = report.findings.filter((finding) => {
    const wish = counting.find((one) => isAbout(one, finding));
    if (wish === undefined) return true;
    used.add(wish);
    ignored.push({ check: finding.check, place: finding.place, reason: wish.reason });
    return false;
  });
  return {
    ...report,
    findings: [...kept, ...ignores.flatMap((one) => complaint(one, used.has(one), checks))],
    ignored,
  };
}

function isAbout({ checks, file, lines, object }: Ignore, { check, place }: LintFinding): boolean {
  if (!checks.includes(check)) return false;
  if (object !== null) return place.object === object;
  if (lines === null) return true;
  const { line } = place;
  return place.file === file && line !== undefined && line >= lines[0] && line <= lines[1];
}

type Checks = { readonly known: ReadonlySet<string>; readonly asked: ReadonlySet<string> };

function complaint(ignore: Ignore, isUsed: boolean, { known, asked }: Checks): readonly LintFinding[] {
  const { checks, reason, file, line } = ignore;
  const say = (check: string, severity: "warn" | "info", message: string, help: string): readonly LintFinding[] => [
    {
      ...{ check, severity, message, help, place: { file, line } },
      ...{ subjects: 0, subjectNames: [], peers: 0, peerNames: [], flows: 0, examples: [], fix: null },
    },
  ];
  const stranger = checks.find((check) => !known.has(check));
  if (checks.length === 0 || stranger !== undefined) {
    const what = stranger === undefined ? "no check is named" : `there is no check \`${stranger}\``;
    return say("ignore-unknown", "warn", `${what}: nothing is ignored`, "ringfence checks lists them");
  }
  if (reason === "") {
    const message = `ignoring ${checks.join(", ")} needs a reason: nothing is ignored`;
    return say("ignore-without-reason", "warn", message, `write: # ringfence: ignore ${checks.join(", ")} -- why`);
  }
  if (isUsed || !checks.every((check) => asked.has(check))) return [];
  return say("ignore-unused", "info", `nothing is found here by ${checks.join(", ")}`, "take the comment away");
}
