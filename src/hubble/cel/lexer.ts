import { CelError } from "./error.ts";

/** A token of a CEL expression, and where it stands. */
export type CelToken =
  | { readonly kind: "int" | "uint"; readonly value: bigint; readonly text: string; readonly at: number }
  | { readonly kind: "double"; readonly value: number; readonly text: string; readonly at: number }
  | { readonly kind: "string" | "identifier"; readonly value: string; readonly text: string; readonly at: number }
  | { readonly kind: "symbol" | "end"; readonly text: string; readonly at: number };

const SPACE = /(?:[ \t\r\n\f]|\/\/[^\n]*)*/y;
const NUMBER = /(?:0x[0-9a-fA-F]+|\d+\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\.\d+(?:[eE][-+]?\d+)?|\d+)[uU]?/y;
const STRING = /([rR]?)(?:"""([\s\S]*?)"""|'''([\s\S]*?)'''|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')/y;
const RAW_STRING = /[rR](?:"([^"\n]*)"|'([^'\n]*)')/y;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const SYMBOL = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;

/** The tokens of an expression, `end` last. Throws CelError. */
export function lexCel(text: string): readonly CelToken[] {
  const tokens: CelToken[] = [];
  for (let at = skip(text, 0); at < text.length; ) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = skip(text, at + token.text.length);
  }
  return [...tokens, { kind: "end", text: "<EOF>", at: text.length }];
}

function skip(text: string, at: number): number {
  return at + (match(SPACE, text, at)?.[0] ?? "").length;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function tokenAt(text: string, at: number): CelToken {
  const number = match(NUMBER, text, at)?.[0];
  if (number !== undefined) return numberToken(number, at);
  const raw = match(RAW_STRING, text, at);
  if (raw !== null) return { kind: "string", value: raw[1] ?? raw[2] ?? "", text: raw[0], at };
  const string = match(STRING, text, at);
  if (string !== null) return stringToken(string, at);
  const identifier = match(IDENTIFIER, text, at)?.[0];
  if (identifier !== undefined) return { kind: "identifier", value: identifier, text: identifier, at };
  const symbol = match(SYMBOL, text, at)?.[0];
  if (symbol !== undefined) return { kind: "symbol", text: symbol, at };
  throw new CelError(`Syntax error: token recognition error at: '${text.charAt(at)}'`, at);
}

function numberToken(text: string, at: number): CelToken {
  const digits = text.replace(/[uU]$/, "");
  if (digits !== text) {
    const value = BigInt(digits);
    if (value >> 64n !== 0n) throw new CelError("invalid uint literal", at);
    return { kind: "uint", value, text, at };
  }
  if (!text.startsWith("0x") && /[.eE]/.test(text)) return { kind: "double", value: Number(text), text, at };
  const value = BigInt(text);
  if (value > 1n << 63n) throw new CelError("invalid int literal", at);
  return { kind: "int", value, text, at };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function stringToken(found: RegExpExecArray, at: number): CelToken {
  const [text, prefix, ...bodies] = found;
  const body = bodies.find((one) => one !== undefined) ?? "";
  return { kind: "string", value: prefix === "" ? unescaped(body, at) : body, text, at };
}

function unescaped(body: string, at: number): string {
  return body.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|[\s\S])/g,
    (_, code: string) => {
      if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
      if (/^[0-3]../.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
      const escape = ESCAPES[code];
      if (escape !== undefined) return escape;
      if ("\\'\"`?".includes(code)) return code;
      throw new CelError("Syntax error: unable to unescape string", at);
    },
  );
}
