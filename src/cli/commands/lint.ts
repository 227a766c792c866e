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
  NAMES,
  outputFlag,
  PROCESSES,
  QUIET,
} from "../flags.ts";

export const LINT_OUTPUT: Flag = outputFlag(["text", "json", "sarif", "junit", "markdown", "github"]);

export const ONLY_CHECKS: Flag = {
  name: "only",
  value: { name: "CHECK", many: true },
  group: "selection",
  summary: "only these checks look",
};

export const SKIP_CHECKS: Flag = {
  name: "skip",
  value: { name: "CHECK", many: true },
  group: "selection",
  summary: "these checks do not look",
};

export const FIX: Flag = {
  name: "fix",
  group: "output",
  summary: "apply proven fixes to the files",
  detail:
    "A fix is proven when it takes its finding away, denies no recorded conversation that is allowed now, and newly allows nothing but what the finding is about. Comments, order and quoting stay.",
};

export const DIFF: Flag = {
  name: "diff",
  group: "output",
  summary: "print proven fixes as one patch for git apply; nothing is written",
};

export const lint: Command = {
  name: "lint",
  summary: "find what breaks rollouts in policies, and mend it",
  detail: [
    "Judges policies as Cilium will read them, merged: what another policy of the set makes right is no finding. Manifests alone are enough; with objects, a recording and the agent's configuration more checks wake up, and the report says which slept.",
    "PATHs are files or directories; without any, the policies of --objects, else those below the current directory. They replace policies of the same kind, namespace and name among the objects.",
    "A comment `# ringfence: ignore <check> -- reason` on an element, or above it, takes a finding away; the reason is required. ringfence.yaml keeps a project's defaults.",
    "Exit 0 when nothing is found at or above --fail-on, 1 when something is, 2 when nothing could be judged.",
  ],
  operand: { name: "PATH", many: true, required: false, path: true },
  flags: [
    ...CLUSTER_FLAGS,
    FLOWS,
    NAMES,
    PROCESSES,
    ...CILIUM_FLAGS,
    ONLY_CHECKS,
    SKIP_CHECKS,
    FIX,
    DIFF,
    LINT_OUTPUT,
    ALL,
    FAIL_ON,
    COLOR,
    QUIET,
    HELP,
  ],
  examples: [
    { does: "the policies of a repository", line: "ringfence lint policies/" },
    {
      does: "with what the cluster runs and what was seen",
      line: "ringfence lint policies/ --objects cluster.yaml --flows flows.jsonl.gz",
    },
    { does: "a rendered chart", line: "helm template . | ringfence lint -" },
    {
      does: "see the proven fixes, then apply them",
      line: "ringfence lint policies/ --diff\nringfence lint policies/ --fix",
    },
  ],
  run: async (invocation, io) => (await import("../run/lint.ts")).runLint(invocation, io),
};
