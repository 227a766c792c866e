/** One run of changed lines of a unified diff: what goes, what comes, and where in the old text. */
export type Change = {
  /** Line of the old text, from 1, before which it happens. */
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
};

/** A unified diff of one file, read back: its changes, and the old lines it shows (changed ones and context). */
export type FileDiff = {
  readonly oldName: string;
  readonly newName: string;
  readonly changes: readonly Change[];
  readonly oldLines: ReadonlyMap<number, string>;
};

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@/;

/** Belongs to the line above it; it travels with that line's text. */
export const NO_NEWLINE = "\n\\ No newline at end of file";

type Reading = {
  at: number;
  left: number;
  open: { line: number; removed: string[]; added: string[] } | null;
  changes: Change[];
  oldLines: Map<number, string>;
  /** Gives the line read last another text. */
  amend: (mark: string) => void;
};

/** Reads a unified diff of one file; null when it holds no hunk. */
export function parseDiff(diff: string): FileDiff | null {
  const lines = diff.split("\n");
  const reading: Reading = { at: 0, left: 0, open: null, changes: [], oldLines: new Map(), amend: () => undefined };
  for (const line of lines) readLine(reading, line);
  close(reading);
  if (reading.changes.length === 0) return null;
  return {
    oldName: nameAfter(lines, "--- "),
    newName: nameAfter(lines, "+++ "),
    changes: reading.changes,
    oldLines: reading.oldLines,
  };
}

function nameAfter(lines: readonly string[], mark: string): string {
  const line = lines.find((some) => some.startsWith(mark)) ?? mark;
  return line.slice(mark.length).split("\t")[0] ?? "";
}

function readLine(reading: Reading, line: string): void {
  const hunk = HUNK.exec(line);
  if (hunk !== null) {
    close(reading);
    const start = Number(hunk[1]);
    const length = hunk[2] === undefined ? 1 : Number(hunk[2]);
    // A hunk without old lines (`-3,0`) stands after the line it names.
    reading.at = length === 0 ? start + 1 : start;
    reading.left = length;
    return;
  }
  if (reading.at === 0) return;
  if (line.startsWith("\\")) reading.amend(NO_NEWLINE);
  else if (line.startsWith("+")) add(open(reading).added, line.slice(1), reading);
  else if (reading.left > 0) takeOld(reading, line);
}

function add(lines: string[], text: string, reading: Reading): void {
  lines.push(text);
  reading.amend = (mark) => {
    lines[lines.length - 1] = text + mark;
  };
}

function takeOld(reading: Reading, line: string): void {
  const text = line.slice(1);
  const at = reading.at;
  reading.oldLines.set(at, text);
  if (line.startsWith("-")) add(open(reading).removed, text, reading);
  else {
    close(reading);
    reading.amend = (mark) => reading.oldLines.set(at, text + mark);
  }
  reading.at += 1;
  reading.left -= 1;
}

function open(reading: Reading): { removed: string[]; added: string[] } {
  reading.open ??= { line: reading.at, removed: [], added: [] };
  return reading.open;
}

function close(reading: Reading): void {
  if (reading.open !== null) reading.changes.push(reading.open);
  reading.open = null;
}

/** The first line of the old text that a diff changes; null when it changes nothing. */
export function firstChangedLine(diff: string): number | null {
  return parseDiff(diff)?.changes[0]?.line ?? null;
}
