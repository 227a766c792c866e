import { isObject, type Json } from "#model/json.ts";

/** Text that YAML and kubectl read back as the same text without quotes. */
const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;
/** Words that YAML 1.1 reads as something else. */
const WORDS = /^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

/** One element of a List, indented as such, as block YAML: what `kubectl get -o yaml` would be read like. */
export function listItemYaml(value: Json): string {
  return `- ${blockYaml(value, "  ").trimStart()}`;
}

/** Block YAML, ended by a newline; keys in their order. */
export function blockYaml(value: Json, indent = ""): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return `${indent}[]\n`;
    return value.map((element) => `${indent}- ${blockYaml(element, `${indent}  `).trimStart()}`).join("");
  }
  if (!isObject(value)) return `${indent}${scalar(value)}\n`;
  const entries = Object.entries(value);
  if (entries.length === 0) return `${indent}{}\n`;
  return entries.map(([key, entry]) => `${indent}${text(key)}:${member(entry, indent)}`).join("");
}

function member(value: Json, indent: string): string {
  const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  if (typeof value !== "object" || value === null || isEmpty) return ` ${blockYaml(value).trimStart()}`;
  return `\n${blockYaml(value, Array.isArray(value) ? indent : `${indent}  `)}`;
}

function scalar(value: Json): string {
  return typeof value === "string" ? text(value) : JSON.stringify(value);
}

/** JSON's quotes are YAML's too, but for three characters that YAML takes for line breaks. */
function text(value: string): string {
  if (PLAIN.test(value) && !WORDS.test(value)) return value;
  return JSON.stringify(value).replace(
    /[\u0085\u2028\u2029\ufeff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
