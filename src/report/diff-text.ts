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

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

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

/** A patch cut into files. Lines of a hunk are counted: one that goes may look like the header of the next file. */
export function splitFiles(patch: string): readonly string[] {
  const files: string[][] = [];
  let oldLeft = 0;
  let newLeft = 0;
  for (const line of patch.split("\n")) {
    const hunk = HUNK.exec(line);
    if (oldLeft <= 0 && newLeft <= 0) {
      if (line.startsWith("--- ")) files.push([]);
      oldLeft = hunk === null ? 0 : Number(hunk[2] ?? 1);
      newLeft = hunk === null ? 0 : Number(hunk[3] ?? 1);
    } else if (!line.startsWith("\\")) {
      if (!line.startsWith("+")) oldLeft -= 1;
      if (!line.startsWith("-")) newLeft -= 1;
    }
    files.at(-1)?.push(line);
  }
  return files.map((lines) => `${lines.join("\n").replace(/\n$/, "")}\n`);
}

/** Reads a unified diff of one file (of a patch, its first one); null when it holds no hunk. */
export function parseDiff(diff: string): FileDiff | null {
  const lines = (splitFiles(diff)[0] ?? diff).split("\n");
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

/** What a patch changes in each of its files, and the first line that it changes there. */
export type FileChanges = { readonly file: string; readonly line: number; readonly changes: readonly Change[] };

export function fileChanges(patch: string): readonly FileChanges[] {
  return splitFiles(patch).flatMap((part) => {
    const diff = parseDiff(part);
    const line = diff?.changes[0]?.line;
    if (diff === null || line === undefined) return [];
    return [{ file: diff.newName.replace(/^b\//, ""), line, changes: diff.changes.map(withoutMarks) }];
  });
}

function withoutMarks({ line, removed, added }: Change): Change {
  const plain = (texts: readonly string[]) => texts.map((text) => text.replace(NO_NEWLINE, ""));
  return { line, removed: plain(removed), added: plain(added) };
}
