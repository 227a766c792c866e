import type { Rehearsal } from "#model/rehearsal.ts";
import type { Style } from "../style.ts";
import { displayWidth, type LongWords, padTo, wrap, wrapCommand } from "../width.ts";
import { count } from "../words.ts";

/** What a text is printed on. `all` lists everything instead of the first of each. */
export type Page = {
  readonly width: number;
  readonly style: Style;
  readonly all: boolean;
  /** Explaining breaks long words over lines: nothing is cut there. */
  readonly long: LongWords;
};

/** A part of the report: its lines, none when it has nothing to say. Lines fit the page. */
export type Section = (rehearsal: Rehearsal, page: Page) => readonly string[];

/** `TITLE  note`, the note on lines of its own where it does not fit. */
export function heading(page: Page, title: string, note: string): readonly string[] {
  const head = page.style.bold(title);
  if (title.length + 2 + displayWidth(note) <= page.width) return [`${head}  ${page.style.dim(note)}`];
  return [head, ...paragraph(page, note, 1).map(page.style.dim)];
}

/** Text wrapped behind `indent` spaces. */
export function paragraph(page: Page, text: string, indent: number): readonly string[] {
  return wrap(text, page.width - indent, page.long).map((line) => " ".repeat(indent) + line);
}

/** A copyable command behind `indent` spaces. */
export function commandLines(page: Page, command: string, indent: number): readonly string[] {
  return wrapCommand(command, page.width - indent).map((line) => " ".repeat(indent) + page.style.name(line));
}

/** Text hanging right of a label: the label on the first line, `gutter` columns kept free below it. */
export function hanging(page: Page, label: string, gutter: number, text: string): readonly string[] {
  const lines = wrap(text, page.width - gutter, page.long);
  return [`${padTo(label, gutter)}${lines[0] ?? ""}`, ...lines.slice(1).map((line) => " ".repeat(gutter) + line)];
}

/** Parts joined by ` · `, broken only between parts where these fit a line. */
export function joinParts(parts: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of parts.filter((some) => some !== "")) {
    if (line !== "" && displayWidth(line) + 3 + displayWidth(part) <= width) {
      line += ` · ${part}`;
      continue;
    }
    if (line !== "") lines.push(line);
    const [head = "", ...rest] = [...wrap(part, width)].reverse();
    lines.push(...rest.reverse());
    line = head;
  }
  return line === "" ? lines : [...lines, line];
}

/** The first `limit` of a list and, below them, how many are left out and what shows them. */
export function limited<T>(
  page: Page,
  items: readonly T[],
  limit: number,
  print: (item: T) => readonly string[],
): readonly string[] {
  // One more line is not worth a line that says so.
  const shown = page.all || items.length <= limit + 1 ? items : items.slice(0, limit);
  const lines = shown.flatMap(print);
  if (shown.length === items.length) return lines;
  return [...lines, page.style.dim(`  … ${count(items.length - shown.length)} more: --all`)];
}
