import { isObject, type Json } from "#model/json.ts";
import type { Style } from "./style.ts";

/** A value in block style, line by line, without indentation of its own. */
export function blockLines(value: Json, style: Style): readonly string[] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((element: Json) => itemLines(element, style));
  if (isObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, member]) => pairLines(key, member, style));
  }
  return [flowText(value, style)];
}

/** An element of a list: `- ` before its first line, its other lines below that one's text. */
export function itemLines(value: Json, style: Style): readonly string[] {
  return blockLines(value, style).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
}

/** `key: value`, or `key:` with the value below it. */
export function pairLines(key: string, value: Json, style: Style): readonly string[] {
  const name = scalarText(key, style, null);
  const lines = blockLines(value, style);
  if (!isCollection(value)) return [`${name}: ${lines[0] ?? ""}`];
  const indent = " ".repeat(Array.isArray(value) ? style.dash : style.step);
  return [`${name}:`, ...lines.map((line) => indent + line)];
}

function isCollection(value: Json): boolean {
  return Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0;
}

/** A value on one line: `{matchName: github.com}`, in JSON text `{"matchName": "github.com"}`. */
export function flowText(value: Json, style: Style): string {
  if (Array.isArray(value)) return `[${value.map((element: Json) => flowText(element, style)).join(", ")}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, member]) => flowPair(key, member, style))
      .join(", ")}}`;
  }
  return typeof value === "string" ? scalarText(value, style, null) : JSON.stringify(value);
}

export function flowPair(key: string, value: Json, style: Style): string {
  return `${scalarText(key, style, null)}: ${flowText(value, style)}`;
}

/** A value in JSON text over several lines, its lines after the first indented by `indent`. */
export function jsonText(value: Json, style: Style, indent: number): string {
  return JSON.stringify(value, null, style.step).replaceAll("\n", style.newline + " ".repeat(indent));
}

const WORDS = new Set(["y", "n", "yes", "no", "on", "off", "true", "false", "null"]);
const PLAIN = /^(?:[A-Za-z_/][A-Za-z0-9_./-]*|\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?)$/;

/** A text as a scalar that reads back as that text: plain where nobody could read it otherwise, else quoted. */
export function scalarText(text: string, style: Style, quote: '"' | "'" | null): string {
  if (style.json) return JSON.stringify(text);
  if (quote === null && PLAIN.test(text) && !WORDS.has(text.toLowerCase())) return text;
  const wanted = quote ?? style.quote;
  return wanted === "'" && /^[\u0020-\u007e]*$/.test(text) ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
}
