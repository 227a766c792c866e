import type { Command } from "./command.ts";
import { commandHelp, EXIT_CODES } from "./help.ts";

/** docs/cli.md: what `--help` prints of every command, so that both always say the same. */
export function manual(commands: readonly Command[]): string {
  const sections = commands.map(
    (command) => `## \`ringfence ${command.name}\`\n\n\`\`\`text\n${commandHelp(command, true)}\`\`\`\n`,
  );
  return [
    "# Command line",
    "<!-- Made from src/cli/commands; UPDATE_GOLDEN=1 npx vitest run test/cli writes it. -->",
    `Every command is \`ringfence COMMAND [flags]\`. ${EXIT_CODES}.`,
    "What is printed, and the JSON: [output.md](output.md). The test file: [policy-test.md](policy-test.md).",
    ...sections,
  ].join("\n\n");
}
