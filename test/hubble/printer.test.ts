import type { Message } from "#hubble/message.ts";
import type { PrintOptions } from "#hubble/print/format.ts";
import { createPrinter, type Printer } from "#hubble/printer.ts";
import { readProtojson } from "#hubble/protojson/read.ts";
import { describe, expect, it } from "vitest";
import { fixtureCases } from "./cases.ts";

type Kind = "flows" | "agent_events" | "debug_events" | "server_status";
type PrinterCase = {
  readonly name: string;
  readonly kind: Kind;
  readonly options: {
    readonly output: PrintOptions["output"];
    readonly color: string;
    readonly timeFormat: string;
    readonly nodeName?: boolean;
    readonly policyNames?: boolean;
    readonly ipTranslation?: boolean;
    readonly debug?: boolean;
  };
  readonly inputs: readonly Message[];
  readonly stdout: string;
  readonly stderr?: string;
};

const MESSAGES: Readonly<Record<Kind, string>> = {
  flows: "GetFlowsResponse",
  agent_events: "GetAgentEventsResponse",
  debug_events: "GetDebugEventsResponse",
  server_status: "ServerStatusResponse",
};

function write(printer: Printer, kind: Kind, message: Message): void {
  if (kind === "flows") printer.response(message);
  else if (kind === "agent_events") printer.agentEvent(message);
  else if (kind === "debug_events") printer.debugEvent(message);
  else printer.serverStatus(message);
}

/** What hubble/pkg/printer of Cilium 1.20.2 wrote for the same input. */
describe("the printer writes what Hubble's own writes", () => {
  const cases = fixtureCases<PrinterCase>("printer-cases.jsonl.gz");
  it.each(cases.map((one) => [one.name, one] as const))("%s", (_, { kind, options, inputs, stdout, stderr }) => {
    let out = "";
    let err = "";
    const printer = createPrinter(
      {
        output: options.output,
        isColored: options.color === "always",
        timeFormat: options.timeFormat,
        hasNodeName: options.nodeName === true,
        hasPolicyNames: options.policyNames === true,
        isIpTranslated: options.ipTranslation === true,
        isDebug: options.debug === true,
      },
      { out: (text) => (out += text), err: (text) => (err += text) },
    );
    for (const input of inputs) {
      write(printer, kind, readProtojson(JSON.stringify(input), MESSAGES[kind], { discardUnknown: false }));
    }
    printer.close();
    expect(out).toBe(stdout);
    expect(err).toBe(stderr ?? "");
  });
});
