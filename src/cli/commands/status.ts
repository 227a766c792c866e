import { OBSERVE_FLAGS } from "#hubble/flags/observe-flags.ts";
import type { Command } from "../command.ts";
import { HELP } from "../flags.ts";
import { shownFlag } from "../hubble-flag.ts";

const SERVER = OBSERVE_FLAGS.filter(({ name, group }) => group === "server" || name === "config" || name === "debug");

export const status: Command = {
  name: "status",
  summary: "how a Hubble server is, as hubble status prints it",
  detail: ["Asks Relay or an agent for its health and for what it holds; a first look at whether it can be reached."],
  operand: null,
  hasOwnWords: true,
  flags: [
    ...SERVER.map(shownFlag),
    {
      name: "output",
      alias: "o",
      value: { name: "FORMAT", suggestions: ["compact", "dict", "json", "table"] },
      group: "output",
      summary: "how to print; compact when not given",
    },
    HELP,
  ],
  examples: [
    { does: "Relay behind a forwarded port", line: "ringfence status" },
    {
      does: "an agent, by mutual TLS",
      line: "ringfence status --server tls://10.0.0.7:4244 --tls-server-name node-1.default.hubble-grpc.cilium.io --tls-ca-cert-files ca.crt --tls-client-cert-file tls.crt --tls-client-key-file tls.key",
    },
  ],
  run: async (invocation, io) => (await import("../run/status.ts")).runStatus(invocation.operands, io),
};
