import { wrap } from "#report/width.ts";
import { FLAG_GROUPS, type Flag, type FlagGroup, flagUsage, type Operand } from "./args.ts";
import type { Command } from "./command.ts";

const WIDTH = 80;

const GROUP_TITLE: Readonly<Record<FlagGroup, string>> = {
  input: "Input",
  selection: "Selection",
  filter: "Filters",
  decision: "Cilium",
  output: "Output",
  server: "Server",
};

export const EXIT_CODES = "exit 0 clean · 1 findings at or above --fail-on · 2 could not run";

/** What `ringfence` alone prints: what it is for, and its verbs in the order of the road. */
export function programHelp(commands: readonly Command[]): string {
  const column = Math.max(...commands.map((command) => command.name.length)) + 4;
  return page([
    ["ringfence: roll out Cilium network policies without breaking anything"],
    ["Usage: ringfence COMMAND [flags]"],
    ["Commands", ...commands.flatMap((command) => columns(command.name, command.summary, column))],
    ["ringfence COMMAND -h     the flags of a command", "ringfence COMMAND --help the same, explained, with examples"],
    [EXIT_CODES],
  ]);
}

/** The flags of one verb; `long` explains them and shows examples. */
export function commandHelp(command: Command, long: boolean): string {
  const groups = FLAG_GROUPS.map((group) => groupLines(command, group, long));
  return page([
    [`ringfence ${command.name}: ${command.summary}`],
    [usageLine(command)],
    ...(long ? command.detail.map((text) => wrap(text, WIDTH)) : []),
    ...groups,
    ...(long ? [exampleLines(command)] : []),
    command.flags.some((flag) => flag.name === "fail-on") ? [EXIT_CODES] : [],
  ]);
}

function page(paragraphs: readonly (readonly string[])[]): string {
  return `${paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function usageLine(command: Command): string {
  const operand = command.operand === null ? "" : ` ${operandUsage(command.operand)}`;
  const needs = (command.needs ?? []).map((flag) => ` ${flagUsage(flag)}`).join("");
  return `Usage: ringfence ${command.name}${operand}${needs}${command.flags.length > 0 ? " [flags]" : ""}`;
}

/** `FILE…`, `[COMMAND]`. */
export function operandUsage(operand: Operand): string {
  const text = `${operand.name}${operand.many ? "…" : ""}`;
  return operand.required ? text : `[${text}]`;
}

function groupLines(command: Command, group: FlagGroup, long: boolean): readonly string[] {
  const flags = command.flags.filter((flag) => flag.group === group);
  if (flags.length === 0) return [];
  const column = Math.max(...command.flags.map((flag) => flagUsage(flag).length)) + 4;
  return [GROUP_TITLE[group], ...flags.flatMap((flag) => flagLines(flag, column, long))];
}

function flagLines(flag: Flag, column: number, long: boolean): readonly string[] {
  const lines = columns(flagUsage(flag), `${flag.summary}${choicesText(flag)}`, column);
  if (!long || flag.detail === undefined) return lines;
  return [...lines, ...wrap(flag.detail, WIDTH - 6).map((line) => `      ${line}`)];
}

function choicesText(flag: Flag): string {
  const { choices, preset } = flag.value ?? {};
  if (choices === undefined) return "";
  return `: ${choices.map((choice) => (choice === preset ? `${choice} (default)` : choice)).join(", ")}`;
}

function columns(left: string, right: string, column: number): readonly string[] {
  const lines = wrap(right, WIDTH - column);
  return lines.map((line, index) => `${(index === 0 ? `  ${left}` : "").padEnd(column)}${line}`);
}

function exampleLines(command: Command): readonly string[] {
  const examples = command.examples.flatMap(({ does, line }) => [
    `  # ${does}`,
    ...line.split("\n").map((part) => `  ${part}`),
  ]);
  return examples.length === 0 ? [] : ["Examples", ...examples];
}
