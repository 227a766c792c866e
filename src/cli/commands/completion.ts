import type { Command } from "../command.ts";
import { HELP } from "../flags.ts";

const SHELLS = ["bash", "zsh", "fish"];

/** `ringfence completion SHELL`: the script that the shell sources, made from the list of commands. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: "completion",
    summary: "print shell completion: bash, zsh or fish",
    detail: [],
    operand: { name: "SHELL", many: false, required: true, choices: SHELLS },
    flags: [HELP],
    examples: [
      { does: "bash, for this session", line: "source <(ringfence completion bash)" },
      { does: "zsh, for good", line: 'ringfence completion zsh > "${fpath[1]}/_ringfence"' },
      { does: "fish, for good", line: "ringfence completion fish > ~/.config/fish/completions/ringfence.fish" },
    ],
    run: async (invocation, io) => {
      const { completionScript } = await import("../completion.ts");
      await io.out(completionScript(invocation.operands[0] ?? "bash", commands()));
      return 0;
    },
  };
}
