import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import { CILIUM_FLAGS, CLUSTER_FLAGS, FLOWS, HELP, NAMES, POLICIES } from "../flags.ts";

export const STDIO: Flag = {
  name: "stdio",
  group: "server",
  summary: "speak on standard input and output: what it does anyway",
};

export const lsp: Command = {
  name: "lsp",
  summary: "show lint's findings in an editor while you type",
  detail: [
    "A language server for policies in YAML: diagnostics with quick fixes, what a selector matches when the mouse is over it, and completion of labels, namespaces, entities and ports.",
    "It judges the policies that the workspace's ringfence.yaml or --policies names, else all below its root, with the objects and the recording that are named there. The recording is asked when a file is opened or saved.",
  ],
  operand: null,
  flags: [POLICIES, ...CLUSTER_FLAGS, FLOWS, NAMES, ...CILIUM_FLAGS, STDIO, HELP],
  examples: [
    { does: "what an editor starts", line: "ringfence lsp --stdio" },
    { does: "with what the cluster runs", line: "ringfence lsp --objects cluster.yaml --flows flows.jsonl.gz" },
  ],
  run: async (invocation, io) => (await import("../run/lsp.ts")).runLsp(invocation, io),
};
