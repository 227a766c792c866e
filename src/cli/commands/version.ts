import { CILIUM_MINORS } from "#model/profile.ts";
import type { Command } from "../command.ts";
import { HELP } from "../flags.ts";
import { VERSION } from "../version.ts";

export const version: Command = {
  name: "version",
  summary: "the version, and the Cilium versions whose decisions it knows",
  detail: [],
  operand: null,
  flags: [HELP],
  examples: [],
  run: async (_, io) => {
    await io.out(`ringfence ${VERSION} (Cilium ${CILIUM_MINORS.join(", ")}; Node ${process.versions.node})\n`);
    return 0;
  },
};
