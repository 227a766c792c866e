import type { PolicySelection, SideExplanation } from "#model/explanation.ts";
import type { Edit, EndReport, RulePlace } from "#model/rehearsal.ts";
import { type FileChanges, fileChanges } from "../diff-text.ts";
import { changeText } from "../change-text.ts";
import { endName } from "../ends.ts";
import { placeName } from "./place-name.ts";
import { paintChange, wrapChange } from "../text/holes.ts";
import { hanging, type Page, paragraph } from "../text/page.ts";
import { withoutControls } from "../width.ts";
import { counted, listed } from "../words.ts";
import { rulesLines } from "./rules.ts";

const GUTTER = 18;

/**
 * A side with its subject. `isTold`: its sentence stands above already. `isAside`: the other side made the verdict, so
 * this one is only mentioned.
 */
export type TitledSide = {
  readonly end: EndReport;
  readonly side: SideExplanation | null;
  readonly isTold: boolean;
  readonly isAside: boolean;
};

/** One side: its answer, who selects and isolates the subject, its rules, the edit, and what nobody means. */
export function sideLines(title: string, { end, side, isTold, isAside }: TitledSide, page: Page): readonly string[] {
  const { style } = page;
  const name = `${style.bold(title)} ${endName(end)}`;
  if (side === null) return [`${name}  ${style.dim("nothing is enforced there")}`];
  const head = [`${name}  ${answerText(side, page)}`, ...(isTold ? [] : paragraph(page, side.sentence, 2))];
  if (isAside && !page.all) return [...head, ...surpriseLines(side, page)];
  return [
    ...head,
    ...selectionLines(side, page),
    ...rulesLines(side, page),
    ...surpriseLines(side, page),
    ...editLines(side, page),
  ];
}

function answerText({ decision, l7, redirect }: SideExplanation, { style }: Page): string {
  if (l7 === "denied") return style.bad(`✗ refused by the ${redirect ?? ""} proxy`);
  switch (decision) {
    case "allowed":
      return l7 === "unseen" ? style.good("✓ allowed at L4") : style.good("✓ allowed");
    case "denied":
      return style.bad("✗ denied");
    case "undecided":
      return style.unsure("? undecided");
  }
}

function selectionLines(side: SideExplanation, page: Page): readonly string[] {
  const selected = side.selecting.map((one) => `${selectionPlace(one)} · ${one.labels}`);
  const others = side.notSelecting.map((one) => `${selectionPlace(one)} · ${one.labels}`);
  return [
    ...listLines("selected by", selected, page),
    ...listLines("not selected by", others, page),
    ...listLines("default deny by", isolators(side.defaultDeny), page),
  ];
}

function selectionPlace({ policy, file, line }: PolicySelection): string {
  return placeName({ policy, file, line, element: "" });
}

const LINES = 3;

function listLines(title: string, texts: readonly string[], page: Page): readonly string[] {
  const shown = page.all || texts.length <= LINES + 1 ? texts : texts.slice(0, LINES);
  const more = texts.length - shown.length;
  const all = more === 0 ? shown : [...shown, `and ${more} more: --all`];
  return all.flatMap((text, index) => hanging(page, index === 0 ? `  ${page.style.dim(title)}` : "", GUTTER, text));
}

/** One entry a policy: the first rule of each that isolates. */
function isolators(rules: readonly RulePlace[]): readonly string[] {
  const byPolicy = new Map<string, RulePlace[]>();
  for (const rule of rules) byPolicy.set(rule.policy, [...(byPolicy.get(rule.policy) ?? []), rule]);
  return [...byPolicy.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    return [`${placeName(first)}${more.length === 0 ? "" : ` and ${counted(more.length, "more rule")}`}`];
  });
}

function surpriseLines({ surprises }: SideExplanation, page: Page): readonly string[] {
  return surprises.flatMap((one) => {
    const lines = hanging(page, `  ${page.style.unsure("!")}`, 4, `${one.sentence} (${placeName(one)}, ${one.id})`);
    return lines.map((line, index) => (index === 0 ? line : page.style.unsure(line)));
  });
}

/** What to change: the changed lines alone, the whole diff with `--all`. */
function editLines({ edit, by, nearestRule, decision, l7 }: SideExplanation, page: Page): readonly string[] {
  if (decision !== "denied" && l7 !== "denied") return [];
  if (edit === null || edit.diff === "") {
    return paragraph(page, withoutEdit(decision === "denied" ? by : [], nearestRule), 2).map(page.style.dim);
  }
  const proof = edit.proven ? "proven: decided again with it" : "not proven";
  const more = edit.newlyAllows.length === 0 ? [] : [`it also newly allows ${listed(edit.newlyAllows, 4)}`];
  return [
    `  ${page.style.bold("to allow it")}  ${page.style.dim(proof)}`,
    ...(page.all
      ? diffLines(edit.diff, page)
      : fileChanges(edit.diff).flatMap((changes) => changeLines(changes, edit, page))),
    ...more.flatMap((text) => paragraph(page, text, 4).map(page.style.unsure)),
  ];
}

function withoutEdit([deny]: readonly RulePlace[], nearest: RulePlace | null): string {
  if (deny !== undefined) return `to allow it, ${placeName(deny)} has to say less: no added rule goes before it`;
  const rule = nearest === null ? "" : `nearest rule: ${placeName(nearest)}; `;
  return `${rule}no edit is known that would allow it`;
}

function changeLines({ file, line, changes }: FileChanges, edit: Edit, page: Page): readonly string[] {
  const lines = changes.flatMap(changeText).flatMap((text) => wrapChange(text, page.width - 6));
  return [
    `    ${edit.file === null ? file : `${file}:${line}`}`,
    ...lines.map((text) => `      ${paintChange(text, page)}`),
  ];
}

/** Nothing of it is cut: it is what the reader copies. */
function diffLines(diff: string, page: Page): readonly string[] {
  const lines = diff.split("\n").filter((line) => line !== "");
  return lines.map((line) => `    ${paintChange(withoutControls(line), page)}`);
}
