import type { Edit, Hole, Rehearsal } from "#model/rehearsal.ts";
import { allowedName } from "./ends.ts";
import { type Change, type FileDiff, parseDiff, splitFiles } from "./diff-text.ts";

/** The proven edits of wanted traffic as one patch, and the holes whose edit could not be part of it. */
export type FixDiff = {
  /** Unified diff for `git apply` or `patch -p1`; "" when no edit is proven. */
  readonly patch: string;
  /** Holes that the patch cures. */
  readonly cured: readonly string[];
  /** Holes whose edit changes what another one changes too: rehearse again after applying. */
  readonly leftOut: readonly string[];
  /** Holes that look unwanted, or whose edit would let through one that does: somebody has to decide. */
  readonly undecided: readonly string[];
};

type File = { readonly diff: FileDiff; changes: readonly Change[]; readonly oldLines: Map<number, string> };

const CONTEXT = 3;

/**
 * Joins the proven edits of all holes into one patch. Each was made against the same original text: the same change by
 * two holes is made once, and of two that touch the same lines only the first is taken (both together were not proven).
 */
export function fixDiff(rehearsal: Rehearsal): FixDiff {
  const files = new Map<string, File>();
  const cured: string[] = [];
  const leftOut: string[] = [];
  const undecided: string[] = [];
  const unwanted = new Set(rehearsal.holes.filter((hole) => hole.looksUnwanted).map(allowedName));
  for (const hole of rehearsal.holes.filter(isProven)) {
    const opens = hole.looksUnwanted || hole.edit.newlyAllows.some((name) => unwanted.has(name));
    if (opens) undecided.push(hole.id);
    else (takeIn(files, hole.edit) ? cured : leftOut).push(hole.id);
  }
  const patch = [...files.values()].map(fileText).join("");
  return { patch, cured, leftOut, undecided };
}

function isProven(hole: Hole): hole is Hole & { readonly edit: Edit } {
  return hole.edit !== null && hole.edit.proven;
}

/** An edit may touch several files: it is taken whole or not at all. */
function takeIn(files: Map<string, File>, edit: Edit): boolean {
  const parsed = splitFiles(edit.diff).map(parseDiff);
  const diffs = parsed.filter((diff) => diff !== null);
  if (diffs.length === 0 || diffs.length < parsed.length) return false;
  const merged = diffs.map((diff) => mergedChanges(files.get(diff.newName)?.changes ?? [], diff.changes));
  if (merged.includes(null)) return false;
  for (const [index, diff] of diffs.entries()) {
    const file = files.get(diff.newName) ?? { diff, changes: [], oldLines: new Map<number, string>() };
    file.changes = merged[index] ?? [];
    for (const [line, text] of diff.oldLines) file.oldLines.set(line, text);
    files.set(diff.newName, file);
  }
  return true;
}

/** null when a new change touches lines of another one that is not the same. */
function mergedChanges(known: readonly Change[], added: readonly Change[]): readonly Change[] | null {
  let all = known;
  for (const change of added) {
    if (all.some((other) => same(other, change))) continue;
    if (all.some((other) => touches(other, change))) return null;
    all = [...all, change];
  }
  return [...all].sort((a, b) => a.line - b.line);
}

function same(a: Change, b: Change): boolean {
  const text = (change: Change) => JSON.stringify([change.line, change.removed, change.added]);
  return text(a) === text(b);
}

/** Neighbours count as touching: an insertion beside a changed line depends on it. */
function touches(a: Change, b: Change): boolean {
  if (siblings(a, b)) return false;
  return a.line <= b.line + b.removed.length && b.line <= a.line + a.removed.length;
}

/** Two list items put into one place are no conflict: the order of rules and peers never matters. */
function siblings(a: Change, b: Change): boolean {
  if (a.line !== b.line || a.removed.length > 0 || b.removed.length > 0) return false;
  const first = /^ *- /.exec(a.added[0] ?? "")?.[0];
  return first !== undefined && (b.added[0] ?? "").startsWith(first);
}

type Hunk = { readonly start: number; readonly end: number; readonly changes: readonly Change[] };

/** Old lines shown for a change: its own and up to three known ones on each side. */
function hunksOf({ changes, oldLines }: File): readonly Hunk[] {
  const hunks: Hunk[] = [];
  for (const change of changes) {
    let start = change.line;
    while (start > change.line - CONTEXT && oldLines.has(start - 1)) start -= 1;
    let end = change.line + change.removed.length;
    while (end < change.line + change.removed.length + CONTEXT && oldLines.has(end)) end += 1;
    const last = hunks.at(-1);
    if (last !== undefined && start <= last.end) {
      hunks[hunks.length - 1] = { start: last.start, end: Math.max(end, last.end), changes: [...last.changes, change] };
    } else hunks.push({ start, end, changes: [change] });
  }
  return hunks;
}

function fileText(file: File): string {
  let shift = 0;
  const hunks = hunksOf(file).map((hunk) => {
    const { text, removed, added } = hunkBody(hunk, file.oldLines);
    const oldLength = hunk.end - hunk.start;
    const newLength = oldLength - removed + added;
    const head = `@@ -${span(hunk.start, oldLength)} +${span(hunk.start + shift, newLength)} @@\n`;
    shift += added - removed;
    return head + text;
  });
  return `--- ${file.diff.oldName}\n+++ ${file.diff.newName}\n${hunks.join("")}`;
}

/** An empty range names the line before it. */
function span(start: number, length: number): string {
  return `${length === 0 ? start - 1 : start},${length}`;
}

function hunkBody(hunk: Hunk, oldLines: ReadonlyMap<number, string>) {
  const lines: string[] = [];
  let removed = 0;
  let added = 0;
  for (let at = hunk.start; at <= hunk.end; at += 1) {
    const here = hunk.changes.filter((change) => change.line === at);
    for (const change of here) {
      lines.push(...change.removed.map((text) => `-${text}`), ...change.added.map((text) => `+${text}`));
      removed += change.removed.length;
      added += change.added.length;
    }
    const gone = hunk.changes.some((change) => at >= change.line && at < change.line + change.removed.length);
    if (at < hunk.end && !gone) lines.push(` ${oldLines.get(at) ?? ""}`);
  }
  return { text: lines.map((line) => `${line}\n`).join(""), removed, added };
}
