import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import {
  ALL,
  CILIUM_FLAGS,
  CLUSTER_FLAGS,
  COLOR,
  FAIL_ON,
  FLOWS,
  HELP,
  METRICS,
  NAMES,
  outputFlag,
  POLICIES,
  PROCESSES,
  PROPOSAL_FLAGS,
  QUIET,
} from "../flags.ts";

export const REHEARSE_OUTPUT: Flag = outputFlag(["text", "json", "markdown", "sarif", "junit"]);

export const EXPLAIN: Flag = {
  name: "explain",
  value: { name: "ID", many: true },
  group: "output",
  summary: "one line of the report in full, by its id: h3, u1",
  detail:
    "Ends with identities and addresses, both sides with their rules, recorded verdicts, example flows, and the commands that show it on the cluster. A conversation's id works too.",
};

export const FIX_DIFF: Flag = {
  name: "fix-diff",
  group: "output",
  summary: "print the proven edits as one patch for git apply",
};

export const rehearse: Command = {
  name: "rehearse",
  summary: "decide proposed policies against recorded traffic",
  detail: [
    "Decides every recorded conversation under the policies in force and under the proposal, as Cilium would, and says what would break, why, what to change, and how far the recording reaches. Nothing is applied and no cluster is needed.",
    "The answer is READY, NOT READY or NOT PROVEN, and never better than the evidence.",
  ],
  operand: null,
  needs: [FLOWS, POLICIES],
  flags: [
    FLOWS,
    ...CLUSTER_FLAGS,
    ...PROPOSAL_FLAGS,
    NAMES,
    PROCESSES,
    METRICS,
    ...CILIUM_FLAGS,
    REHEARSE_OUTPUT,
    EXPLAIN,
    FIX_DIFF,
    ALL,
    FAIL_ON,
    COLOR,
    QUIET,
    HELP,
  ],
  examples: [
    {
      does: "record, then rehearse the policies of a repository",
      line: "hubble observe -f -o jsonpb > flows.jsonl\nringfence rehearse --flows flows.jsonl --objects cluster.yaml --policies policies/",
    },
    {
      does: "a rendered chart from standard input",
      line: "kustomize build . | ringfence rehearse --flows flows.jsonl.gz --policies -",
    },
    { does: "one hole in full", line: "ringfence rehearse --flows … --policies … --explain h3" },
    { does: "apply what was proven", line: "ringfence rehearse --flows … --policies … --fix-diff | git apply" },
  ],
  run: async (invocation, io) => (await import("../run/rehearse.ts")).runRehearse(invocation, io),
};
