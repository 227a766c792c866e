import { isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from "yaml";
import type { Json } from "#model/json.ts";
import { columnOf, endOfLine, isFirstOnLine, lineIndent } from "./lines.ts";
import { endOf, isEmptyText, type Place, startOf } from "./locate.ts";
import { blockLines, flowPair, flowText, itemLines, jsonText, pairLines, scalarText } from "./render.ts";
import type { TextEdit } from "./splice.ts";
import type { Style } from "./style.ts";

/** The text that is edited and how it is written. */
export type Text = { readonly source: string; readonly style: Style };

/** Adds an element at the end of a list. */
export function appendItem(text: Text, place: Place, value: Json): readonly TextEdit[] | null {
  const { node } = place;
  if (isEmptyText(node) || (isSeq(node) && node.items.length === 0)) return fillEmpty(text, place, [value]);
  if (!isSeq(node)) return null;
  if (node.flow === true) return [addToFlow(text, node, (indent) => inFlow(value, text, indent))];
  return [insertLines(text, node, itemLines(value, text.style))];
}

/** Adds a key at the end of a mapping. */
export function addPair(text: Text, place: Place, key: string, value: Json): readonly TextEdit[] | null {
  const { node } = place;
  if (isEmptyText(node) || (isMap(node) && node.items.length === 0)) return fillEmpty(text, place, { [key]: value });
  if (!isMap(node)) return null;
  if (node.flow !== true) return [insertLines(text, node, pairLines(key, value, text.style))];
  const written = (indent: number | null) =>
    text.style.json ? `${JSON.stringify(key)}: ${inFlow(value, text, indent)}` : flowPair(key, value, text.style);
  return [addToFlow(text, node, written)];
}

/** Puts a value in the place of another one; scalars keep their quotes. */
export function replaceValue(text: Text, place: Place, value: Json): readonly TextEdit[] | null {
  const { node } = place;
  if (isEmptyText(node)) return fillEmpty(text, place, value);
  const start = startOf(node);
  const end = endOf(node);
  if (isScalar(node) && typeof value === "string") {
    const quote = node.type === "QUOTE_DOUBLE" ? '"' : node.type === "QUOTE_SINGLE" ? "'" : null;
    if (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") return null;
    return [{ start, end, text: scalarText(value, text.style, quote) }];
  }
  const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true;
  if (!isBlock) return [{ start, end, text: inFlow(value, text, lineIndent(text.source, start)) }];
  const lines = blockLines(value, text.style);
  const indent = " ".repeat(columnOf(text.source, start));
  return [{ start, end: trimBreak(text.source, end), text: lines.join(text.style.newline + indent) }];
}

function inFlow(value: Json, text: Text, indent: number | null): string {
  if (text.style.json && indent !== null) return jsonText(value, text.style, indent);
  return text.style.json ? JSON.stringify(value) : flowText(value, text.style);
}

/** Gives a key that has nothing, `[]` or `{}` its value: below it in block style, in place elsewhere. */
function fillEmpty(text: Text, place: Place, value: Json): readonly TextEdit[] | null {
  const { node, pair, parent } = place;
  const { source, style } = text;
  const key = pair?.key;
  const start = startOf(node);
  const end = node.range?.[1] ?? start;
  const inBlock = key !== undefined && isMap(parent?.node) && parent.node.flow !== true && !style.json;
  if (!inBlock) {
    if (isEmptyText(node)) return null;
    const pretty = style.json && source.includes("\n");
    return [{ start, end, text: inFlow(value, text, pretty ? lineIndent(source, start) : null) }];
  }
  if (node.anchor !== undefined || node.tag !== undefined) return null;
  if (source.slice(startOf(key), start).includes("\n")) {
    const column = " ".repeat(columnOf(source, start));
    return [{ start, end, text: blockLines(value, style).join(style.newline + column) }];
  }
  const lineEnd = endOfLine(source, end);
  const after = source.slice(end, lineEnd).trim();
  if (after !== "" && !after.startsWith("#")) return null;
  const deeper = Array.isArray(value) ? style.dash : style.step;
  const indent = " ".repeat(columnOf(source, startOf(key)) + deeper);
  const lines = blockLines(value, style).map((line) => indent + line);
  const from = start - (/[ \t]*$/.exec(source.slice(0, start))?.[0].length ?? 0);
  const to = after === "" ? lineEnd : end;
  return [
    { start: from, end: to, text: "" },
    { start: lineEnd, end: lineEnd, text: style.newline + lines.join(style.newline) },
  ];
}

/** Inserts lines after the last line of a block collection, at the column where its elements stand. */
function insertLines(text: Text, node: YAMLMap | YAMLSeq, lines: readonly string[]): TextEdit {
  const { source, style } = text;
  const indent = " ".repeat(columnOf(source, startOf(node)));
  const written = lines.map((line) => indent + line).join(style.newline);
  const end = endOf(node);
  if (source[end - 1] === "\n") return { start: end, end, text: written + style.newline };
  const at = endOfLine(source, end);
  return { start: at, end: at, text: style.newline + written };
}

/** Adds to a flow collection that has elements, on a line of its own if they have lines of their own. */
function addToFlow(text: Text, node: YAMLMap | YAMLSeq, written: (indent: number | null) => string): TextEdit {
  const { source, style } = text;
  const last = lastPart(node);
  const first = startOf(last);
  const end = endOf(lastValue(node));
  const close = (node.range?.[1] ?? end) - 1;
  const comma = /^\s*,/.exec(source.slice(end, close));
  const ownLine = source.slice(startOf(node), first).includes("\n") && isFirstOnLine(source, first);
  const gap = ownLine ? style.newline + " ".repeat(columnOf(source, first)) : " ";
  const at = end + (comma?.[0].length ?? 0);
  const value = written(ownLine ? columnOf(source, first) : null);
  return { start: at, end: at, text: comma === null ? `,${gap}${value}` : `${gap}${value}${ownLine ? "," : ""}` };
}

function lastPart(node: YAMLMap | YAMLSeq): Node {
  const item = isMap(node) ? node.items.at(-1)?.key : node.items.at(-1);
  return asNode(item, node);
}

function lastValue(node: YAMLMap | YAMLSeq): Node {
  if (!isMap(node)) return asNode(node.items.at(-1), node);
  const pair = node.items.at(-1);
  const value = pair?.value;
  return value === null || value === undefined ? asNode(pair?.key, node) : asNode(value, node);
}

function asNode(value: unknown, otherwise: Node): Node {
  return isMap(value) || isSeq(value) || isScalar(value) ? value : otherwise;
}

function trimBreak(source: string, end: number): number {
  return end - (/\r?\n$/.exec(source.slice(Math.max(0, end - 2), end))?.[0].length ?? 0);
}
