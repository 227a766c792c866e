import type { Explained, Explanation, SideExplanation } from "#model/explanation.ts";
import type { EndReport } from "#model/rehearsal.ts";
import { edgeTitle } from "./title.ts";
import { styleOf } from "../style.ts";
import { findingLines } from "../text/findings.ts";
import { hanging, type Page, paragraph } from "../text/page.ts";
import type { TextOptions } from "../text.ts";
import { counted } from "../words.ts";
import { sideLines, type TitledSide } from "./side.ts";

/** Explanations for people: the answer and its reason first, then the way there, side by side with the user's files. */
export function explainedText(explained: Explained, options: Omit<TextOptions, "exitCode">): string {
  const { width, color, all } = options;
  const page: Page = { width: Math.max(40, width), style: styleOf(color), all, long: "cut" };
  const { explanations } = explained;
  const sections = [
    ...explanations.flatMap((one, index) => [
      ...(index === 0 ? [] : [[page.style.dim("─".repeat(page.width))]]),
      ...explanationSections(one, page, explanations.length === 1),
    ]),
    inputLines(explained, page),
    footerLines(explained, page),
  ];
  const shown = sections.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Of several, those that are simply allowed are told in their first lines. */
function explanationSections(one: Explanation, page: Page, isOnly: boolean): readonly (readonly string[])[] {
  const head = [...headLines(one, page), ...recordedLines(one, page)];
  const surprises = [one.egress, one.ingress].flatMap((side) => side?.surprises ?? []);
  if (!isOnly && !page.all && one.verdict === "allowed" && surprises.length === 0) return [head];
  return [
    head,
    sideLines("EGRESS", titled(one, one.from, one.egress), page),
    sideLines("INGRESS", titled(one, one.to, one.ingress), page),
  ];
}

function titled(one: Explanation, end: EndReport, side: SideExplanation | null): TitledSide {
  const isTold = side !== null && one.sentence.includes(side.sentence);
  const isAllowed = side?.decision === "allowed" && side.l7 !== "denied";
  return { end, side, isTold, isAside: isAllowed && one.verdict !== "allowed" };
}

/** `✗ DENIED  shop/web → shop/db :5432`, and why. */
function headLines(one: Explanation, page: Page): readonly string[] {
  const { style } = page;
  const word = {
    allowed: style.good("✓ ALLOWED"),
    denied: style.bad("✗ DENIED"),
    undecided: style.unsure("? UNDECIDED"),
  };
  const gutter = one.verdict.length + 4;
  return [
    ...hanging(page, word[one.verdict], gutter, edgeTitle(one)).map((line) => style.bold(line)),
    ...reasons(one).flatMap((text) => paragraph(page, text, 2)),
  ];
}

/** The sides that made the verdict, one line each; what would decide an undecided one. */
function reasons(one: Explanation): readonly string[] {
  const remedies = [one.egress, one.ingress].flatMap((side) =>
    one.verdict === "undecided" && side?.remedy !== undefined && side.remedy !== null
      ? [`to decide it: ${side.remedy}`]
      : [],
  );
  return [...one.sentence.split("; ").reduce(joined, []), ...new Set(remedies)];
}

/** Parts that begin with a side's name begin a line. */
function joined(lines: readonly string[], part: string): readonly string[] {
  const last = lines.at(-1);
  if (last === undefined || /^(?:egress|ingress) of /.test(part)) return [...lines, part];
  return [...lines.slice(0, -1), `${last}; ${part}`];
}

/** What Hubble said of the flows, and where these policies say otherwise. */
function recordedLines({ recorded, verdict }: Explanation, page: Page): readonly string[] {
  if (recorded === null) return [];
  const names = Object.keys(recorded).sort();
  const counts = names.map((name) => `${name} ×${recorded[name] ?? 0}`).join(", ");
  const wasDenied = names.some((name) => name === "DROPPED" || name === "AUDIT");
  const differs = (verdict === "allowed" && wasDenied) || (verdict === "denied" && !wasDenied);
  const note = differs ? ": other policies were in force then, or these are not all" : "";
  return paragraph(page, `Hubble recorded ${counts}${note}`, 2).map(differs ? page.style.unsure : page.style.dim);
}

function inputLines({ findings }: Explained, page: Page): readonly string[] {
  const told = findings.filter((finding) => page.all || finding.severity !== "info");
  const shown = page.all ? told : told.slice(0, 3);
  if (shown.length === 0) return [];
  const more = told.length - shown.length;
  return [
    page.style.bold("INPUT"),
    ...shown.flatMap((finding) => findingLines(finding, page)),
    ...(more === 0 ? [] : [page.style.dim(`  … ${counted(more, "more finding")}: --all`)]),
  ];
}

function footerLines({ cilium, assumptions }: Explained, page: Page): readonly string[] {
  const assumed = assumptions.length === 0 ? "" : ` · assumed: ${assumptions.join("; ")}`;
  return paragraph(page, `decided as Cilium ${cilium} would${assumed}`, 0).map(page.style.dim);
}
