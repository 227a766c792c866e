/** A JSON value with its place, numbers as written: what protojson's own decoder sees. */
export type JsonNode =
  | { readonly kind: "null" | "bool" | "number"; readonly text: string; readonly at: number }
  | { readonly kind: "string"; readonly text: string; readonly value: string; readonly at: number }
  | { readonly kind: "list"; readonly text: "["; readonly items: readonly JsonNode[]; readonly at: number }
  | { readonly kind: "object"; readonly text: "{"; readonly members: readonly JsonMember[]; readonly at: number };
export type JsonMember = { readonly name: string; readonly at: number; readonly value: JsonNode };

/** What protobuf's reader would say of the text. The message begins with `proto: `. */
export class ProtoError extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /[-+\w.]+/y;
const SPACE = /[ \t\r\n]*/y;
/** Upstream: protojson.UnmarshalOptions.RecursionLimit. */
const MAX_DEPTH = 10_000;
/** Deeper JSON than this nests beyond any message; the reader is recursive. */
const OWN_DEPTH = 1_000;

/** Parses one JSON value that is all of the text. Upstream: google.golang.org/protobuf internal/encoding/json. */
export function parseJsonNode(text: string): JsonNode {
  const parser = new NodeParser(text);
  const node = parser.value(0);
  parser.end();
  return node;
}

/** Parses one value and says where it ends. */
export function parseFirstNode(text: string): { readonly node: JsonNode; readonly end: number } {
  const parser = new NodeParser(text);
  return { node: parser.value(0), end: parser.at };
}

class NodeParser {
  at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): JsonNode {
    this.space();
    const at = this.at;
    const first = this.text[at];
    if (depth > Math.min(MAX_DEPTH, OWN_DEPTH)) throw new ProtoError("proto: exceeded max recursion depth");
    switch (first) {
      case "{":
        return { kind: "object", text: "{", at, members: this.members(depth) };
      case "[":
        return { kind: "list", text: "[", at, items: this.items(depth) };
      case '"':
        return this.string();
      default:
        return this.literal();
    }
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) throw this.unexpected();
  }

  private members(depth: number): readonly JsonMember[] {
    const members: JsonMember[] = [];
    this.at++;
    if (this.skip("}")) return members;
    for (;;) {
      this.space();
      const at = this.at;
      if (this.text[at] !== '"') throw this.unexpected();
      const name = this.string();
      if (!this.skip(":")) throw this.unexpected();
      members.push({ name: name.value, at, value: this.value(depth + 1) });
      if (this.skip("}")) return members;
      if (!this.skip(",")) throw this.unexpected();
    }
  }

  private items(depth: number): readonly JsonNode[] {
    const items: JsonNode[] = [];
    this.at++;
    if (this.skip("]")) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      if (this.skip("]")) return items;
      if (!this.skip(",")) throw this.unexpected();
    }
  }

  private string(): JsonNode & { readonly kind: "string" } {
    const at = this.at;
    const text = this.match(STRING);
    if (text === null) throw this.badString();
    const value: string = JSON.parse(text);
    if (/\p{Surrogate}/u.test(value)) throw this.badString(at);
    return { kind: "string", text, value, at };
  }

  private literal(): JsonNode {
    const at = this.at;
    const word = this.match(WORD) ?? "";
    if (word === "null") return { kind: "null", text: word, at };
    if (word === "true" || word === "false") return { kind: "bool", text: word, at };
    this.at = at;
    const number = this.match(NUMBER);
    if (number === null || number !== word) {
      this.at = at;
      throw this.unexpected();
    }
    return { kind: "number", text: number, at };
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    if (found !== null) this.at += found.length;
    return found;
  }

  private space(): void {
    this.match(SPACE);
  }

  private skip(letter: string): boolean {
    this.space();
    if (this.text[this.at] !== letter) return false;
    this.at++;
    return true;
  }

  private badString(at = this.at): ProtoError {
    const rest = this.text.slice(at);
    if (!/^"(?:[^"\\]|\\.)*"/s.test(rest)) return new ProtoError("proto: unexpected EOF");
    return new ProtoError(`proto: syntax error ${placeText(this.text, at)}: invalid value ${wordAt(this.text, at)}`);
  }

  private unexpected(): ProtoError {
    this.space();
    if (this.at >= this.text.length) return new ProtoError("proto: unexpected EOF");
    const place = placeText(this.text, this.at);
    const word = wordAt(this.text, this.at);
    const isToken = /^([-[\]{}:,"\d]|(?:true|false|null)$)/.test(word);
    return new ProtoError(`proto: syntax error ${place}: ${isToken ? "unexpected token" : "invalid value"} ${word}`);
  }
}

function wordAt(text: string, at: number): string {
  const rest = text.slice(at, at + 64);
  return /^(?:[-+\w.]+|"(?:[^"\\]|\\.)*"|.)/su.exec(rest)?.[0] ?? "";
}

/** `(line 1:2)`: columns count bytes of UTF-8. */
export function placeText(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.lastIndexOf("\n") + 1;
  const column = new TextEncoder().encode(before.slice(line)).length + 1;
  return `(line ${before.split("\n").length}:${column})`;
}
