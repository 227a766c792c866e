import { type Message, partOf, textOf } from "../message.ts";
import { agentEventDetails, agentEventType } from "./agent-event.ts";
import { debugEventTexts } from "./debug-event.ts";
import { flowType } from "./flow-type.ts";
import type { Format, PrintContext } from "./format.ts";
import { hostNames } from "./host-names.ts";
import { lostEventTexts } from "./lost-events.ts";
import { isTold, nodeStatusDict } from "./node-status.ts";
import { serverStatusTexts } from "./server-status.ts";
import { summaryText } from "./summary.ts";
import { verdictText } from "./verdict.ts";

const SEPARATOR = "------------";

/** Keys and values, events apart by a line. Upstream: DictOutput. The trap: agent and debug events have no newline after the line. */
export function dict(context: PrintContext): Format {
  const { options, time, out, err, decide } = context;
  let isFirst = true;
  const begin = (write: (text: string) => void, separator: string) => {
    if (!isFirst) write(separator);
    isFirst = false;
  };
  const node = (name: string) => (options.hasNodeName ? `       NODE: ${name}\n` : "");
  return {
    flow: (response) => {
      begin(out, `${SEPARATOR}\n`);
      const decision = decide === null ? "" : `   DECISION: ${decide(response)}\n`;
      out(flowLines(partOf(response, "flow"), context, node) + decision);
    },
    lostEvents: (response) => {
      begin(out, `${SEPARATOR}\n`);
      const { source, summary } = lostEventTexts(response, time, " - ");
      const head = `  TIMESTAMP: ${time(response, "time")}\n${node(textOf(response, "node_name") || "-")}`;
      out(`${head}     SOURCE: ${source}\n       TYPE: EVENTS LOST\n    VERDICT: -\n    SUMMARY: ${summary}\n`);
    },
    nodeStatus: (response) => {
      if (!isTold(response, options.isDebug)) return;
      begin(err, `${SEPARATOR}\n`);
      err(nodeStatusDict(response, time));
    },
    agentEvent: (response) => {
      begin(out, SEPARATOR);
      const event = partOf(response, "agent_event");
      const head = `  TIMESTAMP: ${time(response, "time")}\n${node(textOf(response, "node_name"))}`;
      out(`${head}       TYPE: ${agentEventType(event)}\n    DETAILS: ${agentEventDetails(event, time)}\n`);
    },
    debugEvent: (response) => {
      begin(out, SEPARATOR);
      const { type, from, mark, cpu, message } = debugEventTexts(response);
      const head = `  TIMESTAMP: ${time(response, "time")}\n${node(textOf(response, "node_name"))}       TYPE: ${type}\n`;
      out(`${head}       FROM: ${from}\n       MARK: ${mark}\n        CPU: ${cpu}\n    MESSAGE: ${message}\n`);
    },
    serverStatus: (response) => out(serverStatusLines(response)),
    close: () => {},
  };
}

function flowLines(
  flow: Message | undefined,
  { options, colors, time }: PrintContext,
  node: (name: string) => string,
): string {
  const [source, destination] = hostNames(flow, options.isIpTranslated, colors);
  return [
    `  TIMESTAMP: ${time(flow, "time")}\n`,
    node(textOf(flow, "node_name")),
    `     SOURCE: ${source}\n`,
    `DESTINATION: ${destination}\n`,
    `       TYPE: ${flowType(flow)}\n`,
    `    VERDICT: ${verdictText(flow, options.hasPolicyNames, colors)}\n`,
    `    SUMMARY: ${summaryText(flow, colors)}\n`,
  ].join("");
}

function serverStatusLines(response: Message): string {
  const texts = serverStatusTexts(response);
  return [
    `          NUM FLOWS: ${texts.numFlows}\n`,
    `          MAX FLOWS: ${texts.maxFlows}\n`,
    `         SEEN FLOWS: ${texts.seenFlows}\n`,
    `   FLOWS PER SECOND: ${texts.flowsPerSecond}\n`,
    `             UPTIME: ${texts.uptime}\n`,
    `NUM CONNECTED NODES: ${texts.connected}\n`,
    ` NUM UNAVAIL. NODES: ${texts.unavailable}\n`,
    `            VERSION: ${texts.version}\n`,
  ].join("");
}
