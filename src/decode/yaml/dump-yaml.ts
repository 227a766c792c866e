import type { Json } from "#model/json.ts";
import { keyText, readPlainScalar } from "./scalar.ts";
import { setKey } from "../objects/source-object.ts";

/** Where an element of the top-level list `items` stands: from its `-` line to the next one's. */
export type Span = { readonly start: number; readonly end: number };

export type Dump = { readonly value: Json; readonly items: readonly Span[] };

/** The line that is read next. `start` is where its content begins: behind `- ` for the first line of an element. */
type Line = { indent: number; start: number; end: number; next: number };

type Reader = { readonly text: string; readonly line: Line; readonly items: Span[] };

/** Thrown at whatever is not plain block YAML; the whole text is then read by the yaml package. */
class NotPlain extends Error {}

function notPlain(): never {
  throw new NotPlain();
}

/**
 * Reads YAML as `kubectl get -o yaml` writes it: block mappings and lists, plain and quoted scalars, `|` texts, empty
 * `[]` and `{}`. null at anything else (flow style, anchors, tags, comments behind values, duplicate keys, errors): the
 * yaml package judges those. It exists because dumps are large and that package reads 2 MB a second; where it answers,
 * it answers the same, which the tests hold it to.
 */
export function readDumpYaml(text: string): Dump | null {
  if (/[\t\r\u0085\u2028\u2029\ufeff]|^(?:%|---|\.\.\.)/m.test(text)) return null;
  const reader: Reader = { text, line: { indent: -1, start: 0, end: 0, next: 0 }, items: [] };
  try {
    advance(reader);
    if (reader.line.indent !== 0) return null;
    const value = readNode(reader, 0, true);
    return isAtEnd(reader) ? { value, items: reader.items } : null;
  } catch (problem) {
    if (problem instanceof NotPlain || problem instanceof RangeError) return null;
    throw problem;
  }
}

function isAtEnd({ line }: Reader): boolean {
  return line.indent < 0;
}

/** Goes to the next line that holds more than a comment; indent -1 is the end. */
function advance(reader: Reader): void {
  const { text, line } = reader;
  for (let from = line.next; from < text.length; ) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    let start = from;
    while (start < end && text.charCodeAt(start) === 32) start++;
    if (start < end && text[start] !== "#") {
      setLine(line, { indent: start - from, start, end, next: end + 1 });
      return;
    }
    from = end + 1;
  }
  setLine(line, { indent: -1, start: text.length, end: text.length, next: text.length });
}

function setLine(line: Line, to: Line): void {
  line.indent = to.indent;
  line.start = to.start;
  line.end = to.end;
  line.next = to.next;
}

function readNode(reader: Reader, indent: number, top: boolean): Json {
  return isDash(reader) ? readList(reader, indent, null) : readMapping(reader, indent, top);
}

function isDash({ text, line }: Reader): boolean {
  if (text[line.start] !== "-") return false;
  return line.start + 1 === line.end || text[line.start + 1] === " ";
}

function readList(reader: Reader, indent: number, spans: Span[] | null): readonly Json[] {
  const { line, text } = reader;
  const list: Json[] = [];
  while (line.indent === indent && isDash(reader)) {
    const begin = line.start - indent;
    let start = line.start + 1;
    while (start < line.end && text.charCodeAt(start) === 32) start++;
    if (start === line.end) {
      advance(reader);
      list.push(line.indent > indent ? readNode(reader, line.indent, false) : null);
    } else if (text[start] === "#") {
      notPlain();
    } else {
      setLine(line, { ...line, indent: indent + start - line.start, start });
      list.push(readElement(reader, indent));
    }
    spans?.push({ start: begin, end: line.indent < 0 ? text.length : line.next - 1 - lineLength(reader) });
  }
  if (line.indent > indent) notPlain();
  return list;
}

/** From the line's own beginning to its end, to find where it begins. */
function lineLength({ line }: Reader): number {
  return line.end - line.start + line.indent;
}

/** What stands behind a `-`: a mapping or list that begins there, or a scalar. */
function readElement(reader: Reader, indent: number): Json {
  if (isDash(reader)) return readList(reader, reader.line.indent, null);
  if (keyEnd(reader) !== null) return readMapping(reader, reader.line.indent, false);
  return readValue(reader, indent);
}

function readMapping(reader: Reader, indent: number, top: boolean): Json {
  const { line } = reader;
  const object: Record<string, Json> = {};
  const seen = new Set<string>();
  while (line.indent === indent && !isDash(reader)) {
    const end = keyEnd(reader) ?? notPlain();
    const key = readKey(reader, end);
    if (seen.has(key)) notPlain();
    seen.add(key);
    setKey(object, key, readMember(reader, { indent, colon: end, items: top && key === "items" }));
  }
  if (line.indent > indent || (line.indent === indent && seen.size === 0)) notPlain();
  return object;
}

type Member = { readonly indent: number; readonly colon: number; readonly items: boolean };

function readMember(reader: Reader, { indent, colon, items }: Member): Json {
  const { line, text } = reader;
  let start = colon + 1;
  while (start < line.end && text.charCodeAt(start) === 32) start++;
  if (start < line.end) {
    line.start = start;
    return readValue(reader, indent);
  }
  advance(reader);
  if (line.indent > indent) {
    return items && isDash(reader) ? readList(reader, line.indent, reader.items) : readNode(reader, line.indent, false);
  }
  if (line.indent === indent && isDash(reader)) return readList(reader, indent, items ? reader.items : null);
  return null;
}

const PLAIN_START = /[A-Za-z0-9_./$(+~^=\\<\u00a1-\ufefe-]/;

/** The offset of the colon that ends the key which the line begins with; null when it begins with none. */
function keyEnd({ text, line }: Reader): number | null {
  const first = text[line.start] ?? "";
  if (first === '"' || first === "'") {
    const end = quoteEnd(text, line.start, line.end);
    return end !== null && isColon(text, end, line.end) ? end : null;
  }
  for (let at = text.indexOf(":", line.start); at >= 0 && at < line.end; at = text.indexOf(":", at + 1)) {
    if (isColon(text, at, line.end)) return PLAIN_START.test(first) ? at : notPlain();
  }
  return null;
}

function isColon(text: string, at: number, end: number): boolean {
  return text[at] === ":" && (at + 1 === end || text[at + 1] === " ");
}

function readKey({ text, line }: Reader, end: number): string {
  const written = text.slice(line.start, end);
  if (written.startsWith('"')) return unescaped(written.slice(1, -1));
  if (written.startsWith("'")) return written.slice(1, -1).replaceAll("''", "'");
  if (written.length > 1000 || written.endsWith(" ") || /^[-?:] | #|^<<$/.test(written)) notPlain();
  return keyText(written, readPlainScalar(written)) ?? notPlain();
}

/** The scalar at `line.start` whose parent stands at `indent`; ends at the next line after it. */
function readValue(reader: Reader, indent: number): Json {
  const { text, line } = reader;
  switch (text[line.start]) {
    case "|":
      return readLiteral(reader, indent);
    case '"':
    case "'":
      return readQuoted(reader, indent);
    case "[":
    case "{":
      return readEmpty(reader, indent);
    default:
      return readPlain(reader, indent);
  }
}

function readEmpty(reader: Reader, indent: number): Json {
  const written = withoutEnd(reader.text.slice(reader.line.start, reader.line.end));
  if (written !== "[]" && written !== "{}") notPlain();
  advance(reader);
  if (reader.line.indent > indent) notPlain();
  return written === "[]" ? [] : {};
}

/** A plain scalar, over several lines if deeper ones follow: folded, a line break is a space, an empty line a break. */
function readPlain(reader: Reader, indent: number): Json {
  const { text, line } = reader;
  if (!PLAIN_START.test(text[line.start] ?? "") || isDash(reader)) notPlain();
  const lines = [withoutEnd(text.slice(line.start, line.end))];
  for (let end = line.next; ; ) {
    advance(reader);
    if (line.indent <= indent) break;
    // Comments between the lines of a scalar would end it.
    const between = text.slice(end, line.next - 1 - lineLength(reader));
    if (between.includes("#")) notPlain();
    for (let at = between.indexOf("\n"); at >= 0; at = between.indexOf("\n", at + 1)) lines.push("");
    lines.push(withoutEnd(text.slice(line.start, line.end)));
    end = line.next;
  }
  if (lines.some((one) => /: | #|:$|^---|^\.\.\./.test(one))) notPlain();
  return lines.length === 1 ? readPlainScalar(lines[0] ?? "") : plainFolded(lines);
}

function plainFolded(lines: readonly string[]): Json {
  const folded = fold(lines);
  return readPlainScalar(folded);
}

function fold(lines: readonly string[]): string {
  let result = lines[0] ?? "";
  let empty = 0;
  for (const line of lines.slice(1)) {
    if (line === "") {
      empty++;
      continue;
    }
    result += (empty > 0 ? "\n".repeat(empty) : " ") + line;
    empty = 0;
  }
  return result;
}

/** The offset behind the closing quote; null when it is not before `end`. */
function quoteEnd(text: string, start: number, end: number): number | null {
  const quote = text[start];
  for (let at = start + 1; at < end; at++) {
    const code = text[at];
    if (code === "\\" && quote === '"') at++;
    else if (code === quote) {
      if (quote === "'" && text[at + 1] === "'") at++;
      else return at + 1;
    }
  }
  return null;
}

function readQuoted(reader: Reader, indent: number): Json {
  const { text, line } = reader;
  const start = line.start;
  const double = text[start] === '"';
  const end = quoteEnd(text, start, line.end);
  if (end !== null) {
    if (!isBlank(text.slice(end, line.end))) notPlain();
    advance(reader);
    if (line.indent > indent) notPlain();
    const inside = text.slice(start + 1, end - 1);
    return double ? unescaped(inside) : inside.replaceAll("''", "'");
  }
  return readLongQuoted(reader, indent);
}

/** A quoted scalar over several lines: folded as a plain one, `\` at the end of a line joins without a space. */
function readLongQuoted(reader: Reader, indent: number): Json {
  const { text, line } = reader;
  const start = line.start;
  const double = text[start] === '"';
  const end = quoteEnd(text, start, text.length) ?? notPlain();
  const parts = text.slice(start + 1, end - 1).split("\n");
  const margin = " ".repeat(indent + 1);
  const isInside = (part: string, index: number) =>
    part.startsWith(margin) || (isBlank(part) && index < parts.length - 2);
  if (!parts.slice(1).every(isInside)) notPlain();
  const newline = text.indexOf("\n", end);
  const stop = newline < 0 ? text.length : newline;
  if (!isBlank(text.slice(end, stop))) notPlain();
  line.next = stop + 1;
  advance(reader);
  if (line.indent > indent) notPlain();
  return double ? unescaped(foldDouble(parts)) : foldSingle(parts).replaceAll("''", "'");
}

function foldSingle(parts: readonly string[]): string {
  const last = parts.length - 1;
  return fold(
    parts.map((part, index) =>
      index === 0 ? withoutEnd(part) : index === last ? withoutStart(part) : withoutStart(withoutEnd(part)),
    ),
  );
}

function foldDouble(parts: readonly string[]): string {
  let result = "";
  let empty = 0;
  for (const [index, raw] of parts.entries()) {
    const left = index === 0 ? raw : withoutStart(raw);
    const joins = index < parts.length - 1 && /(?:^|[^\\])(?:\\\\)*\\$/.test(left);
    const part = index === parts.length - 1 ? left : joins ? left.slice(0, -1) : withoutEnd(left);
    // An escape before the blanks that were cut, or an empty line beside a joined one: rare, and not judged here.
    if (part === "" && !joins && index > 0 && index < parts.length - 1) {
      empty++;
      continue;
    }
    if (index > 0 && !result.endsWith("\u0000")) result += empty > 0 ? "\n".repeat(empty) : " ";
    else if (empty > 0) notPlain();
    empty = 0;
    result = result.replace(/\u0000$/, "") + part + (joins ? "\u0000" : "");
  }
  return result;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  " ": " ",
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  "0": "\0",
  a: "\u0007",
  e: "\u001b",
  v: "\v",
};

function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  const escape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.)|$)/gs;
  return text.replace(escape, (_, two: string, four: string, eight: string, one: string) => {
    const code = two ?? four ?? eight;
    if (code === undefined) return ESCAPES[one] ?? notPlain();
    const point = Number.parseInt(code, 16);
    return point > 0x10ffff ? notPlain() : String.fromCodePoint(point);
  });
}

// Only spaces are blanks here: String.trim would take more.
function withoutEnd(text: string): string {
  return text.replace(/ +$/, "");
}

function withoutStart(text: string): string {
  return text.replace(/^ +/, "");
}

function isBlank(text: string): boolean {
  return /^ *$/.test(text);
}

/** A `|` text: the lines deeper than its key, as deep as the first of them (`|2`: as deep as that says). */
function readLiteral(reader: Reader, indent: number): string {
  const { text, line } = reader;
  const header = /^\|([1-9])?([-+]?)$/.exec(text.slice(line.start, line.end)) ?? notPlain();
  const lines: string[] = [];
  let deep = header[1] === undefined ? -1 : indent + Number(header[1]);
  let at = line.next;
  while (at < text.length) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    let start = at;
    while (start < end && text.charCodeAt(start) === 32) start++;
    if (start === end) {
      if (deep < 0 && start > at) notPlain();
      lines.push(deep < 0 ? "" : text.slice(at + deep, end));
    } else {
      if (deep < 0) deep = start - at;
      if (start - at < deep || deep <= indent) break;
      lines.push(text.slice(at + deep, end));
    }
    if (newline < 0 && start < end) notPlain();
    at = end + 1;
  }
  if (deep <= indent) notPlain();
  line.next = at;
  advance(reader);
  if (line.indent > indent) notPlain();
  return chomped(lines, header[2] ?? "");
}

function chomped(lines: readonly string[], mode: string): string {
  const body = lines.map((one) => `${one}\n`).join("");
  if (mode === "+") return body;
  return body.replace(/\n+$/, mode === "-" ? "" : "\n");
}
