import type { Rehearsal } from "#model/rehearsal.ts";
import { answerWord } from "./answer.ts";
import { type Block, blocksOf } from "./markdown/blocks.ts";
import { prose } from "./markdown/markup.ts";
import { answerParts } from "./text/answer.ts";
import { evidenceParts, judgedParts } from "./text/header.ts";
import { counted } from "./words.ts";

/** Forges refuse comments over 65,536 characters. */
export const MARKDOWN_LIMIT = 60_000;

/** The rehearsal as a pull-request comment, at most 60,000 characters; entries without room are counted, not cut. */
export function reportMarkdown(rehearsal: Rehearsal): string {
  const head = headText(rehearsal);
  const blocks = blocksOf(rehearsal);
  const room = MARKDOWN_LIMIT - head.length - 300;
  const { text, leftOut } = fill(blocks, room);
  const more =
    leftOut === 0
      ? ""
      : `\n_${counted(leftOut, "entry", "entries")} left out: no room in a comment. \`ringfence rehearse\` in a terminal shows all._\n`;
  return `${head}${text}${more}`;
}

function headText(rehearsal: Rehearsal): string {
  const sign = { ready: "✓", "not-ready": "✗", "not-proven": "?" }[rehearsal.answer];
  const line = (parts: readonly string[]) => prose(parts.filter((part) => part !== "").join(" · "));
  const [, ...judged] = judgedParts(rehearsal);
  const assumptions = rehearsal.snapshot.assumptions;
  return (
    [
      `## ${sign} ringfence rehearsal: ${answerWord(rehearsal)}`,
      `**${line(answerParts(rehearsal))}**`,
      `${line(judged)}<br>${line(evidenceParts(rehearsal))}<br>calibration: ${prose(rehearsal.calibration.sentence)}`,
      ...(assumptions.length === 0 ? [] : [`assumed: ${prose(assumptions.join("; "))}`]),
    ].join("\n\n") + "\n"
  );
}

/** Blocks one after the other while there is room; an entry stands whole or not at all. */
function fill(blocks: readonly Block[], room: number): { readonly text: string; readonly leftOut: number } {
  let text = "";
  let leftOut = 0;
  for (const block of blocks) {
    const [open, close] = frame(block);
    const entries: string[] = [];
    let length = text.length + open.length + close.length;
    for (const entry of block.entries) {
      if (length + entry.length + 1 > room) break;
      entries.push(entry);
      length += entry.length + 1;
    }
    leftOut += block.entries.length - entries.length;
    if (entries.length > 0) text += open + entries.map((entry) => `${entry}\n`).join("") + close;
  }
  return { text, leftOut };
}

function frame(block: Block): readonly [open: string, close: string] {
  const title = prose(block.title);
  if (!block.folded) return [`\n### ${title}\n\n`, ""];
  return [`\n<details><summary>${title} (${block.entries.length})</summary>\n\n`, "\n</details>\n"];
}
