import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import { ALL, COLOR, HELP, outputFlag, QUIET } from "../flags.ts";

export const TEST_OUTPUT: Flag = outputFlag(["text", "jsonl", "junit", "markdown"]);

export const FILTER: Flag = {
  name: "filter",
  value: { name: "TEXT" },
  group: "input",
  summary: "only tests whose name holds this text",
};

export const test: Command = {
  name: "test",
  summary: "run policy tests: what the policies must allow and deny",
  detail: [
    "A test names objects, connections and what is expected of them; ringfence decides each connection as Cilium would and compares.",
    "Files are YAML or JSON (one test a document), or JSON Lines (.jsonl, .jsonl.gz: one test a line) for large sets.",
    "Exit 0 when all pass, 1 when some do not, 2 when a file cannot be read.",
  ],
  operand: { name: "FILE", many: true, required: false, path: true },
  flags: [FILTER, TEST_OUTPUT, ALL, COLOR, QUIET, HELP],
  examples: [
    { does: "the tests beside the policies", line: "ringfence test policies/*.test.yaml" },
    { does: "one result a line, for tools", line: "ringfence test suite.jsonl.gz --output jsonl" },
  ],
  run: async (invocation, io) => (await import("../run/test.ts")).runTest(invocation, io),
};
