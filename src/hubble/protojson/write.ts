import type { Json } from "#model/json.ts";

/**
 * The text of a canonical message as Go's encoding/json prints it: one line, `<`, `>`, `&`, U+2028 and U+2029 escaped.
 * Upstream: encoding/json compact with escapeHTML over protojson's bytes.
 */
export function writeProtojson(message: Json): string {
  const text = JSON.stringify(message);
  return /[<>&\u2028\u2029]/.test(text) ? text.replace(/[<>&\u2028\u2029]/g, escaped) : text;
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
