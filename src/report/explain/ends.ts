import type { Conversation, End } from "#model/conversation.ts";
import type { ConversationReport, EndReport } from "#model/rehearsal.ts";
import { endName } from "../ends.ts";
import type { ExplainedLine } from "../line-ids.ts";
import { hanging, type Page } from "../text/page.ts";
import { counted, listed } from "../words.ts";

type Ends = {
  readonly line: ExplainedLine | null;
  readonly report: ConversationReport | null;
  readonly traffic: Conversation | null;
};

/** FROM and TO: who the ends are to a person and to Cilium. */
export function endLines({ line, report, traffic }: Ends, page: Page): readonly string[] {
  const edge = report ?? line?.edge;
  if (edge === undefined) return [];
  return [
    ...oneEnd("FROM", edge.from, traffic?.from ?? null, page),
    ...oneEnd("TO", edge.to, traffic?.to ?? null, page),
  ];
}

function oneEnd(title: string, end: EndReport, seen: End | null, page: Page): readonly string[] {
  const facts = [...factsOf(end), ...seenFacts(seen)].filter(([, text]) => text !== "");
  return [
    `${page.style.bold(title.padEnd(5))} ${endName(end)}`,
    ...facts.flatMap(([label, text]) => hanging(page, `  ${page.style.dim(label)}`, 14, text)),
  ];
}

type Fact = readonly [label: string, text: string];

function factsOf(end: EndReport): readonly Fact[] {
  switch (end.kind) {
    case "pod":
      return [
        ["workload", end.workload === null ? "none: a bare pod" : `${end.workload.kind} ${end.workload.name}`],
        ["pods", `${listed(end.pods, 4)}${end.podCount > end.pods.length ? ` (${counted(end.podCount, "pod")})` : ""}`],
        ...labelFacts(end.identity),
      ];
    case "reserved":
      return [...labelFacts(end.labels), ["addresses", listed(end.addresses, 6)]];
    case "address":
      return [
        ["address", end.address],
        ["names", listed(end.names, 6)],
      ];
    case "unknown":
      return [["why", end.reason]];
  }
}

/** One label a line: they are what policies match. */
function labelFacts(labels: readonly string[]): readonly Fact[] {
  return labels.map((label, index) => [index === 0 ? "identity" : "", label]);
}

function seenFacts(seen: End | null): readonly Fact[] {
  switch (seen?.kind) {
    case "pod":
      return [
        ["addresses", listed(seen.addresses, 6)],
        ["nodes", listed(seen.nodes, 6)],
        ["cluster", seen.otherCluster ?? ""],
      ];
    case "reserved":
      return [["nodes", listed(seen.nodes, 6)]];
    case "address":
      return labelFacts(seen.labels);
    default:
      return [];
  }
}
