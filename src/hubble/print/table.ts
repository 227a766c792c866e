import { type Message, partOf, textOf } from "../message.ts";
import { agentEventDetails, agentEventType } from "./agent-event.ts";
import { debugEventTexts } from "./debug-event.ts";
import { flowType } from "./flow-type.ts";
import type { Format, PrintContext } from "./format.ts";
import { hostNames } from "./host-names.ts";
import { lostEventTexts } from "./lost-events.ts";
import { isTold, nodeStatusLine } from "./node-status.ts";
import { serverStatusTexts } from "./server-status.ts";
import { summaryText } from "./summary.ts";
import { TabWriter } from "./tab-writer.ts";
import { verdictText } from "./verdict.ts";

const FLOW_COLUMNS = ["SOURCE", "DESTINATION", "TYPE", "VERDICT", "SUMMARY"];

/** Aligned columns: nothing is printed before the end. `out` of the context escapes; the writer behind it must not. Upstream: TabOutput. */
export function table(context: PrintContext, raw: (text: string) => void, escape: (text: string) => string): Format {
  const { options, time, err, decide } = context;
  const columns = withDecision(FLOW_COLUMNS, decide === null ? undefined : "DECISION");
  const writer = new TabWriter(raw);
  let isFirst = true;
  const row = (cells: readonly string[]) => writer.write(`${cells.map(escape).join("\t")}\n`);
  const event = (from: Message | undefined, node: string, columns: readonly string[], cells: readonly string[]) => {
    const hidden = options.hasNodeName ? 0 : 1;
    if (isFirst) row(["TIMESTAMP", "NODE", ...columns].toSpliced(1, hidden));
    isFirst = false;
    row([time(from, "time"), node, ...cells].toSpliced(1, hidden));
  };
  return {
    flow: (response) => {
      const flow = partOf(response, "flow");
      event(flow, textOf(flow, "node_name"), columns, withDecision(flowCells(flow, context), decide?.(response)));
    },
    lostEvents: (response) => {
      const { source, summary } = lostEventTexts(response, time, " - ");
      const cells = [source, "-", "EVENTS LOST", "-", summary];
      const decision = decide === null ? undefined : "-";
      event(response, textOf(response, "node_name") || "-", columns, withDecision(cells, decision));
    },
    nodeStatus: (response) => {
      if (isTold(response, options.isDebug)) err(nodeStatusLine(response, time));
    },
    agentEvent: (response) => {
      const found = partOf(response, "agent_event");
      const cells = [agentEventType(found), agentEventDetails(found, time)];
      event(response, textOf(response, "node_name"), ["TYPE", "DETAILS"], cells);
    },
    debugEvent: (response) => {
      const { type, from, mark, cpu, message } = debugEventTexts(response);
      const columns = ["FROM", "", "TYPE", "CPU/MARK", "MESSAGE"];
      event(response, textOf(response, "node_name"), columns, [from, "", type, `${cpu} ${mark}`, message]);
    },
    serverStatus: (response) => {
      for (const cells of serverStatusRows(response)) row(cells);
    },
    close: () => writer.flush(),
  };
}

/** Before the summary. */
function withDecision(cells: readonly string[], decision: string | undefined): readonly string[] {
  return decision === undefined ? cells : cells.toSpliced(-1, 0, decision);
}

function flowCells(flow: Message | undefined, { options, colors }: PrintContext): readonly string[] {
  const [source, destination] = hostNames(flow, options.isIpTranslated, colors);
  const verdict = verdictText(flow, options.hasPolicyNames, colors);
  return [source, destination, flowType(flow), verdict, summaryText(flow, colors)];
}

function serverStatusRows(response: Message): readonly (readonly string[])[] {
  const texts = serverStatusTexts(response);
  const { numFlows, maxFlows, seenFlows, flowsPerSecond, uptime, connected, unavailable, version } = texts;
  return [
    [
      "NUM FLOWS",
      "MAX FLOWS",
      "SEEN FLOWS",
      "FLOWS PER SECOND",
      "UPTIME",
      "NUM CONNECTED NODES",
      "NUM UNAVAILABLE NODES",
      "VERSION",
    ],
    [numFlows, maxFlows, seenFlows, flowsPerSecond, uptime, connected, unavailable, version],
  ];
}
