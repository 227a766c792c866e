import type { HubbleFlag } from "#hubble/flags/flag.ts";
import { OBSERVE_FLAGS } from "#hubble/flags/observe-flags.ts";
import type { Flag, FlagGroup } from "../args.ts";
import type { Command } from "../command.ts";
import { CILIUM, CILIUM_CONFIG, FLOWS, HELP, NAMES, OBJECTS, ONLY, POLICIES } from "../flags.ts";

const GROUPS: Readonly<Record<HubbleFlag["group"], FlagGroup>> = {
  selectors: "selection",
  filters: "filter",
  "raw-filters": "filter",
  formatting: "output",
  server: "server",
  other: "input",
};

const VALUE_NAMES: Readonly<Partial<Record<HubbleFlag["kind"], string>>> = {
  uint64: "N",
  uint16: "N",
  duration: "DURATION",
  stringArray: "JSON",
  strings: "LIST",
};

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

/** A flag of the hubble CLI as help and completion show it. */
function shown({ name, alias, kind, bare, group, summary, choices }: HubbleFlag): Flag {
  const isPath = name === "input-file" || name === "config" || name === "kubeconfig" || name.endsWith("-file");
  const valueName = isPath ? "FILE" : (VALUE_NAMES[kind] ?? "VALUE");
  return {
    name,
    ...(alias === undefined ? {} : { alias }),
    group: GROUPS[group],
    summary,
    ...(bare === undefined
      ? { value: { name: valueName, path: isPath, ...(choices === undefined ? {} : { suggestions: choices }) } }
      : {}),
  };
}

export const observe: Command = {
  name: "observe",
  summary: "print recorded flows, as hubble observe does",
  detail: [
    "Takes the flags of `hubble observe` at 1.20 and prints the same text, so that scripts keep working, from recordings of any kind and size.",
    "A flow is printed when it matches every filter given; a filter given several times matches when one of its values does. --not reverses the filter after it; several reversed filters leave out only what matches all of them.",
    "Errors are those of hubble observe: one line, exit 1.",
  ],
  operand: null,
  hasOwnWords: true,
  flags: [
    FLOWS,
    ...OBSERVE_FLAGS.map(shown),
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
