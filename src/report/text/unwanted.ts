import type { Hole, Rehearsal } from "#model/rehearsal.ts";
import { destinations } from "../edge-list.ts";
import { endName } from "../ends.ts";
import { idsText } from "../hole-groups.ts";
import { hanging, heading, limited, type Page } from "./page.ts";

const SOURCES = 8;
const ENDS = 8;

/** LOOKS UNWANTED: denied traffic that no workload of the proposal speaks of, by who opens it. */
export function unwantedLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const holes = rehearsal.holes.filter((hole) => hole.looksUnwanted);
  if (holes.length === 0) return [];
  const note = "denied, and no workload of the proposal speaks of it: decide";
  return [
    ...heading(page, "LOOKS UNWANTED", note),
    ...limited(page, bySource(holes), SOURCES, (some) => sourceLines(some, page)),
  ];
}

function bySource(holes: readonly Hole[]): readonly (readonly Hole[])[] {
  const sources = new Map<string, Hole[]>();
  for (const hole of holes) {
    const name = endName(hole.from);
    sources.set(name, [...(sources.get(name) ?? []), hole]);
  }
  return [...sources.values()];
}

function sourceLines(holes: readonly Hole[], page: Page): readonly string[] {
  const first = holes[0];
  if (first === undefined) return [];
  const limit = page.all ? Number.POSITIVE_INFINITY : ENDS;
  const ids = idsText(holes.map((hole) => hole.id));
  const text = `${endName(first.from)} → ${destinations(holes, null, limit)}  [${ids}]`;
  return hanging(page, ` ${page.style.unsure("?")}`, 3, text);
}
