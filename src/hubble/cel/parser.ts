import { CelError } from "./error.ts";
import { type CelToken, lexCel } from "./lexer.ts";

/** A CEL expression as a tree; `at` is where its error would point. */
export type CelNode =
  | { readonly kind: "literal"; readonly token: CelToken; readonly at: number }
  | { readonly kind: "constant"; readonly value: boolean | null; readonly at: number }
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | { readonly kind: "select"; readonly from: CelNode; readonly field: string; readonly at: number }
  | { readonly kind: "index"; readonly from: CelNode; readonly index: CelNode; readonly at: number }
  | { readonly kind: "list"; readonly items: readonly CelNode[]; readonly at: number }
  | {
      readonly kind: "call";
      readonly name: string;
      /** What it is called on; null for a function. */
      readonly target: CelNode | null;
      readonly args: readonly CelNode[];
      readonly at: number;
    }
  | { readonly kind: "unary"; readonly operator: "!" | "-"; readonly operand: CelNode; readonly at: number }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: CelNode;
      readonly right: CelNode;
      readonly at: number;
    }
  | {
      readonly kind: "choice";
      readonly test: CelNode;
      readonly yes: CelNode;
      readonly no: CelNode;
      readonly at: number;
    };

/** From the loosest to the tightest. */
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["<", "<=", ">", ">=", "==", "!=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];
const MAX_DEPTH = 100;

/** Parses an expression. Throws CelError. Upstream: cel-go parser, CEL.g4. */
export function parseCel(text: string): CelNode {
  const parser = new CelParser(lexCel(text));
  const node = parser.expression(0);
  parser.end();
  return node;
}

class CelParser {
  private readonly tokens: readonly CelToken[];
  private at = 0;

  constructor(tokens: readonly CelToken[]) {
    this.tokens = tokens;
  }

  end(): void {
    if (this.peek().kind !== "end") throw this.unexpected();
  }

  expression(depth: number): CelNode {
    if (depth > MAX_DEPTH) throw new CelError("expression recursion limit exceeded", this.peek().at);
    const test = this.binary(0, depth);
    const { at } = this.peek();
    if (!this.skip("?")) return test;
    const yes = this.binary(0, depth + 1);
    this.expect(":");
    return { kind: "choice", test, yes, no: this.expression(depth + 1), at };
  }

  private binary(level: number, depth: number): CelNode {
    const operators = LEVELS[level];
    if (operators === undefined) return this.unary(depth);
    let left = this.binary(level + 1, depth);
    for (;;) {
      const { text, at, kind } = this.peek();
      if (kind === "string" || !operators.includes(text)) return left;
      this.at++;
      left = { kind: "binary", operator: text, left, right: this.binary(level + 1, depth), at };
    }
  }

  private unary(depth: number): CelNode {
    const { text, at, kind } = this.peek();
    if (kind !== "symbol" || (text !== "!" && text !== "-")) return this.member(depth);
    this.at++;
    if (depth > MAX_DEPTH) throw new CelError("expression recursion limit exceeded", at);
    return { kind: "unary", operator: text, operand: this.unary(depth + 1), at };
  }

  private member(depth: number): CelNode {
    let node = this.primary(depth);
    for (;;) {
      const { at } = this.peek();
      if (this.skip(".")) {
        const field = this.identifier();
        const call = this.peek().at;
        node = this.skip("(")
          ? { kind: "call", name: field, target: node, args: this.items(")", depth), at: call }
          : { kind: "select", from: node, field, at };
      } else if (this.skip("[")) {
        const index = this.expression(depth + 1);
        this.expect("]");
        node = { kind: "index", from: node, index, at };
      } else return node;
    }
  }

  private primary(depth: number): CelNode {
    const token = this.peek();
    const { at } = token;
    if (this.skip("(")) {
      const node = this.expression(depth + 1);
      this.expect(")");
      return node;
    }
    if (this.skip("[")) return { kind: "list", items: this.items("]", depth), at };
    if (token.kind === "symbol" && token.text === "{") throw unknown("map literals", at);
    this.skip(".");
    const next = this.peek();
    if (next.kind === "end" || next.kind === "symbol") throw this.unexpected();
    if (next.kind !== "identifier") {
      this.at++;
      return { kind: "literal", token: next, at };
    }
    return this.named(depth);
  }

  private named(depth: number): CelNode {
    const { at } = this.peek();
    const name = this.identifier();
    if (name === "true" || name === "false") return { kind: "constant", value: name === "true", at };
    if (name === "null") return { kind: "constant", value: null, at };
    const call = this.peek().at;
    if (this.skip("(")) return { kind: "call", name, target: null, args: this.items(")", depth), at: call };
    if (this.peek().text === "{") throw unknown("message literals", call);
    return { kind: "name", name, at };
  }

  private items(close: string, depth: number): readonly CelNode[] {
    const items: CelNode[] = [];
    if (this.skip(close)) return items;
    for (;;) {
      items.push(this.expression(depth + 1));
      if (this.skip(close)) return items;
      this.expect(",");
      if (close === "]" && this.skip(close)) return items;
    }
  }

  private identifier(): string {
    const token = this.peek();
    if (token.kind !== "identifier" || token.value === "in") throw this.unexpected();
    this.at++;
    return token.value;
  }

  private peek(): CelToken {
    return this.tokens[this.at] ?? { kind: "end", text: "<EOF>", at: 0 };
  }

  private skip(symbol: string): boolean {
    const { kind, text } = this.peek();
    if (kind !== "symbol" || text !== symbol) return false;
    this.at++;
    return true;
  }

  private expect(symbol: string): void {
    if (!this.skip(symbol)) throw this.unexpected();
  }

  private unexpected(): CelError {
    const { text, at } = this.peek();
    return new CelError(`Syntax error: mismatched input '${text}'`, at);
  }
}

/** What CEL has and this reader has not. */
export function unknown(what: string, at: number): CelError {
  return new CelError(`ringfence does not know ${what} of CEL; write the filter with the other flags`, at);
}
