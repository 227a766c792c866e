import type { Rehearsal } from "#model/rehearsal.ts";
import { styleOf } from "./style.ts";
import { answerLines } from "./text/answer.ts";
import { conversationLines } from "./text/conversations.ts";
import { deadRuleLines, hairpinLines } from "./text/dead-rules.ts";
import { inputLines } from "./text/findings.ts";
import { footerLines } from "./text/footer.ts";
import { headerLines } from "./text/header.ts";
import { holeLines } from "./text/holes.ts";
import { neverShownLines } from "./text/never-shown.ts";
import { newlyAllowedLines } from "./text/newly-allowed.ts";
import { notProvenLines } from "./text/not-proven.ts";
import type { Page, Section } from "./text/page.ts";
import { readinessLines } from "./text/readiness.ts";
import { notDecidedLines, undecidedLines } from "./text/undecided.ts";
import { unwantedLines } from "./text/unwanted.ts";

/** The sections of the report, in reading order: can I go, what breaks, what is not known, where can I go already. */
const SECTIONS: readonly Section[] = [
  headerLines,
  answerLines,
  inputLines,
  holeLines,
  unwantedLines,
  neverShownLines,
  newlyAllowedLines,
  undecidedLines,
  notDecidedLines,
  notProvenLines,
  deadRuleLines,
  hairpinLines,
  readinessLines,
  conversationLines,
];

export type TextOptions = {
  /** Columns; at least 40 are used. */
  readonly width: number;
  readonly color: boolean;
  /** Lists are not cut. */
  readonly all: boolean;
  /** What the command will exit with, for the last line. */
  readonly exitCode: number;
};

/** The rehearsal for people. No line is longer than `width`; colour never says what a sign and a word do not. */
export function reportText(rehearsal: Rehearsal, options: TextOptions): string {
  const { width, color, all } = options;
  const page: Page = { width: Math.max(40, width), style: styleOf(color), all, long: "cut" };
  const sections = SECTIONS.map((section) => section(rehearsal, page)).filter((lines) => lines.length > 0);
  const footer = footerLines(rehearsal, page, options.exitCode);
  return `${[...sections, footer].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
