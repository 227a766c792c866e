import type { Conversation } from "#model/conversation.ts";
import type { ConversationReport, DecisionReport, Hole, Rehearsal } from "#model/rehearsal.ts";
import { clusterCommands } from "./cluster-commands.ts";
import { decisionLines } from "./explain/decisions.ts";
import { endLines } from "./explain/ends.ts";
import { recordedLines } from "./explain/recorded.ts";
import { edgeName, ruleName } from "./ends.ts";
import { type ExplainedLine, explainedLines } from "./line-ids.ts";
import { styleOf } from "./style.ts";
import type { TextOptions } from "./text.ts";
import { commandLines, hanging, joinParts, type Page, paragraph } from "./text/page.ts";
import { cutEnd } from "./width.ts";
import { listed } from "./words.ts";

/** What `--explain` needs: a rehearsal made with `all`, and the conversations as they were recorded. */
export type ExplainInput = { readonly rehearsal: Rehearsal; readonly traffic: readonly Conversation[] };

/** Everything about one line of the report or one conversation. */
type Subject = {
  readonly id: string;
  readonly line: ExplainedLine | null;
  readonly report: ConversationReport | null;
  readonly traffic: Conversation | null;
};

/**
 * One line of the report in full, by its id (`h3`, `n1`, `u2`, `x1`) or the conversation's: the ends with identities and
 * addresses, both sides under both sets of policies, what was recorded, and the commands that show it on the cluster.
 * null when there is no such id.
 */
export function explainText(input: ExplainInput, id: string, options: TextOptions): string | null {
  const subject = findSubject(input, id);
  if (subject === null) return null;
  const { width, color } = options;
  const page: Page = { width: Math.max(40, width), style: styleOf(color), all: true, long: "break" };
  const sections = [
    titleLines(subject, page),
    endLines(subject, page),
    decisionSection("UNDER THE PROPOSAL", subject.report?.after, page),
    decisionSection("UNDER THE POLICIES IN FORCE", subject.report?.before, page),
    holeLines(subject, page),
    subject.traffic === null ? [] : [page.style.bold("RECORDED"), ...recordedLines(subject.traffic, page)],
    commandSection(subject, page),
  ];
  const shown = sections.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Ids that can be asked for, for the message when one is not known. */
export function explainableIds(rehearsal: Rehearsal): readonly string[] {
  return explainedLines(rehearsal).map((line) => line.id);
}

function findSubject({ rehearsal, traffic }: ExplainInput, id: string): Subject | null {
  const line = explainedLines(rehearsal).find((some) => some.id === id) ?? null;
  const conversation = line === null ? id : line.edge.conversation;
  const report = rehearsal.conversations?.find((some) => some.id === conversation) ?? null;
  if (line === null && report === null) return null;
  return { id, line, report, traffic: traffic.find((some) => some.id === conversation) ?? null };
}

function titleLines({ id, line, report }: Subject, page: Page): readonly string[] {
  const edge = line?.edge ?? report;
  if (edge === null) return [];
  const title = hanging(page, page.style.name(id), Math.max(id.length + 2, 4), edgeName(edge)).map(page.style.bold);
  if (line === null) return title;
  return [
    ...title,
    ...joinParts(kindParts(line), page.width),
    ...sentenceOf(line).flatMap((text) => paragraph(page, text, 0)),
  ];
}

function kindParts(line: ExplainedLine): readonly string[] {
  switch (line.kind) {
    case "hole":
      return [`hole on ${line.edge.side}`, line.edge.cause, ...tagsOf(line.edge)];
    case "newly-allowed":
      return ["newly allowed"];
    case "undecided":
      return [`undecided on ${line.edge.side}`];
    case "not-decided":
      return ["not judged"];
  }
}

function tagsOf(hole: Hole): readonly string[] {
  return [
    hole.also.length === 0 ? "" : `also ${hole.also.join(", ")}`,
    hole.asNames.length === 0 ? "" : `asked for as ${listed(hole.asNames, 5)}`,
    hole.processes === undefined ? "" : `opened by ${listed(hole.processes, 5)}`,
    hole.looksUnwanted ? "looks unwanted" : "",
    hole.openBefore ? "open since before the recording: audit mode never shows it" : "",
    hole.openAtEnd ? "still open at the end of the recording: enforcing cuts it" : "",
    hole.deniedBefore ? "denied today as well" : "",
    hole.l7 === "denied" ? "refused by the proxy (L7)" : "",
  ];
}

function sentenceOf(line: ExplainedLine): readonly string[] {
  switch (line.kind) {
    case "hole":
      return [line.edge.sentence];
    case "undecided":
      return [line.edge.missing, `to decide it: ${line.edge.remedy}`];
    case "not-decided":
      return [line.edge.reason];
    case "newly-allowed":
      return [];
  }
}

function decisionSection(title: string, decision: DecisionReport | undefined, page: Page): readonly string[] {
  if (decision === undefined) return [];
  return [`${page.style.bold(title)}  ${decision.verdict}`, ...decisionLines(decision, page)];
}

function holeLines({ line }: Subject, page: Page): readonly string[] {
  if (line?.kind !== "hole") return [];
  const { nearestRule, edit } = line.edge;
  const nearest =
    nearestRule === null
      ? []
      : paragraph(page, `nearest rule: ${ruleName(nearestRule)} ${nearestRule.policy} ${nearestRule.element}`, 1);
  if (edit === null || edit.diff === "")
    return nearest.length === 0 ? [] : [page.style.bold("WHAT TO CHANGE"), ...nearest];
  const proven = edit.proven ? "proven: decided again on this recording" : "not proven on this recording";
  return [
    `${page.style.bold("WHAT TO CHANGE")}  ${page.style.dim(proven)}`,
    ...nearest,
    ...edit.newlyAllows.flatMap((text) => paragraph(page, `it also newly allows ${text}`, 1)),
    ...edit.diff
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => ` ${diffLine(text, page)}`),
  ];
}

function diffLine(text: string, page: Page): string {
  const line = cutEnd(text.replaceAll("\t", "  "), page.width - 1);
  if (line.startsWith("+")) return page.style.good(line);
  return line.startsWith("-") ? page.style.bad(line) : line;
}

function commandSection({ line, report, traffic }: Subject, page: Page): readonly string[] {
  const edge = line?.edge ?? report;
  if (edge === null) return [];
  const side = sideOf(line, report);
  const commands = clusterCommands(edge, side, traffic);
  return [page.style.bold("SEE IT ON THE CLUSTER"), ...commands.flatMap((command) => commandLines(page, command, 1))];
}

/** The side worth looking at: the hole's, else the first that is not simply allowed. */
function sideOf(line: ExplainedLine | null, report: ConversationReport | null): "egress" | "ingress" {
  if (line?.kind === "hole" || line?.kind === "undecided") return line.edge.side;
  const { egress, ingress } = report?.after ?? { egress: null, ingress: null };
  if (egress === null) return "ingress";
  return egress.decision === "allowed" && ingress !== null && ingress.decision !== "allowed" ? "ingress" : "egress";
}
