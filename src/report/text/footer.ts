import type { Rehearsal } from "#model/rehearsal.ts";
import { explainedLines } from "../line-ids.ts";
import { joinParts, type Page } from "./page.ts";

/** The last line: how the command ends, and where to look next. Only what exists is offered. */
export function footerLines(rehearsal: Rehearsal, page: Page, exitCode: number): readonly string[] {
  const first = explainedLines(rehearsal)[0];
  const proven = rehearsal.holes.some((hole) => hole.edit?.proven === true);
  const parts = [
    `exit ${exitCode}`,
    first === undefined ? "" : `one line in full: --explain ${first.id}`,
    proven ? "proven edits as a patch: --fix-diff" : "",
    "everything: --all",
    "for tools: -o json",
  ];
  return joinParts(parts, page.width).map(page.style.dim);
}
