import type { Conversation, RecordedVerdict, SeenRequest } from "#model/conversation.ts";
import { hanging, type Page } from "../text/page.ts";
import { count, counted, duration, listed } from "../words.ts";

const VERDICTS = 12;
const REQUESTS = 12;

/** What the recording holds of a conversation: counts, policy verdicts, requests, and events to find again. */
export function recordedLines(conversation: Conversation, page: Page): readonly string[] {
  const facts: readonly (readonly [string, string])[] = [
    ["seen", seenText(conversation)],
    ["verdicts", countsText(conversation.recorded)],
    ["service", listed(conversation.services, 4)],
    ["names", listed(conversation.destinationNames, 6)],
    ["processes", listed(conversation.processes ?? [], 5)],
    ["open", conversation.openBefore ? "since before the recording: established packets, no SYN" : ""],
    ["reply", conversation.reply === "probable" ? "may be a reply taken for a request" : ""],
  ];
  return [
    ...facts
      .filter(([, text]) => text !== "")
      .flatMap(([label, text]) => hanging(page, `  ${page.style.dim(label)}`, 14, text)),
    ...listLines(page, "policy", conversation.verdicts.slice(0, VERDICTS).map(verdictText)),
    ...listLines(page, "requests", conversation.requests.slice(0, REQUESTS).map(requestText)),
    ...listLines(page, "examples", conversation.examples.map(exampleText)),
  ];
}

function listLines(page: Page, label: string, texts: readonly string[]): readonly string[] {
  return texts.flatMap((text, index) => hanging(page, index === 0 ? `  ${page.style.dim(label)}` : "", 14, text));
}

function seenText(conversation: Conversation): string {
  const { flows, firstSeen, lastSeen, sidesSeen, nodes } = conversation;
  const span = `${timeText(firstSeen)} to ${timeText(lastSeen)} (${duration((lastSeen - firstSeen) / 1000)})`;
  const sides = sidesSeen.length === 0 ? "" : `, ${sidesSeen.join(" and ")} side`;
  return `${counted(flows, "flow")}, ${span}${nodes.length === 0 ? "" : `, on ${listed(nodes, 4)}`}${sides}`;
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const names = Object.keys(counts).sort();
  return names.map((name) => `${name} ${count(counts[name] ?? 0)}`).join(", ");
}

function verdictText(verdict: RecordedVerdict): string {
  const reason = verdict.dropReason === null ? "" : ` ${verdict.dropReason}`;
  const policies = verdict.policies.length === 0 ? "" : ` by ${listed(verdict.policies, 3)}`;
  const match = verdict.matchType === 0 ? "" : ` match ${verdict.matchType}`;
  return `${verdict.side} ${verdict.verdict}${reason} ×${count(verdict.count)} on ${verdict.node}${match}${policies}`;
}

function requestText({ request, count: times, verdicts }: SeenRequest): string {
  const answers = countsText(verdicts);
  return `${subjectText(request)} ×${count(times)}${answers === "" ? "" : ` (${answers})`}`;
}

function subjectText(request: SeenRequest["request"]): string {
  switch (request.kind) {
    case "dns":
      return `DNS ${request.name}`;
    case "http":
      return `${request.method} ${request.host}${request.path}`;
    case "tls":
      return `TLS ${request.serverName}`;
  }
}

function exampleText(example: Conversation["examples"][number]): string {
  const { time, node, source, destination, verdict, uuid } = example;
  return `${timeText(time)} ${source} → ${destination} ${verdict} on ${node}, uuid\u00A0${uuid}`;
}

function timeText(time: number): string {
  return new Date(time).toISOString();
}
