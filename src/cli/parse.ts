import { Command as Parser, CommanderError, Option } from "commander";
import { nearestName } from "#decode/nearest.ts";
import { UserError } from "#model/finding.ts";
import type { Flag, Invocation } from "./args.ts";
import { flagUsage } from "./args.ts";
import type { Command } from "./command.ts";

/** Reads the words after a verb. What does not fit is a UserError that names the nearest thing that would. */
export function parseArguments(command: Command, words: readonly string[]): Invocation {
  const parser = parserOf(command);
  try {
    parser.parse([...words], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) throw asUserError(error, command);
    throw error;
  }
  const options: Readonly<Record<string, unknown>> = parser.opts();
  const switches = command.flags.filter((flag) => flag.value === undefined && options[flag.name] === true);
  const values = command.flags.flatMap((flag): [string, readonly string[]][] => {
    const given = flag.value === undefined ? [] : textsOf(options[flag.name]);
    return given.length === 0 ? [] : [[flag.name, given]];
  });
  return {
    operands: checkedOperands(command, parser.args),
    switches: new Set(switches.map((flag) => flag.name)),
    values: new Map(values),
    presets: new Set(values.map(([name]) => name).filter((name) => parser.getOptionValueSource(name) === "default")),
  };
}

function parserOf(command: Command): Parser {
  const parser = new Parser(command.name).exitOverride().helpOption(false).allowExcessArguments(true);
  parser.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  for (const flag of command.flags) parser.addOption(optionOf(flag));
  return parser;
}

function optionOf(flag: Flag): Option {
  const alias = flag.alias === undefined ? "" : `-${flag.alias}, `;
  const { value } = flag;
  const option = new Option(
    `${alias}--${flag.name}${value === undefined ? "" : value.many === true ? " <v...>" : " <v>"}`,
  );
  // Values are kept under the flag's own name: commander would write cilium-config as ciliumConfig.
  option.attributeName = () => flag.name;
  if (value?.choices !== undefined) option.choices([...value.choices]);
  if (value?.preset !== undefined) option.default(value.preset);
  return option;
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function checkedOperands(command: Command, words: readonly string[]): readonly string[] {
  const { operand } = command;
  const help = `see: ringfence ${command.name} -h`;
  const extra = operand === null ? words[0] : operand.many ? undefined : words[1];
  if (extra !== undefined) {
    const [only] = operand === null ? command.flags.filter((flag) => flag.value?.many === true) : [];
    const hint = only === undefined ? help : `files belong to a flag, as in: ${flagUsage(only)}`;
    throw new UserError("unexpected-argument", `unexpected argument ${extra}`, { help: hint });
  }
  if (operand?.required === true && words.length === 0) {
    throw new UserError("missing-argument", `${operand.name} is missing`, { help });
  }
  const wrong = words.find((word) => operand?.choices !== undefined && !operand.choices.includes(word));
  if (wrong !== undefined)
    throw wrongChoice(`unknown ${operand?.name.toLowerCase()} ${wrong}`, wrong, operand?.choices ?? []);
  return words;
}

function wrongChoice(message: string, wrong: string, choices: readonly string[]): UserError {
  const near = nearestName(wrong, choices);
  const help = near === null ? `one of: ${choices.join(", ")}` : `did you mean ${near}? one of: ${choices.join(", ")}`;
  return new UserError("unknown-value", message, { help });
}

function asUserError(error: CommanderError, command: Command): UserError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption":
      return unknownFlag(quoted, command);
    case "commander.optionMissingArgument":
      return missingValue(quoted, command);
    case "commander.invalidArgument":
      return invalidValue(error.message, command);
    default:
      return new UserError("bad-arguments", error.message.replace(/^error: /, ""), {
        help: `see: ringfence ${command.name} -h`,
      });
  }
}

function unknownFlag(wrong: string, command: Command): UserError {
  const names = command.flags.map((flag) => `--${flag.name}`);
  const near = nearestName(wrong.replace(/=.*$/, ""), names);
  const help = near === null ? `see: ringfence ${command.name} -h` : `did you mean ${near}?`;
  return new UserError("unknown-flag", `unknown flag ${wrong} of ${command.name}`, { help });
}

function missingValue(usage: string, command: Command): UserError {
  const flag = command.flags.find((some) => usage.includes(`--${some.name} `));
  const text = flag === undefined ? usage : flagUsage(flag);
  return new UserError("missing-value", `a value is missing: ${text}`, { help: `see: ringfence ${command.name} -h` });
}

/** commander: option '--color <v>' argument 'blue' is invalid. Allowed choices are auto, always, never. */
function invalidValue(message: string, command: Command): UserError {
  const match = /option '(.*?)' argument '([\s\S]*?)' is invalid/.exec(message);
  const flag = command.flags.find((some) => match?.[1]?.includes(`--${some.name} `) === true);
  const wrong = match?.[2] ?? "";
  if (flag?.value?.choices === undefined) return new UserError("bad-value", message.replace(/^error: /, ""));
  return wrongChoice(`--${flag.name} does not take ${wrong}`, wrong, flag.value.choices);
}
