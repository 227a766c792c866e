import { quote } from "#engine/validate/go-text.ts";

/*
 * Texts as Go's libraries write them.
 */

/** A rune in single quotes. Upstream: `%q` of a rune. */
export function quoteRune(rune: string): string {
  if (rune === "'") return "'\\''";
  return `'${rune === '"' ? rune : quote(rune).slice(1, -1)}'`;
}

/** Upstream: net.JoinHostPort. */
export function joinHostPort(host: string, port: string): string {
  return host.includes(":") || host.includes("%") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Upstream: path.Join: empty elements are left out, the rest is cleaned. */
export function joinPath(first: string, second: string): string {
  const text = first === "" ? second : second === "" ? first : `${first}/${second}`;
  return /(?:^|\/)\.{0,2}(?:\/|$)/.test(text) ? cleanPath(text) : text;
}

/** Upstream: path.Clean. */
function cleanPath(text: string): string {
  if (text === "") return "";
  const isRooted = text.startsWith("/");
  const kept: string[] = [];
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!isRooted) kept.push(part);
  }
  const joined = `${isRooted ? "/" : ""}${kept.join("/")}`;
  return joined === "" ? "." : joined;
}

/** What strconv.ParseUint and its like answer. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Upstream: strconv.ParseUint. Base 0 also takes 0x, 0o, 0b, a leading 0 and underscores between digits. */
export function parseUint(text: string, base: 0 | 10, bits: 16 | 32 | 64): Parsed<bigint> {
  const wrong = (why: string): Parsed<bigint> => ({
    ok: false,
    error: `strconv.ParseUint: parsing ${quote(text)}: ${why}`,
  });
  const literal = base === 10 ? (/^\d+$/.test(text) ? text : null) : baseZero(text);
  if (literal === null) return wrong("invalid syntax");
  const value = BigInt(literal);
  return value >> BigInt(bits) === 0n ? { ok: true, value } : wrong("value out of range");
}

/** A literal of Go's base 0 as BigInt reads it; null when it is none. Underscores stand between digits, or after the prefix. */
function baseZero(text: string): string | null {
  const [, prefix = "", digits = ""] = /^(0[xX]|0[bB]|0[oO]|0(?=[\d_]))?(.*)$/s.exec(text) ?? [];
  const allowed = { "0x": /^_?[\da-f]+(_[\da-f]+)*$/i, "0b": /^_?[01]+(_[01]+)*$/, "": /^\d+(_\d+)*$/ };
  const kind = prefix.toLowerCase();
  const shape = kind === "0x" || kind === "0b" || kind === "" ? allowed[kind] : /^_?[0-7]+(_[0-7]+)*$/;
  if (!shape.test(digits)) return null;
  const plain = digits.replaceAll("_", "");
  return kind === "" ? plain : `${kind === "0" ? "0o" : kind}${plain}`;
}
