import type { Hole, Rehearsal } from "#model/rehearsal.ts";
import { edgeName } from "../ends.ts";
import { wrap } from "../width.ts";
import { hanging, limited, type Page, paragraph } from "./page.ts";

const EDGES = 8;

/**
 * CUT AT THE FLIP, NEVER SHOWN BY AUDIT MODE: connections that were open before the recording or are still open at its
 * end. A policy verdict is emitted for new connections only, so under audit these stay silent; enforcement refuses their
 * next packet.
 */
export function neverShownLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const holes = rehearsal.holes.filter((hole) => hole.openBefore || hole.openAtEnd);
  if (holes.length === 0) return [];
  const why =
    "connections open already when the policies come: audit mode tells of new ones only, enforcing refuses the next packet";
  return [
    ...wrap("CUT AT THE FLIP, NEVER SHOWN BY AUDIT MODE", page.width).map(page.style.bold),
    ...paragraph(page, why, 1).map(page.style.dim),
    ...limited(page, holes, EDGES, (hole) =>
      hanging(page, ` ${page.style.bad("✗")}`, 3, `${edgeName(hole)} ${hole.side}, ${sinceWhen(hole)} [${hole.id}]`),
    ),
  ];
}

function sinceWhen(hole: Hole): string {
  return hole.openBefore ? "open since before the recording" : "still open at its end";
}
