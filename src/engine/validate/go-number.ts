import { quote } from "./go-text.ts";

export type ParsedNumber = { readonly value: number } | { readonly error: string };

/**
 * Go's strconv.ParseUint(text, 0, 16): decimal, `0x`, `0o`, `0b` or a leading zero for octal, underscores between digits.
 * The trap: "0120" is port 80.
 */
export function parsePort(text: string): ParsedNumber {
  const { base, digits } = baseOf(text);
  if (text === "") return syntaxError(text);
  let value = 0;
  for (const character of digits) {
    if (character === "_") continue;
    const digit = digitValue(character);
    if (digit === null || digit >= base) return syntaxError(text);
    value = value * base + digit;
    // Go returns here as well: what follows the overflow is not looked at.
    if (value > 0xffff) return { error: `strconv.ParseUint: parsing ${quote(text)}: value out of range` };
  }
  return digits.includes("_") && !underscoresAllowed(text) ? syntaxError(text) : { value };
}

function syntaxError(text: string): ParsedNumber {
  return { error: `strconv.ParseUint: parsing ${quote(text)}: invalid syntax` };
}

function baseOf(text: string): { readonly base: number; readonly digits: string } {
  if (!text.startsWith("0")) return { base: 10, digits: text };
  const letter = text.charAt(1).toLowerCase();
  if (text.length >= 3 && letter === "b") return { base: 2, digits: text.slice(2) };
  if (text.length >= 3 && letter === "o") return { base: 8, digits: text.slice(2) };
  if (text.length >= 3 && letter === "x") return { base: 16, digits: text.slice(2) };
  return { base: 8, digits: text.slice(1) };
}

function digitValue(character: string): number | null {
  if (!/^[0-9a-zA-Z]$/.test(character)) return null;
  return Number.parseInt(character, 36);
}

/** An underscore stands between digits, or between the base's prefix and a digit. */
function underscoresAllowed(text: string): boolean {
  return !/^_|_$|__/.test(text);
}

/**
 * Go's strconv.Atoi with its error ignored: 0 when it is no number, the largest number when it is too large, even if
 * something else follows the digits that are too many.
 */
export function atoi(text: string): number {
  const number = /^[-+]?[0-9]+/.exec(text)?.[0] ?? "0";
  const tooLarge = BigInt(number.replace(/^[-+]/, "")) >= 2n ** 64n;
  return number === text || tooLarge ? Number(number) : 0;
}
