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

function beforeText(edge: JudgedEdge): string {
  const sides = sidesOf(edge.before).filter(([, side]) => side.decision === "denied");
  if (sides.length === 0) return "not allowed before";
  return sides.map(([name, side]) => `${name} was denied by ${deniedBy(side)}`).join(", ");
}

function deniedBy(side: SideReport): string {
  if (side.by.length > 0) return rulesText(side.by);
  return side.defaultDeny.length === 0 ? "default deny" : `default deny (${rulesText(side.defaultDeny)})`;
}

function afterText(edge: JudgedEdge): string {
  const rules = sidesOf(edge.after).flatMap(([, side]) => side.by);
  return rules.length === 0 ? "no policy stands against it any more" : `now allowed by ${rulesText(rules)}`;
}

function sidesOf(decision: JudgedEdge["before"]): readonly (readonly ["egress" | "ingress", SideReport])[] {
  const { egress, ingress } = decision;
  return [
    ...(egress === null ? [] : [["egress", egress] as const]),
    ...(ingress === null ? [] : [["ingress", ingress] as const]),
  ];
}

function rulesText(rules: readonly RulePlace[]): string {
  return listed(distinct(rules.map(ruleName)), 2);
}
