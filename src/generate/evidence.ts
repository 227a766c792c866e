import { endName } from "#analysis/end-name.ts";
import { timeText } from "#analysis/report-edge.ts";
import type { Conversation, End } from "#model/conversation.ts";
import type { LeftConversation, RuleEvidence } from "#model/generated.ts";
import { isSeenOnce } from "./once.ts";

/** What was recorded of the conversations behind a rule. */
export function evidenceOf(conversations: readonly Conversation[]): RuleEvidence {
  const first = conversations.reduce<number | null>(
    (time, one) => Math.min(time ?? one.firstSeen, one.firstSeen),
    null,
  );
  const last = conversations.reduce<number | null>((time, one) => Math.max(time ?? one.lastSeen, one.lastSeen), null);
  const [only] = conversations;
  return {
    conversations: conversations.length,
    flows: conversations.reduce((sum, one) => sum + one.flows, 0),
    firstSeen: first,
    lastSeen: last,
    seenOnce: conversations.length === 1 && only !== undefined && isSeenOnce(only),
    example: exampleOf(conversations),
  };
}

/** The latest event of the busiest conversation. */
function exampleOf(conversations: readonly Conversation[]): string | null {
  const [busiest] = [...conversations].sort((a, b) => b.flows - a.flows || (a.id < b.id ? -1 : 1));
  if (busiest === undefined) return null;
  const { examples, from, to, lastSeen } = busiest;
  const [latest] = [...examples].sort((a, b) => b.time - a.time || (a.uuid < b.uuid ? -1 : 1));
  return `${podName(from)} to ${podName(to)} at ${timeText(latest?.time ?? lastSeen)}`;
}

function podName(end: End): string {
  const pod = end.kind === "pod" ? end.pods[0] : undefined;
  return end.kind === "pod" && pod !== undefined ? `${end.namespace}/${pod}` : endName(end);
}

/** A conversation as lists name it. */
export function leftConversation(conversation: Conversation, reason: string): LeftConversation {
  const { id, from, to, flows, firstSeen, lastSeen } = conversation;
  return { id, from: endName(from), to: endName(to), on: onText(conversation), flows, firstSeen, lastSeen, reason };
}

/** `TCP 5432`, `ICMPv4 type 8`. */
export function onText({ protocol, port, icmpType }: Conversation): string {
  if (port !== null) return `${protocol} ${port}`;
  return icmpType === null ? protocol : `${protocol} type ${icmpType}`;
}
