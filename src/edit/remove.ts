import { isMap, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
import type { Text } from "./insert.ts";
import { columnOf, endOfLine, isFirstOnLine, lineIndent, lineStart, nextLine } from "./lines.ts";
import { endOf, isEmptyText, isNode, type Place, startOf } from "./locate.ts";
import type { TextEdit } from "./splice.ts";

/** A part of a text: from its first character to behind its last one. */
type Span = { readonly start: number; readonly end: number };

/**
 * Takes a list item or a pair away. In block style its lines go, with the comments that stand directly above it or
 * beside it; every other comment stays. Where nothing is left, `[]` or `{}` is written.
 */
export function removeElement({ source }: Text, { node, pair, parent }: Place): readonly TextEdit[] | null {
  const holder = parent?.node;
  if (parent === null || !(isMap(holder) || isSeq(holder))) return null;
  const spans = spansOf(source, holder);
  const index = isMap(holder) ? holder.items.findIndex((item) => item === pair) : holder.items.indexOf(node);
  const span = spans[index];
  if (span === undefined) return null;
  if (holder.flow === true) return [removeFromFlow(source, spans, index)];
  if (spans.length > 1) return [removeLines(source, span, spans[index + 1])];
  return leaveEmpty(source, span, parent);
}

/** Takes the only element of a block collection: an empty one is written beside its key, or where it began. */
function leaveEmpty(source: string, span: Span, { node, pair }: Place): readonly TextEdit[] {
  const empty = isMap(node) ? "{}" : "[]";
  const isBelowKey = pair !== null && isFirstOnLine(source, span.start);
  if (!isBelowKey) return [{ start: span.start, end: span.end, text: empty }];
  const colon = source.indexOf(":", pair.key.range?.[1] ?? 0) + 1;
  return [{ start: colon, end: colon, text: ` ${empty}` }, removeLines(source, span, undefined)];
}

/** Where each element stands: a pair from its key on, an item of a block list from its dash on. */
function spansOf(source: string, node: YAMLMap | YAMLSeq): readonly Span[] {
  if (isMap(node)) {
    return node.items.map(({ key, value }) => {
      const start = isNode(key) ? startOf(key) : 0;
      return { start, end: isNode(value) && !isEmptyText(value) ? endOf(value) : keyEnd(source, key, start) };
    });
  }
  const isBlock = node.flow !== true;
  return node.items.map((item, index) => {
    const at = isNode(item) ? startOf(item) : 0;
    const start = !isBlock ? at : index === 0 ? startOf(node) : dashBefore(source, at, columnOf(source, startOf(node)));
    return { start, end: isNode(item) && !isEmptyText(item) ? endOf(item) : isBlock ? start + 1 : at };
  });
}

function keyEnd(source: string, key: unknown, start: number): number {
  const end = isNode(key) ? (key.range?.[1] ?? start) : start;
  const colon = /^\s*:/.exec(source.slice(end));
  return end + (colon?.[0].length ?? 0);
}

/** The dash of an item: the first one above or at its text that stands in the list's column. */
function dashBefore(source: string, offset: number, column: number): number {
  let line = lineStart(source, offset);
  while (line > 0 && !(source[line + column] === "-" && isFirstOnLine(source, line + column))) {
    line = lineStart(source, line - 1);
  }
  return line + column;
}

function removeLines(source: string, span: Span, next: Span | undefined): TextEdit {
  const column = columnOf(source, span.start);
  if (!isFirstOnLine(source, span.start)) return removeBesideDash(source, span, next);
  const from = ownCommentsAbove(source, lineStart(source, span.start), column);
  const last = source[span.end - 1] === "\n" ? span.end : nextLine(source, endOfLine(source, span.end));
  const to = withoutSecondBlank(source, from, deeperComments(source, last, column));
  const isAtEnd = to === source.length && !source.endsWith("\n") && from > 0;
  return { start: isAtEnd ? endOfLine(source, lineStart(source, from - 1)) : from, end: to, text: "" };
}

/** The first element of a collection that begins on a dash's line: the next one takes its place there. */
function removeBesideDash(source: string, span: Span, next: Span | undefined): TextEdit {
  const line = nextLine(source, endOfLine(source, span.end));
  const between = source.slice(line, next?.start ?? line);
  if (next !== undefined && !between.includes("#")) return { start: span.start, end: next.start, text: "" };
  const blank = /[ \t]*$/.exec(source.slice(0, span.start))?.[0].length ?? 0;
  return { start: span.start - blank, end: endOfLine(source, span.end), text: "" };
}

function ownCommentsAbove(source: string, start: number, column: number): number {
  let from = start;
  while (from > 0) {
    const above = lineStart(source, from - 1);
    if (source[above + column] !== "#" || lineIndent(source, above + column) !== column) break;
    from = above;
  }
  return from;
}

/** Comments that directly follow, deeper than the element: they stood in it. */
function deeperComments(source: string, start: number, column: number): number {
  let to = start;
  while (to < source.length) {
    const comment = /^ *#/.exec(source.slice(to, endOfLine(source, to)));
    if (comment === null || comment[0].length - 1 <= column) break;
    to = nextLine(source, to);
  }
  return to;
}

/** Between two blank lines one is enough. */
function withoutSecondBlank(source: string, from: number, to: number): number {
  const isBlank = (at: number) => source.slice(at, endOfLine(source, at)).trim() === "";
  const above = from > 0 && isBlank(lineStart(source, from - 1));
  return above && to < source.length && isBlank(to) ? nextLine(source, to) : to;
}

/** An element of `[a, b]` or `{a: 1, b: 2}`, with the comma that set it apart. */
function removeFromFlow(source: string, spans: readonly Span[], index: number): TextEdit {
  const span = spans[index] ?? { start: 0, end: 0 };
  const [before, next] = [spans[index - 1], spans[index + 1]];
  if (next === undefined) return { start: before?.end ?? span.start, end: span.end, text: "" };
  const comma = source.indexOf(",", span.end) + 1;
  const line = nextLine(source, comma);
  const hasCommentOfNext = line < next.start && source.slice(line, next.start).includes("#");
  if (!hasCommentOfNext) return { start: span.start, end: next.start, text: "" };
  const isAlone = isFirstOnLine(source, span.start);
  return { start: isAlone ? lineStart(source, span.start) : span.start, end: line - (isAlone ? 0 : 1), text: "" };
}
