import { withoutControls } from "../width.ts";

/** A code span that holds any text: names from a recording can neither break out of it nor mention anybody. */
export function code(text: string): string {
  const plain = withoutControls(text.replaceAll("\n", " "));
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return `${fence}${pad}${plain}${pad}${fence}`;
}

/** Prose of ours that holds names of others: code spans in it stay, everything else is text and nothing but text. */
export function prose(text: string): string {
  const parts = text.replaceAll("\n", " ").split(/(`[^`]+`)/);
  return parts.map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : escaped(part))).join("");
}

function escaped(text: string): string {
  return withoutControls(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\*_~`|[\]#]/g, "\\$&")
    .replaceAll("@", "@\u200B");
}

/** A fenced block that no line of its text can close. */
export function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n*$/, "")}\n${fence}`;
}

/** Text below a list item. */
export function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n");
}
