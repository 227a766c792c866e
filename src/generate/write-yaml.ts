import { scalarText } from "#edit/render.ts";
import type { Style } from "#edit/style.ts";
import { isObject, type Json } from "#model/json.ts";

const STYLE: Style = { newline: "\n", step: 2, dash: 2, quote: '"', json: false };

/** Comment lines (without `#`) above the element of a path: `spec.ingress[0]`; "" is the head of the document. */
export type Comments = ReadonlyMap<string, readonly string[]>;

/**
 * A value as YAML in block style, keys in their order, with comments above elements. Texts that some YAML reader takes for
 * something else (`yes`, `0x50`, `1e3`, `null`) stand in quotes. Ends with a newline.
 */
export function writeYaml(value: Json, comments: Comments): string {
  const head = commentLines(comments.get("") ?? []);
  return `${[...head, ...blockLines(value, "", comments)].join("\n")}\n`;
}

function blockLines(value: Json, path: string, comments: Comments): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((element: Json, index) => itemLines(element, `${path}[${index}]`, comments));
  }
  if (isObject(value)) {
    return Object.entries(value).flatMap(([key, member]) => {
      const at = path === "" ? key : `${path}.${key}`;
      return [...commentLines(comments.get(at) ?? []), ...pairLines(key, member, at, comments)];
    });
  }
  return [scalar(value)];
}

function itemLines(value: Json, path: string, comments: Comments): readonly string[] {
  const above = commentLines(comments.get(path) ?? []);
  const lines = isEmpty(value) ? [emptyText(value)] : blockLines(value, path, comments);
  return [...above, ...lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`))];
}

function pairLines(key: string, value: Json, path: string, comments: Comments): readonly string[] {
  const name = scalarText(key, STYLE, null);
  if (isEmpty(value)) return [`${name}: ${emptyText(value)}`];
  if (!isObject(value) && !Array.isArray(value)) return [`${name}: ${scalar(value)}`];
  return [`${name}:`, ...blockLines(value, path, comments).map((line) => `  ${line}`)];
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function emptyText(value: Json): string {
  return Array.isArray(value) ? "[]" : "{}";
}

function scalar(value: Json): string {
  return typeof value === "string" ? scalarText(value, STYLE, null) : JSON.stringify(value);
}

/** A comment is one line whatever its text holds. */
function commentLines(texts: readonly string[]): readonly string[] {
  return texts.map((text) => `# ${text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")}`.trimEnd());
}
