import { nearestName } from "#decode/nearest.ts";
import { UserError } from "#model/finding.ts";
import type { Command } from "../command.ts";
import { HELP } from "../flags.ts";
import { commandHelp, programHelp } from "../help.ts";

/** `ringfence help [COMMAND]`; needs the list that it is part of. */
export function helpCommand(commands: () => readonly Command[]): Command {
  return {
    name: "help",
    summary: "explain a command",
    detail: [],
    operand: { name: "COMMAND", many: false, required: false },
    flags: [HELP],
    examples: [],
    run: async (invocation, io) => {
      const [name] = invocation.operands;
      await io.out(name === undefined ? programHelp(commands()) : commandHelp(findCommand(name, commands()), true));
      return 0;
    },
  };
}

/** The command of a name; a UserError with the nearest one when there is none. */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const names = commands.map((command) => command.name);
  const near = nearestName(name, names);
  const help = near === null ? `commands: ${names.join(", ")}` : `did you mean ringfence ${near}?`;
  throw new UserError("unknown-command", `unknown command ${name}`, { help });
}
