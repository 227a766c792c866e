import { UserError } from "#model/finding.ts";
import { placeText } from "#model/place.ts";
import { withoutPassword } from "#store/clickhouse/clickhouse-url.ts";
import { isOn } from "./args.ts";
import type { ExitCode } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { findCommand } from "./commands/help.ts";
import { HELP } from "./flags.ts";
import { commandHelp, programHelp } from "./help.ts";
import type { Io } from "./io.ts";

/** Runs one command line and answers its exit code. The only place where errors are printed. */
export async function runProgram(words: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const code = await dispatch(words, io);
    io.progress.clear();
    return code;
  } catch (error) {
    io.progress.clear();
    io.err(error instanceof UserError ? userErrorText(error) : bugText(error));
    return 2;
  }
}

async function dispatch(words: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...rest] = words;
  if (name === undefined || name === "--help" || name === "-h") {
    await io.out(programHelp(COMMANDS));
    // Nothing was asked for: help, but not success.
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-V") return await findCommand("version", COMMANDS).run(NOTHING, io);
  if (name.startsWith("-")) {
    throw new UserError("flag-before-command", `${name} stands before the command`, {
      help: "write the command first, as in: ringfence rehearse --flows FILE",
    });
  }
  const command = findCommand(name, COMMANDS);
  const asked = rest.find((word) => word === "--help" || word === "-h");
  if (asked !== undefined) {
    await io.out(commandHelp(command, asked === "--help"));
    return 0;
  }
  if (command.hasOwnWords === true) return await command.run({ ...NOTHING, operands: rest }, io);
  const { parseArguments } = await import("./parse.ts");
  const invocation = parseArguments(command, rest);
  if (isOn(invocation, HELP)) throw new Error("help is answered before flags are read");
  return await command.run(invocation, io);
}

const NOTHING = { operands: [], switches: new Set<string>(), values: new Map<string, readonly string[]>() };

/** `ringfence: flows.jsonl:3:1: message`, and `help: …` below. */
export function userErrorText(error: UserError): string {
  const place = error.place === undefined ? "" : withoutPassword(placeText(error.place));
  const head = `ringfence: ${place === "" ? "" : `${place}: `}${error.message}\n`;
  return error.help === undefined ? head : `${head}help: ${error.help}\n`;
}

function bugText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && error.stack !== undefined ? `${error.stack}\n` : "";
  return `ringfence: internal error: ${message}\n${stack}help: this is a bug of ringfence; please report it with the lines above\n`;
}
