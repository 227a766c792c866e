import type { FilterLists } from "../filters.ts";
import type { Message } from "../message.ts";
import { writeProtojson } from "../protojson/write.ts";

/** What `--print-raw-filters` prints: YAML that the hubble CLI takes back with `--config`. Upstream: getFlowFiltersYAML. */
export function rawFiltersYaml({ allow, deny }: FilterLists): string {
  const text = list("allowlist", allow) + list("denylist", deny);
  return text === "" ? "{}\n" : text;
}

function list(name: string, filters: readonly Message[]): string {
  if (filters.length === 0) return "";
  return `${name}:\n${filters.map((filter) => `    - ${scalar(writeProtojson(filter))}\n`).join("")}`;
}

/** What yaml.v3 does not take for printable: then it writes double quotes. */
const UNPRINTABLE = /[^\u0009\u000a\u000d\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

function scalar(text: string): string {
  return UNPRINTABLE.test(text) ? doubleQuoted(text) : `'${text.replaceAll("'", "''")}'`;
}

function doubleQuoted(text: string): string {
  const inner = [...text].map((rune) => {
    if (rune === '"' || rune === "\\") return `\\${rune}`;
    return UNPRINTABLE.test(rune) ? escaped(rune.codePointAt(0) ?? 0) : rune;
  });
  return `"${inner.join("")}"`;
}

function escaped(code: number): string {
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
