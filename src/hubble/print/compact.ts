import { type Message, partOf, textOf } from "../message.ts";
import { agentEventDetails, agentEventType } from "./agent-event.ts";
import { debugEventTexts } from "./debug-event.ts";
import { flowType } from "./flow-type.ts";
import type { Format, PrintContext } from "./format.ts";
import { hostNames } from "./host-names.ts";
import { identityText } from "./identity.ts";
import { lostEventTexts } from "./lost-events.ts";
import { isTold, nodeStatusLine } from "./node-status.ts";
import { serverStatusCompact } from "./server-status.ts";
import { summaryText } from "./summary.ts";
import { verdictText } from "./verdict.ts";

/** One line an event. Upstream: CompactOutput. */
export function compact(context: PrintContext): Format {
  const { options, time, out, err, decide } = context;
  const node = (from: Message | undefined) => (options.hasNodeName ? ` [${textOf(from, "node_name")}]` : "");
  return {
    flow: (response) => {
      const decision = decide === null ? "" : ` => ${decide(response)}`;
      out(`${flowLine(partOf(response, "flow"), context, node)}${decision}\n`);
    },
    lostEvents: (response) => {
      const { source, summary } = lostEventTexts(response, time, " ");
      out(`${time(response, "time")} EVENTS LOST: ${source} ${summary}\n`);
    },
    nodeStatus: (response) => {
      if (isTold(response, options.isDebug)) err(nodeStatusLine(response, time));
    },
    agentEvent: (response) => {
      const event = partOf(response, "agent_event");
      const head = `${time(response, "time")}${node(response)}`;
      out(`${head}: ${agentEventType(event)} (${agentEventDetails(event, time)})\n`);
    },
    debugEvent: (response) => {
      const { type, from, mark, cpu, message } = debugEventTexts(response);
      out(`${time(response, "time")}${node(response)}: ${from} ${type} MARK: ${mark} CPU: ${cpu} (${message})\n`);
    },
    serverStatus: (response) => out(serverStatusCompact(response)),
    close: () => {},
  };
}

/** Replies have their ends turned; where is_reply is absent the direction is not known. */
function flowLine(
  flow: Message | undefined,
  { options, colors, time }: PrintContext,
  node: (from: Message | undefined) => string,
): string {
  const isReply = flow?.["is_reply"];
  const arrow = isReply === undefined ? "<>" : isReply === true ? "<-" : "->";
  const [source, destination] = hostNames(flow, options.isIpTranslated, colors);
  const from = `${source} ${identityText(flow, "source", colors)}`;
  const to = `${destination} ${identityText(flow, "destination", colors)}`;
  const ends = isReply === true ? `${to} ${arrow} ${from}` : `${from} ${arrow} ${to}`;
  const verdict = verdictText(flow, options.hasPolicyNames, colors);
  return `${time(flow, "time")}${node(flow)}: ${ends} ${flowType(flow)} ${verdict} (${summaryText(flow, colors)})`;
}
