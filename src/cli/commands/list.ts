import { OBSERVE_FLAGS } from "#hubble/flags/observe-flags.ts";
import type { Command } from "../command.ts";
import { HELP } from "../flags.ts";
import { shownFlag } from "../hubble-flag.ts";

const SERVER = OBSERVE_FLAGS.filter(({ name, group }) => group === "server" || name === "config" || name === "debug");

export const list: Command = {
  name: "list",
  summary: "nodes or namespaces of a Hubble server, as hubble list prints",
  detail: ["Nodes are Relay's to tell: an agent knows only itself. Namespaces are those with flows of late."],
  operand: { name: "WHAT", many: false, required: true, choices: ["nodes", "namespaces"] },
  hasOwnWords: true,
  flags: [
    ...SERVER.map(shownFlag),
    {
      name: "output",
      alias: "o",
      value: { name: "FORMAT", suggestions: ["json", "table", "wide"] },
      group: "output",
      summary: "how to print; table when not given",
    },
    HELP,
  ],
  examples: [
    { does: "the nodes, with their versions and addresses", line: "ringfence list nodes -o wide" },
    { does: "namespaces with flows", line: "ringfence list namespaces" },
  ],
  run: async (invocation, io) => (await import("../run/list.ts")).runList(invocation.operands, io),
};
