import type { NotDecidedEdge, Rehearsal, UndecidedEdge } from "#model/rehearsal.ts";
import { destinations, sources } from "../edge-list.ts";
import { idsText } from "../hole-groups.ts";
import { groupNumbered, notDecidedId, type Numbered, undecidedId } from "../line-ids.ts";
import { padTo, wrap } from "../width.ts";
import { counted } from "../words.ts";
import { hanging, heading, limited, type Page } from "./page.ts";

const GROUPS = 8;
const ENDS = 4;
const GUTTER = 6;

/** UNDECIDED: conversations for which a fact is lacking, by that fact, with what would supply it. */
export function undecidedLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const edges = rehearsal.undecided.map((edge, index) => ({ id: undecidedId(index), edge }));
  if (edges.length === 0) return [];
  const groups = groupNumbered(edges, (edge) => `${edge.side}\n${edge.missing}\n${edge.remedy}`);
  return [
    ...heading(page, "UNDECIDED", "a fact is missing: neither safe nor broken"),
    ...limited(page, groups, GROUPS, (group) => groupLines(group, page)),
  ];
}

function groupLines(group: readonly Numbered<UndecidedEdge>[], page: Page): readonly string[] {
  const first = group[0];
  if (first === undefined) return [];
  const body = [
    ...wrap(`${first.edge.side}: ${first.edge.missing}`, page.width - GUTTER),
    ...wrap(`to decide it: ${first.edge.remedy}`, page.width - GUTTER),
  ];
  return [...headLines(group, page), ...body.map((line) => " ".repeat(GUTTER) + line)];
}

/** `u1  a → b, c :443  (u1–u3)`: ends by name, every source with all that it reaches. */
function headLines(group: readonly Numbered<UndecidedEdge>[], page: Page): readonly string[] {
  const edges = group.map(({ edge }) => edge);
  const ids = group.map(({ id }) => id);
  const limit = page.all ? Number.POSITIVE_INFINITY : ENDS;
  const more = ids.length === 1 ? "" : ` (${idsText(ids).replaceAll(" ", "\u00A0")})`;
  const text = `${sources(edges, null, limit)} → ${destinations(edges, null, limit)}${more}`;
  const [head = "", ...rest] = wrap(text, page.width - GUTTER);
  const label = padTo(`  ${page.style.name(ids[0] ?? "")}`, GUTTER);
  return [label + page.style.bold(head), ...rest.map((line) => " ".repeat(GUTTER) + page.style.bold(line))];
}

/** NOT JUDGED: traffic recognised as something that policies between endpoints do not decide; said, never guessed. */
export function notDecidedLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const edges = rehearsal.notDecided.map((edge, index) => ({ id: notDecidedId(index), edge }));
  if (edges.length === 0) return [];
  const groups = groupNumbered(edges, (edge) => edge.reason);
  return [
    ...heading(page, "NOT JUDGED", "recognised, and left out of the answer on purpose"),
    ...limited(page, groups, GROUPS, (group) => notDecidedGroup(group, page)),
  ];
}

function notDecidedGroup(group: readonly Numbered<NotDecidedEdge>[], page: Page): readonly string[] {
  const first = group[0];
  if (first === undefined) return [];
  const ids = idsText(group.map(({ id }) => id));
  const text = `${first.edge.reason}: ${counted(group.length, "conversation")} [${ids}]`;
  return hanging(page, ` ${page.style.dim("·")}`, 3, text);
}
