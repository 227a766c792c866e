import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import {
  ALL,
  CILIUM_FLAGS,
  CLUSTER_FLAGS,
  COLOR,
  FLOWS,
  HELP,
  NAMES,
  outputFlag,
  PROPOSAL_FLAGS,
  QUIET,
} from "../flags.ts";

export const TEST_OUTPUT: Flag = outputFlag(["text", "jsonl", "junit", "markdown"]);

export const FILTER: Flag = {
  name: "filter",
  value: { name: "TEXT" },
  group: "input",
  summary: "run only tests whose name holds this text",
};

export const RECORD: Flag = {
  name: "record",
  group: "input",
  summary: "write tests from a recording instead of running them",
  detail:
    "Takes --flows, --policies and the other inputs of rehearse. A test a namespace: what was forwarded and what the policies allow; what is left out is listed as comments, with the reason.",
};

export const WRITE: Flag = {
  name: "write",
  value: { name: "DIR", path: true },
  group: "output",
  summary: "with --record: one file a namespace here, not standard output",
  detail: "Files of an earlier --record are replaced; others are not, unless --force is given.",
};

export const FORCE: Flag = {
  name: "force",
  group: "output",
  summary: "with --write: replace files that --record did not write",
};

/** What only --record takes. */
export const RECORD_INPUTS: readonly Flag[] = [FLOWS, ...CLUSTER_FLAGS, ...PROPOSAL_FLAGS, NAMES, ...CILIUM_FLAGS];

export const test: Command = {
  name: "test",
  summary: "run policy tests: what the policies must allow and deny",
  detail: [
    "A test names objects, connections and what is expected of them; ringfence decides each connection as Cilium would and compares. A failure says which rules decided it, and which edit, proven on the whole test, makes it as expected.",
    "Files are YAML or JSON (one test a document), or JSON Lines (.jsonl, .jsonl.gz: one test a line) for large sets. Of a directory all *.test.yaml, .yml, .json, .jsonl and .jsonl.gz are taken; without FILE the current one is searched.",
    "Exit 0 when all pass, 1 when some do not, 2 when a test cannot be read; the others are run all the same.",
  ],
  operand: { name: "FILE", many: true, required: false, path: true },
  flags: [FILTER, RECORD, ...RECORD_INPUTS, TEST_OUTPUT, WRITE, FORCE, ALL, COLOR, QUIET, HELP],
  examples: [
    { does: "all *.test.yaml below this directory", line: "ringfence test" },
    { does: "one result a line, for tools", line: "ringfence test suite.jsonl.gz --output jsonl" },
    {
      does: "the first tests, from what was seen and is allowed",
      line: "ringfence test --record --flows flows.jsonl --objects cluster.yaml --policies policies/ --write tests/",
    },
  ],
  run: async (invocation, io) => {
    if (invocation.switches.has(RECORD.name))
      return (await import("../run/record-tests.ts")).runRecordTests(invocation, io);
    return (await import("../run/test.ts")).runTest(invocation, io);
  },
};
