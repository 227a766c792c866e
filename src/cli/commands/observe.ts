import { OBSERVE_FLAGS } from "#hubble/flags/observe-flags.ts";
import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import { CILIUM, CILIUM_CONFIG, FLOWS, HELP, NAMES, OBJECTS, ONLY, POLICIES } from "../flags.ts";
import { shownFlag } from "../hubble-flag.ts";

const DISTINCT: Flag = {
  name: "distinct",
  group: "output",
  summary: "conversations instead of events, with their counts",
};

const DECIDE: Flag = {
  name: "decide",
  group: "output",
  summary: "beside each flow, what policies say of it: allowed, denied on ingress",
  detail:
    "Decides by --policies (a proposal, over those in force among --objects) as Cilium would. In JSON it is a member `decision` beside the flow.",
};

export const observe: Command = {
  name: "observe",
  summary: "print flows, recorded or live, as hubble observe does",
  detail: [
    "Takes the flags of `hubble observe` at 1.20 and prints the same text, so that scripts keep working, from recordings of any kind and size, or from a Hubble server (Relay, an agent) where no recording is named.",
    "A flow is printed when it matches every filter given; a filter given several times matches when one of its values does. --not reverses the filter after it; several reversed filters leave out only what matches all of them.",
    "A connection that breaks is made again, and the stream goes on where it stood: nothing comes twice, and what may be missing is told.",
    "Errors of the flags are those of hubble observe: one line, exit 1. A server that cannot be reached is exit 2.",
  ],
  operand: null,
  hasOwnWords: true,
  flags: [
    FLOWS,
    ...OBSERVE_FLAGS.map(shownFlag),
    DISTINCT,
    DECIDE,
    POLICIES,
    OBJECTS,
    ONLY,
    NAMES,
    CILIUM,
    CILIUM_CONFIG,
    HELP,
  ],
  examples: [
    {
      does: "what is dropped now, from Relay behind a forwarded port",
      line: "ringfence observe --follow --verdict DROPPED",
    },
    {
      does: "what was dropped in a namespace",
      line: "ringfence observe --flows flows.jsonl.gz -n shop --verdict DROPPED",
    },
    {
      does: "who talks to whom, and what a proposal would say",
      line: "ringfence observe --flows flows.jsonl --policies policies/ --distinct --decide",
    },
    {
      does: "replies of DNS, with the policies that allowed",
      line: "ringfence observe --input-file flows.jsonl --port 53 --reply --print-policy-names",
    },
    {
      does: "cut a recording",
      line: "ringfence observe --flows all.jsonl --since 2026-09-14T09:00:00Z -o jsonpb > part.jsonl",
    },
  ],
  run: async (invocation, io) => (await import("../run/observe.ts")).runObserve(invocation.operands, io),
};
