import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { RecordedTest } from "#model/policy-test.ts";
import { withoutControls } from "../width.ts";
import { count, counted } from "../words.ts";

/** How every recorded file begins: what does not is somebody else's and is not overwritten. */
export const RECORDED_MARK = "# Recorded by ringfence test --record";

/** Where a recorded test comes from and where it will lie. */
export type RecordedOrigin = {
  /** `2026-11-20 08:33 UTC to 2026-11-20 08:37 UTC`, or "" when nothing was recorded. */
  readonly window: string;
  /** Patterns of the user's policy files, relative to where the test will lie. */
  readonly files: readonly string[];
};

/** Reasons listed at the end of a file; the rest is counted. */
const MAX_LEFT_OUT = 60;
/** A connection longer than this stands on several lines. */
const MAX_LINE = 110;

/**
 * A recorded test as YAML: an object or connection a line, and what is not in it as comments with the reason. Comments
 * alone where nothing was accepted: that is no test.
 */
export function recordedYaml(recorded: RecordedTest, { window, files }: RecordedOrigin): string {
  const { name, cilium, config, objects, dns, connections } = recorded.document;
  const head = `${RECORDED_MARK}: ${counted(recorded.connections, "connection")} that the policies allow${window === "" ? "" : `, seen ${window}`}.`;
  if (recorded.connections === 0)
    return `${[head, `# ${String(name)}`, ...leftOutLines(recorded.leftOut)].join("\n")}\n`;
  const lines = [
    head,
    `name: ${scalar(String(name))}`,
    `cilium: ${scalar(String(cilium))}`,
    ...(config === undefined ? [] : [`config: ${flow(config)}`]),
    ...(files.length === 0 ? [] : ["files:", ...files.map((file) => `  - ${scalar(file)}`)]),
    ...listLines("objects", objects, objectLines),
    ...listLines("dns", dns, (item) => [flow(item)]),
    ...listLines("connections", connections, connectionLines),
    ...leftOutLines(recorded.leftOut),
  ];
  return `${lines.join("\n")}\n`;
}

function listLines(key: string, value: Json | undefined, print: (item: Json) => readonly string[]): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) return [];
  const items = value.flatMap((item) => print(item).map((line, index) => `  ${index === 0 ? "-" : " "} ${line}`));
  return [`${key}:`, ...items];
}

/** What a test makes up (pods, namespaces) on one line; a policy as people write it. */
function objectLines(value: Json): readonly string[] {
  return isObject(value) && String(value["kind"]).endsWith("Policy") ? block(value) : [flow(value)];
}

function connectionLines(value: Json): readonly string[] {
  const line = flow(value);
  return line.length <= MAX_LINE || !isObject(value) ? [line] : Object.entries(value).map(pairLine);
}

function pairLine([key, value]: readonly [string, Json]): string {
  return `${scalar(key)}: ${flow(value)}`;
}

/** Block style down to what fits a line. */
function block(value: JsonObject): readonly string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const line = pairLine([key, item]);
    if (line.length <= MAX_LINE) return [line];
    if (isObject(item)) return [`${scalar(key)}:`, ...block(item).map((inner) => `  ${inner}`)];
    if (!Array.isArray(item)) return [line];
    return [`${scalar(key)}:`, ...item.flatMap(itemLines).map((inner) => `  ${inner}`)];
  });
}

function itemLines(item: Json): readonly string[] {
  const lines = isObject(item) && flow(item).length > MAX_LINE ? block(item) : [flow(item)];
  return lines.map((line, index) => `${index === 0 ? "-" : " "} ${line}`);
}

function leftOutLines(reasons: readonly string[]): readonly string[] {
  if (reasons.length === 0) return [];
  const shown = reasons.slice(0, MAX_LEFT_OUT).map((reason) => `#   ${withoutControls(reason)}`);
  const more = reasons.length - shown.length;
  return ["# Not recorded, and why:", ...shown, ...(more === 0 ? [] : [`#   … and ${count(more)} more`])];
}

function flow(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (!isObject(value)) return typeof value === "string" ? scalar(value) : JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => pairLine([key, item]))
    .join(", ")}}`;
}

/** Plain where YAML 1.1 and 1.2 both read the same text, also inside braces; else quoted as JSON does. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z_/.][\w./@-]*(?: [\w./@-]+)*$/.test(text);
  const isWord = /^(?:y|n|yes|no|on|off|true|false|null|~|\.inf|\.nan|\.+)$/i.test(text);
  if (/^reserved:[a-z][a-z0-9-]*$/.test(text)) return text;
  return isPlain && !isWord && !/^\.?\d/.test(text) ? text : JSON.stringify(text);
}
