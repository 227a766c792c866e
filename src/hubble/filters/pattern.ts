import { quoteRune } from "../go-text.ts";
import { FilterError } from "./filter.ts";

/** Any FQDN, underscores among its letters. */
const ANY_FQDN = "(?:[-0-9_a-z]+(?:\\.[-0-9_a-z]+)*)";

/** Anchored, of all patterns. Upstream: pkg/hubble/filters/patterns.go compileFQDNPattern. */
export function fqdnPattern(patterns: readonly string[]): RegExp {
  return anchored(patterns.map(fqdnSource));
}

/** `[cluster/]node`, each part an FQDN pattern, an empty one anything. Upstream: compileNodeNamePattern. */
export function nodeNamePattern(patterns: readonly string[]): RegExp {
  return anchored(patterns.map(nodeNameSource));
}

function anchored(sources: readonly string[]): RegExp {
  return new RegExp(`^(?:${sources.join("|")})$(?![^])`);
}

/** Trimmed, without one final dot, lower case; `*` crosses dots and does not take underscores. */
function fqdnSource(pattern: string): string {
  const text = lowerCase(pattern.trim().replace(/\.$/, ""));
  if (text === "") throw new FilterError("empty pattern");
  if (text.endsWith(".")) throw new FilterError("multiple trailing dots in pattern");
  return [...text].map(runeSource).join("");
}

/** Go's ToLower maps rune by rune. */
function lowerCase(text: string): string {
  return [...text].map((rune) => rune.toLowerCase()).join("");
}

function runeSource(rune: string): string {
  if (rune === ".") return "\\.";
  if (rune === "*") return "[-.0-9a-z]*";
  if (/^[-0-9_a-z]$/.test(rune)) return rune;
  throw new FilterError(`${quoteRune(rune)}: invalid rune in pattern`);
}

function nodeNameSource(pattern: string): string {
  if (pattern === "") throw new FilterError("empty pattern");
  const parts = pattern.split("/");
  if (parts.length > 2) throw new FilterError("too many slashes in pattern");
  const [cluster = "", node = ""] = parts.length === 1 ? ["", pattern] : parts;
  return [cluster, node].map((part) => (part === "" ? ANY_FQDN : fqdnSource(part))).join("/");
}
