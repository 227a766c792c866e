import { FlagError, type HubbleFlag } from "#hubble/flags/flag.ts";
import { OBSERVE_FLAGS } from "#hubble/flags/observe-flags.ts";
import { flagTable, parseFlags } from "#hubble/flags/parse-flags.ts";
import { FlagCollector, type FlagValues } from "#hubble/observe-request.ts";
import { logLine } from "#hubble/response-reader.ts";
import type { RelayConnection } from "#sources/relay-connection.ts";
import type { ExitCode } from "../command.ts";
import type { Io } from "../io.ts";
import { checkSettings, readSettings } from "./observe-settings.ts";
import { serverSettings } from "./server-settings.ts";

/** Flags of every verb that asks a Hubble server. */
export const SERVER_FLAGS: readonly HubbleFlag[] = OBSERVE_FLAGS.filter(
  ({ name, group }) => group === "server" || name === "config" || name === "debug",
);

/** `-o` of the verbs that ask a Hubble server; each has its formats. */
export function outputFlag(choices: readonly string[]): HubbleFlag {
  return { name: "output", alias: "o", kind: "string", group: "formatting", summary: "how to print", choices };
}

export type Asked = {
  readonly connection: RelayConnection;
  readonly values: FlagValues;
  /** Words that are no flags. */
  readonly operands: readonly string[];
};

/**
 * Reads the words after a verb as the hubble CLI would, connects, asks. Errors of the words are those of the hubble CLI:
 * a line, exit 1.
 */
export async function askServer(
  words: readonly string[],
  { io, flags }: { readonly io: Io; readonly flags: readonly HubbleFlag[] },
  ask: (asked: Asked) => Promise<void>,
): Promise<ExitCode> {
  try {
    const collector = new FlagCollector();
    const operands = parseFlags(words, flagTable([...SERVER_FLAGS, ...flags]), (flag, value) =>
      collector.set(flag, value),
    );
    const values = collector.values();
    const settings = readSettings(values, process.env);
    checkSettings(settings);
    const options = serverSettings(settings);
    const { RelayConnection } = await import("#sources/relay-connection.ts");
    const connection = await RelayConnection.open(options, {
      onNewer: ({ message, attributes }) => io.err(logLine(new Date().toISOString(), "WARN", message, attributes)),
    });
    try {
      await ask({ connection, values, operands });
    } finally {
      connection.close();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}
