import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import { COLOR, HELP, outputFlag } from "../flags.ts";

export const CHECKS_OUTPUT: Flag = outputFlag(["text", "json"]);

export const checks: Command = {
  name: "checks",
  summary: "list what lint looks for, or explain one check",
  detail: [
    "Without ID every check with its severity and what it needs. With ID why it matters, an example to avoid and one to prefer, whether it can mend what it finds, and what it does not see.",
  ],
  operand: { name: "ID", many: true, required: false },
  flags: [CHECKS_OUTPUT, COLOR, HELP],
  examples: [
    { does: "all checks", line: "ringfence checks" },
    { does: "one of them", line: "ringfence checks fqdn-no-dns-rule" },
  ],
  run: async (invocation, io) => (await import("../run/checks.ts")).runChecks(invocation, io),
};
