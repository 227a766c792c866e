import { enumTextOf } from "#hubble/message.ts";
import { FlagError } from "#hubble/flags/flag.ts";
import type { PrintOptions } from "#hubble/print/format.ts";
import { createPrinter } from "#hubble/printer.ts";
import { METHODS } from "#sources/relay-connection.ts";
import type { ExitCode } from "../command.ts";
import type { Io } from "../io.ts";
import { askServer, outputFlag } from "./hubble-words.ts";

export const STATUS_OUTPUT = outputFlag(["compact", "dict", "json", "table"]);

const OUTPUTS: Readonly<Record<string, PrintOptions["output"]>> = {
  compact: "compact",
  dict: "dict",
  json: "jsonpb",
  JSON: "jsonpb",
  jsonpb: "jsonpb",
  tab: "table",
  table: "table",
};

/** Upstream: the name under which hubble asks for the health of its server. */
const SERVICE = "hubble.server.Observer";

/** Runs `ringfence status` with the words after the verb. Upstream: hubble/cmd/status runStatus. */
export async function runStatus(words: readonly string[], io: Io): Promise<ExitCode> {
  return await askServer(words, { io, flags: [STATUS_OUTPUT] }, async ({ connection, values }) => {
    const output = values.text.get("output") ?? "compact";
    const health = enumTextOf(await connection.ask(METHODS.health, { service: SERVICE }), "status", "UNKNOWN");
    const isHealthy = health === "SERVING";
    if (output === "compact") {
      const target = connection.server.replace(/^tls:\/\//, "");
      await io.out(`Healthcheck (via ${target}): ${isHealthy ? "Ok" : `Unavailable: ${health}`}\n`);
    }
    if (!isHealthy) throw new FlagError("not healthy");
    const format = OUTPUTS[output];
    const status = await connection.ask(METHODS.serverStatus);
    if (format === undefined) throw new FlagError(`invalid output format: ${output}`);
    let text = "";
    const out = (more: string) => {
      text += more;
    };
    const printer = createPrinter({ ...PLAIN, output: format }, { out, err: out });
    printer.serverStatus(status);
    printer.close();
    await io.out(text);
  });
}

const PLAIN: Omit<PrintOptions, "output"> = {
  isColored: false,
  timeFormat: "StampMilli",
  hasNodeName: false,
  hasPolicyNames: false,
  isIpTranslated: true,
  isDebug: false,
};
