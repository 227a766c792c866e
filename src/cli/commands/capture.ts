import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import { CLUSTER_FLAGS, FLOWS, HELP, QUIET } from "../flags.ts";

export const REDACT: Flag = {
  name: "redact",
  group: "output",
  summary: "leave out HTTP paths and headers, and the addresses of the world",
  detail:
    "Names that were asked for stay, and so do addresses of the cluster. Conversations with the world can then be decided by entity and name, not by CIDR.",
};

export const capture: Command = {
  name: "capture",
  summary: "write flows, objects and configuration into one portable file",
  detail: [
    "OUT is a directory, or one file when it ends in .tar.gz: capture.json (what it is), objects.yaml, cilium-config.yaml, flows.jsonl.gz. Every verb takes it with --capture, and standard tools read it.",
    "Objects come from the live cluster (--live, --kubeconfig, --context: get and list alone) or from files. Secrets are never read; commands, environments and volumes of pods are left out, also without --redact.",
  ],
  operand: { name: "OUT", many: false, required: true, path: true },
  flags: [FLOWS, ...CLUSTER_FLAGS, REDACT, QUIET, HELP],
  examples: [
    {
      does: "what the cluster is, and the last flows that its nodes hold",
      line: "hubble observe --last 100000 -o jsonpb | ringfence capture shop.tar.gz --live --flows -",
    },
    {
      does: "to be given to somebody else",
      line: "ringfence capture shop.tar.gz --context prod --flows flows.jsonl.gz --redact",
    },
    { does: "use it", line: "ringfence rehearse --capture shop.tar.gz --policies policies/" },
    { does: "a sysdump, made small", line: "ringfence capture small.tar.gz --capture cilium-sysdump.zip" },
  ],
  run: async (invocation, io) => (await import("../run/capture.ts")).runCapture(invocation, io),
};
