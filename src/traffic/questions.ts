import type { Conversation, SeenRequest } from "#model/conversation.ts";
import type { NameQuestion } from "#model/coverage.ts";
import type { Inventory } from "#model/objects.ts";
import { indexInventory } from "./finish/inventory-index.ts";

/** Questions beyond this are counted as dropped, as requests of a recording are. */
const MAX_REQUESTS = 200;

/** Conversations with the questions of their sources among the requests, and how many nobody could be found for. */
export type Joined = { readonly conversations: readonly Conversation[]; readonly unknown: number };

/**
 * Puts what a resolver's log tells into the conversations with resolvers: which names each source really asks, search
 * suffixes included, so that a DNS rule is held against them although no proxy saw them. No verdicts: nobody judged them.
 */
export function joinQuestions(
  conversations: readonly Conversation[],
  questions: readonly NameQuestion[],
  inventory: Inventory | null,
): Joined {
  if (questions.length === 0) return { conversations, unknown: 0 };
  const resolvings = resolvingBySource(conversations);
  const podsAt = inventory === null ? () => [] : indexInventory(inventory).podsAt;
  const given = new Map<Conversation, NameQuestion[]>();
  let unknown = 0;
  for (const question of questions) {
    const sources = [question.asker, ...podsAt(question.asker).map((pod) => `${pod.namespace}/${pod.name}`)];
    const conversation = sources.map((source) => resolvings.get(source)).find((found) => found !== undefined);
    if (conversation === undefined) {
      unknown++;
      continue;
    }
    const known = given.get(conversation);
    if (known === undefined) given.set(conversation, [question]);
    else known.push(question);
  }
  return { conversations: conversations.map((one) => withQuestions(one, given.get(one) ?? [])), unknown };
}

/** The conversation with a resolver, by the source's addresses and pods: the busiest, UDP as a rule. */
function resolvingBySource(conversations: readonly Conversation[]): ReadonlyMap<string, Conversation> {
  const found = new Map<string, Conversation>();
  const busiestFirst = conversations.filter((one) => one.port === 53).sort((a, b) => b.flows - a.flows);
  for (const conversation of busiestFirst) {
    const { from } = conversation;
    if (from.kind !== "pod") continue;
    for (const key of [...from.addresses, ...from.pods.map((pod) => `${from.namespace}/${pod}`)]) {
      if (!found.has(key)) found.set(key, conversation);
    }
  }
  return found;
}

function withQuestions(conversation: Conversation, questions: readonly NameQuestion[]): Conversation {
  if (questions.length === 0) return conversation;
  const asked = new Set(conversation.requests.flatMap(({ request }) => (request.kind === "dns" ? [request.name] : [])));
  const counts = new Map<string, number>();
  for (const { name, count } of questions) if (!asked.has(name)) counts.set(name, (counts.get(name) ?? 0) + count);
  const requests: SeenRequest[] = [...counts].map(([name, count]) => ({
    request: { kind: "dns", name },
    count,
    verdicts: {},
    epoch: conversation.epochs[0] ?? 0,
  }));
  const kept = requests.slice(0, Math.max(0, MAX_REQUESTS - conversation.requests.length));
  return {
    ...conversation,
    requests: [...conversation.requests, ...kept],
    requestsDropped: conversation.requestsDropped + requests.length - kept.length,
  };
}
