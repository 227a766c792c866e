import type { Json, JsonObject } from "#model/json.ts";
import type { Lines } from "../lines.ts";
import { type DuplicateKey, type SourceObject, TextProblem } from "../objects/source-object.ts";

/** What a careful walk through JSON text reports: the offset of every element, and keys given twice. */
type Visitor = {
  readonly element: (path: string, offset: number) => void;
  readonly duplicate: (path: string, offset: number) => void;
};

const MAX_DEPTH = 500;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/**
 * Reads a stream of JSON values: one value, several one after the other (with or without newlines between them), as
 * kubectl's JSON decoder takes them. Throws `TextProblem` at the first byte that is no JSON.
 */
export function readJsonText(text: string, lines: Lines): readonly SourceObject[] {
  const whole = tryParse(text);
  if (whole !== undefined) return [sourceOf(text, skipSpace(text, 0), whole, lines)];
  const sources: SourceObject[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const { value, end } = valueOnLine(text, at) ?? valueAt(text, at);
    sources.push(sourceOf(text, at, value, lines));
    at = end;
  }
  return sources;
}

type Found = { readonly value: Json; readonly end: number };

/** JSON Lines are the common stream: what stands between here and the end of the line is tried first. */
function valueOnLine(text: string, at: number): Found | null {
  const newline = text.indexOf("\n", at);
  const end = newline < 0 ? text.length : newline;
  if (!/[}\]]\s*$/.test(text.slice(Math.max(at, end - 8), end))) return null;
  const value = tryParse(text.slice(at, end));
  return value === undefined ? null : { value, end };
}

function valueAt(text: string, at: number): Found {
  const end = endOfValue(text, at);
  const value = tryParse(text.slice(at, end));
  if (value !== undefined) return { value, end };
  walkJson(text, at); // says where and why
  throw new TextProblem("invalid json", at);
}

function tryParse(text: string): Json | undefined {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  // What is nested deeper goes to the careful walk, which says so.
  return isDeep(value, 0) ? undefined : value;
}

function isDeep(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth >= MAX_DEPTH) return true;
  if (Array.isArray(value)) return value.some((element: Json) => isDeep(element, depth + 1));
  for (const key in value) if (isDeep((value as JsonObject)[key] ?? null, depth + 1)) return true;
  return false;
}

function sourceOf(text: string, start: number, value: Json, lines: Lines): SourceObject {
  return {
    value,
    position: lines(start),
    positions: () => {
      const places: Record<string, readonly [number, number]> = {};
      walkJson(text, start, {
        element: (path, offset) => {
          places[path] = lines(offset);
        },
        duplicate: (path) => {
          for (const known of Object.keys(places)) if (known.startsWith(path)) delete places[known];
        },
      });
      return places;
    },
    duplicates: () => {
      const found: DuplicateKey[] = [];
      walkJson(text, start, {
        element: () => {},
        duplicate: (key, offset) => found.push({ key, position: lines(offset) }),
      });
      return found;
    },
    elements: (key) => elementsOf(text, start, key, value, lines),
  };
}

function elementsOf(text: string, start: number, key: string, value: Json, lines: Lines): readonly SourceObject[] {
  const list = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as never)[key] : value;
  if (!Array.isArray(list)) return [];
  const from = key === "" ? start : offsetOfKey(text, start, key);
  if (from === null) return [];
  const sources: SourceObject[] = [];
  let at = skipSpace(text, from + 1);
  for (const element of list as readonly Json[]) {
    sources.push(sourceOf(text, at, element, lines));
    at = skipSpace(text, endOfValue(text, at));
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return sources;
}

/** The offset of the value of a key of the object at `start`; of the last one if it is given twice. */
function offsetOfKey(text: string, start: number, wanted: string): number | null {
  let found: number | null = null;
  let at = skipSpace(text, start + 1);
  while (text[at] === '"') {
    const end = endOfString(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (JSON.parse(text.slice(at, end)) === wanted) found = value;
    at = skipSpace(text, endOfValue(text, value));
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return found;
}

const STRUCTURE = /["{}[\]]/g;
const STRING_STOP = /["\\]/g;

/** The end of the value at `at`, by brackets and quotes alone: quick, and right for text that JSON.parse accepted. */
function endOfValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return endOfString(text, at);
  if (first !== "{" && first !== "[") {
    const rest = /[\s,\]}{["]/g;
    rest.lastIndex = at + 1;
    return rest.exec(text)?.index ?? text.length;
  }
  let depth = 0;
  STRUCTURE.lastIndex = at;
  for (let match = STRUCTURE.exec(text); match !== null; match = STRUCTURE.exec(text)) {
    if (match[0] === '"') STRUCTURE.lastIndex = endOfString(text, match.index);
    else if (match[0] === "{" || match[0] === "[") depth++;
    else if (--depth === 0) return match.index + 1;
  }
  return text.length;
}

function endOfString(text: string, at: number): number {
  STRING_STOP.lastIndex = at + 1;
  for (let match = STRING_STOP.exec(text); match !== null; match = STRING_STOP.exec(text)) {
    if (match[0] === '"') return match.index + 1;
    STRING_STOP.lastIndex = match.index + 2;
  }
  return text.length;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at++;
  }
}

const SILENT: Visitor = { element: () => {}, duplicate: () => {} };

/** Walks the JSON value at `start` by the grammar (RFC 8259) and returns its end. Throws `TextProblem`. */
export function walkJson(text: string, start: number, visitor: Visitor = SILENT): number {
  return walkValue({ text, visitor }, skipSpace(text, start), "", 0);
}

type JsonWalk = { readonly text: string; readonly visitor: Visitor };

function walkValue(walk: JsonWalk, at: number, path: string, depth: number): number {
  if (depth > MAX_DEPTH) throw new TextProblem("nested too deeply", at);
  if (path === "" || path.endsWith("]")) walk.visitor.element(path, at);
  const { text } = walk;
  switch (text[at]) {
    case "{":
      return walkObject(walk, at, path, depth);
    case "[":
      return walkArray(walk, at, path, depth);
    case '"':
      return stringEnd(text, at);
    default:
      return literalEnd(text, at);
  }
}

function walkObject(walk: JsonWalk, start: number, path: string, depth: number): number {
  const { text, visitor } = walk;
  const seen = new Set<string>();
  let at = skipSpace(text, start + 1);
  if (text[at] === "}") return at + 1;
  for (;;) {
    if (text[at] !== '"') throw expected("a key in double quotes", text, at);
    const end = stringEnd(text, at);
    const key = JSON.parse(text.slice(at, end)) as string;
    const below = path === "" ? key : `${path}.${key}`;
    if (seen.has(key)) visitor.duplicate(below, at);
    seen.add(key);
    visitor.element(below, at);
    at = skipSpace(text, end);
    if (text[at] !== ":") throw expected("a colon after the key", text, at);
    at = skipSpace(text, walkValue(walk, skipSpace(text, at + 1), below, depth + 1));
    if (text[at] === "}") return at + 1;
    if (text[at] !== ",") throw expected("a comma or }", text, at);
    at = skipSpace(text, at + 1);
  }
}

function walkArray(walk: JsonWalk, start: number, path: string, depth: number): number {
  const { text } = walk;
  let at = skipSpace(text, start + 1);
  if (text[at] === "]") return at + 1;
  for (let index = 0; ; index++) {
    at = skipSpace(text, walkValue(walk, at, `${path}[${index}]`, depth + 1));
    if (text[at] === "]") return at + 1;
    if (text[at] !== ",") throw expected("a comma or ]", text, at);
    at = skipSpace(text, at + 1);
  }
}

function stringEnd(text: string, at: number): number {
  STRING.lastIndex = at;
  if (STRING.test(text)) return STRING.lastIndex;
  throw new TextProblem("a string that does not end or holds an invalid character", at);
}

function literalEnd(text: string, at: number): number {
  for (const word of ["true", "false", "null"]) if (text.startsWith(word, at)) return at + word.length;
  NUMBER.lastIndex = at;
  if (NUMBER.test(text)) return NUMBER.lastIndex;
  throw expected("a value", text, at);
}

function expected(what: string, text: string, at: number): TextProblem {
  const found = at >= text.length ? "the end of the text" : `\`${text[at] ?? ""}\``;
  return new TextProblem(`expected ${what}, found ${found}`, at);
}
