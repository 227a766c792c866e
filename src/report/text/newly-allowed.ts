import type { JudgedEdge, Rehearsal, RulePlace, SideReport } from "#model/rehearsal.ts";
import { edgeName, ruleName } from "../ends.ts";
import { newlyAllowedId } from "../line-ids.ts";
import { padTo, wrap } from "../width.ts";
import { distinct, listed } from "../words.ts";
import { heading, limited, type Page } from "./page.ts";

const EDGES = 8;

/** NEWLY ALLOWED: what the policies in force refuse and the proposal would let through. */
export function newlyAllowedLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const edges = rehearsal.newlyAllowed.map((edge, index) => ({ id: newlyAllowedId(index), edge }));
  if (edges.length === 0) return [];
  return [
    ...heading(page, "NEWLY ALLOWED", "refused by the policies in force, let through by the proposal"),
    ...limited(page, edges, EDGES, ({ id, edge }) => edgeLines(id, edge, page)),
  ];
}

function edgeLines(id: string, edge: JudgedEdge, page: Page): readonly string[] {
  const gutter = 6;
  const [first = "", ...rest] = wrap(edgeName(edge), page.width - gutter);
  const label = padTo(`  ${page.style.name(id)}`, gutter);
  const body = wrap(`${beforeText(edge)}; ${afterText(edge)}`, page.width - gutter);
  const pad = " ".repeat(gutter);
  return [
    label + page.style.bold(first),
    ...rest.map((line) => pad + page.style.bold(line)),
    ...body.map((line) => pad + line),
  ];
}

type Side = {
  readonly name: "egress" | "ingress";
  readonly before: SideReport | null;
  readonly after: SideReport | null;
};

/** `ingress was denied (default deny)`: of the sides that change. */
function beforeText(edge: JudgedEdge): string {
  const sides = changedSides(edge).map(({ name, before }) => `${name} was denied (${deniedBy(before)})`);
  return sides.length === 0 ? "was not allowed" : sides.join(" and ");
}

function deniedBy(side: SideReport | null): string {
  return side === null || side.by.length === 0 ? "default deny" : rulesText(side.by);
}

function afterText(edge: JudgedEdge): string {
  const rules = changedSides(edge).flatMap(({ after }) => after?.by ?? []);
  return rules.length === 0 ? "no policy stands against it any more" : `now allowed by ${rulesText(rules)}`;
}

function changedSides({ before, after }: JudgedEdge): readonly Side[] {
  const sides: readonly Side[] = [
    { name: "egress", before: before.egress, after: after.egress },
    { name: "ingress", before: before.ingress, after: after.ingress },
  ];
  return sides.filter((side) => side.before?.decision === "denied" && side.after?.decision !== "denied");
}

function rulesText(rules: readonly RulePlace[]): string {
  return listed(distinct(rules.map(ruleName)), 2);
}
