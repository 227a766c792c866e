/** So many spaces between columns. Upstream: tabwriter.NewWriter(w, 2, 0, 3, ' ', 0). */
const PADDING = 3;
const LEAST_WIDTH = 2;

type Line = readonly string[];

/**
 * Aligns cells that end with tabs. A column is as wide as the widest of its cells in lines that follow one another; a
 * line's last cell has no column. A line without tabs ends all columns, and so does a form feed. Upstream: text/tabwriter.
 */
export class TabWriter {
  private readonly out: (text: string) => void;
  private lines: Line[] = [];
  /** The text of the last line, not ended yet. */
  private rest = "";

  constructor(out: (text: string) => void) {
    this.out = out;
  }

  write(text: string): void {
    const lines = (this.rest + text).split(/(?<=[\n\f])/);
    const last = lines.at(-1) ?? "";
    this.rest = /[\n\f]$/.test(last) ? "" : (lines.pop() ?? "");
    for (const line of lines) this.add(line.slice(0, -1).split(/[\t\v]/), line.endsWith("\f"));
  }

  /** Prints what waits. */
  flush(): void {
    if (this.rest !== "") this.lines.push(this.rest.split(/[\t\v]/));
    const text = this.lines.length === 0 ? "" : formatted(this.lines);
    // The last line, when it did not end, has no newline.
    this.out(this.rest === "" ? text : text.slice(0, -1));
    this.rest = "";
    this.lines = [];
  }

  private add(cells: Line, isFormFeed: boolean): void {
    this.lines.push(cells);
    if (cells.length > 1 && !isFormFeed) return;
    this.out(formatted(this.lines));
    this.lines = [];
  }
}

function formatted(lines: readonly Line[]): string {
  const texts: string[] = [];
  formatBlock(lines, { from: 0, to: lines.length }, [], texts);
  return texts.join("");
}

type Stretch = { readonly from: number; readonly to: number };

/** Upstream: Writer.format: a column is the next cells of the lines that have one; they are formatted with its width known. */
function formatBlock(lines: readonly Line[], { from, to }: Stretch, widths: readonly number[], texts: string[]): void {
  const column = widths.length;
  let start = from;
  for (let at = from; at < to; at++) {
    if (!hasCell(lines[at], column)) continue;
    pushLines(lines.slice(start, at), widths, texts);
    let end = at;
    let width = LEAST_WIDTH;
    for (; end < to && hasCell(lines[end], column); end++) {
      width = Math.max(width, runeCount(lines[end]?.[column] ?? "") + PADDING);
    }
    formatBlock(lines, { from: at, to: end }, [...widths, width], texts);
    start = end;
    at = end - 1;
  }
  pushLines(lines.slice(start, to), widths, texts);
}

function hasCell(line: Line | undefined, column: number): boolean {
  return line !== undefined && column < line.length - 1;
}

function runeCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count--;
  return count;
}

function pushLines(lines: readonly Line[], widths: readonly number[], texts: string[]): void {
  for (const line of lines) texts.push(lineText(line, widths));
}

function lineText(line: Line, widths: readonly number[]): string {
  const cells = line.map((cell, index) => {
    const width = index < line.length - 1 ? (widths[index] ?? 0) : 0;
    return cell + " ".repeat(Math.max(0, width - runeCount(cell)));
  });
  return `${cells.join("")}\n`;
}
