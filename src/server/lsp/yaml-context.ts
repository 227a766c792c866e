/** Where the cursor stands in a YAML text that may be half typed: read from indentation alone. */
export type YamlContext = {
  /** Keys above it, outermost first; list items are left out: `spec, egress, toEntities`. */
  readonly keys: readonly string[];
  /** The key of this line, when the cursor stands behind its colon. */
  readonly key: string | null;
  /** What of the word is typed already. */
  readonly prefix: string;
  /** Column (from 0) where the word begins. */
  readonly start: number;
};

const LINE = /^(\s*(?:-\s+)*)(?:(["']?)([^"'#:\s][^"'#]*?)\2\s*:(?:\s+|$))?(.*)$/;

/** `line` and `character` from 0. */
export function yamlContext(lines: readonly string[], line: number, character: number): YamlContext {
  const text = (lines[line] ?? "").slice(0, character);
  const [, indent = "", , ownKey, rest = ""] = LINE.exec(text) ?? [];
  const word = /["']?([^"',\s[{]*)$/.exec(rest);
  const prefix = word?.[1] ?? "";
  const inline = inlineKey(rest);
  const key = inline ?? ownKey ?? null;
  const above = keysAbove(lines, line, keyColumn(indent, ownKey !== undefined));
  const keys = inline !== null && ownKey !== undefined ? [...above, ownKey] : above;
  return { keys, key, prefix, start: character - prefix.length };
}

/** In `{matchLabels: {app: w` the key is `app`; in `[host, wo` there is none of its own. */
function inlineKey(rest: string): string | null {
  return /[{,]\s*["']?([^"'{},:[\]\s]+)["']?\s*:\s*["']?[^"',{}[\]]*$/.exec(rest)?.[1] ?? null;
}

function keyColumn(indent: string, hasKey: boolean): number {
  return hasKey || !indent.includes("-") ? indent.length : indent.lastIndexOf("-") + 1;
}

function keysAbove(lines: readonly string[], line: number, column: number): readonly string[] {
  const keys: string[] = [];
  let inside = column;
  for (let at = line - 1; at >= 0 && inside > 0; at--) {
    const text = lines[at] ?? "";
    if (/^\s*(#.*)?$/.test(text)) continue;
    if (text.startsWith("---")) break;
    const [, indent = "", , key] = LINE.exec(text) ?? [];
    if (key === undefined) continue;
    // The key of a list item stands at the item's content; what a `- ` begins belongs to the key at or left of it.
    const own = indent.length;
    if (own >= inside) continue;
    keys.unshift(key);
    inside = indent.includes("-") ? indent.indexOf("-") + 1 : own;
  }
  return keys;
}
