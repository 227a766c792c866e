import { reportEdge } from "#analysis/report-edge.ts";
import { TabWriter } from "#hubble/print/tab-writer.ts";
import { writeProtojson } from "#hubble/protojson/write.ts";
import type { Conversation } from "#model/conversation.ts";
import { endName, portName } from "#report/ends.ts";
import type { Decided } from "./observe-decisions.ts";

/** A conversation with what is said of it; null where nothing was asked. */
export type Distinct = { readonly conversation: Conversation; readonly decision: Decided["decision"] | null };

/** Conversations instead of events, the most frequent first: columns, or a line of JSON each. */
export function distinctText(found: readonly Distinct[], isJson: boolean): string {
  const sorted = [...found].sort((a, b) => b.conversation.flows - a.conversation.flows);
  if (isJson) return sorted.map((one) => `${writeProtojson(distinctJson(one))}\n`).join("");
  let text = "";
  const writer = new TabWriter((more) => {
    text += more;
  });
  const decided = sorted.some(({ decision }) => decision !== null);
  const row = (cells: readonly string[], decision: string) =>
    writer.write(`${[...cells, ...(decided ? [decision] : [])].join("\t")}\n`);
  row(["FLOWS", "SOURCE", "DESTINATION", "PORT", "VERDICTS"], "DECISION");
  for (const { conversation, decision } of sorted) row(cellsOf(conversation), decision ?? "");
  writer.flush();
  return text;
}

function cellsOf(conversation: Conversation): readonly string[] {
  const edge = reportEdge(conversation);
  const verdicts = Object.entries(conversation.recorded).map(([verdict, count]) => `${verdict} ${count}`);
  return [
    String(conversation.flows),
    endName(edge.from),
    endName(edge.to),
    portName(edge),
    verdicts.length === 0 ? "-" : verdicts.join(", "),
  ];
}

function distinctJson({ conversation, decision }: Distinct) {
  const { from, to, protocol, port, icmpType, icmpCode, flows, firstSeen, lastSeen } = reportEdge(conversation);
  const ends = { from: { kind: from.kind, name: endName(from) }, to: { kind: to.kind, name: endName(to) } };
  const recorded = { ...conversation.recorded };
  const rest = { protocol, port, icmpType, icmpCode, flows, firstSeen, lastSeen, recorded };
  return { ...ends, ...rest, ...(decision === null ? {} : { decision }) };
}
