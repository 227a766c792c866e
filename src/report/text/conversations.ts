import type { Answer } from "#model/decision.ts";
import type { ConversationReport, Rehearsal } from "#model/rehearsal.ts";
import { edgeName } from "../ends.ts";
import { counted } from "../words.ts";
import { hanging, heading, type Page } from "./page.ts";

/** ALL CONVERSATIONS, with `--all`: each with its decision before and after. */
export function conversationLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const conversations = rehearsal.conversations ?? [];
  if (conversations.length === 0) return [];
  const note = `${counted(conversations.length, "conversation")}: now → proposed; --explain ID tells more`;
  return [
    ...heading(page, "ALL CONVERSATIONS", note),
    ...conversations.flatMap((conversation) => conversationLine(conversation, page)),
  ];
}

function conversationLine(conversation: ConversationReport, page: Page): readonly string[] {
  const { before, after, l7, id } = conversation;
  const proxy = l7 === undefined ? "" : `, L7 ${l7}`;
  const text = `${edgeName(conversation)}  ${before.verdict} → ${after.verdict}${proxy}  [${id}]`;
  return hanging(page, ` ${signOf(after.verdict, page)}`, 3, text);
}

function signOf(answer: Answer, { style }: Page): string {
  switch (answer) {
    case "allowed":
      return style.good("✓");
    case "denied":
      return style.bad("✗");
    case "undecided":
      return style.unsure("?");
  }
}
