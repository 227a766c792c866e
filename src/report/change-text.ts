import { parse } from "yaml";
import { isObject, type Json } from "#model/json.ts";
import type { Change } from "./diff-text.ts";

/**
 * A change in as few lines as tell it, each with `+` or `-`: of a line that was edited only what differs, of an added
 * block its keys with what they hold on one line. The full text is in the diff.
 */
export function changeText(change: Change): readonly string[] {
  const { removed, added } = change;
  const pairs = Math.min(removed.length, added.length);
  const edited = removed.slice(0, pairs).flatMap((line, index) => editedLine(line, added[index] ?? ""));
  return [...edited, ...removed.slice(pairs).map((line) => `- ${line.trim()}`), ...addedBlock(added.slice(pairs))];
}

/** What one line of YAML in flow style lost and gained. */
function editedLine(before: string, after: string): readonly string[] {
  const [from, to, fromEnd, toEnd] = difference(before, after);
  if (from === fromEnd && to < toEnd && !isInsideWord(after, to, toEnd)) {
    return [`+ ${separatorsOff(balanced(after, to, toEnd))}`];
  }
  const [old, fresh] = [widened(before, from, fromEnd), widened(after, to, toEnd)];
  return [`- ${old}`, `+ ${fresh}`];
}

/** What came is a part of a word or number: `8080` where `80` stood. */
function isInsideWord(text: string, start: number, end: number): boolean {
  const isWord = (at: number) => /[\w.-]/.test(text[at] ?? "");
  return (isWord(start - 1) && isWord(start)) || (isWord(end - 1) && isWord(end));
}

/** Where two texts begin and end to differ: start in each, end in each. */
function difference(before: string, after: string): readonly [number, number, number, number] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return [head, head, before.length - tail, after.length - tail];
}

/**
 * An insertion into a text can be read in several places (`a], [b` or `[a], `): moved left until its brackets match.
 * The text as found when no place makes them match.
 */
function balanced(text: string, start: number, end: number): string {
  for (let back = 0; back <= start; back += 1) {
    const part = text.slice(start - back, end - back);
    if (isBalanced(part)) return part;
    if (text[start - back - 1] !== text[end - back - 1]) break;
  }
  return text.slice(start, end);
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if ("[{".includes(character)) depth += 1;
    if ("]}".includes(character)) depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function separatorsOff(text: string): string {
  return text.replace(/^[\s,]+|[\s,]+$/g, "");
}

/** The part from the last separator before it to the next one after it: `port: "8080"` rather than `8`. */
function widened(text: string, start: number, end: number): string {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const head = Math.max(...[",", "{", "[", "- "].map((mark) => before.lastIndexOf(mark) + mark.length), 0);
  const from = /[,{[]|- /.test(before) ? head : 0;
  const next = after.search(/[,}\]]/);
  return text.slice(from, next < 0 ? text.length : end + next).trim();
}

/** A block of three lines or less as it is, without the indentation all share; a longer one drawn together. */
function addedBlock(lines: readonly string[]): readonly string[] {
  const indent = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  const plain = lines.map((line) => line.slice(indent));
  const compact = lines.length > 3 ? compactYaml(plain.join("\n")) : null;
  return (compact ?? plain).map((line) => `+ ${line}`);
}

/** The keys of a YAML block, each on a line with its value in flow style; null for what is no mapping or list of such. */
function compactYaml(text: string): readonly string[] | null {
  const value = readYaml(text);
  if (isObject(value)) return keyLines(value, "");
  if (!Array.isArray(value)) return null;
  return value.flatMap((item) => (isObject(item) ? keyLines(item, "- ") : [`- ${flow(item)}`]));
}

function readYaml(text: string): Json {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

function keyLines(value: { readonly [key: string]: Json }, mark: string): readonly string[] {
  return Object.entries(value).map(([key, entry], index) => {
    const lead = index === 0 ? mark : " ".repeat(mark.length);
    return `${lead}${scalar(key)}: ${flow(entry)}`;
  });
}

function flow(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (!isObject(value)) return typeof value === "string" ? scalar(value) : JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, entry]) => `${scalar(key)}: ${flow(entry)}`)
    .join(", ")}}`;
}

/** Plain where YAML 1.1 and 1.2 both read it as text. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z_][\w./-]*$/.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
