import type { Ended } from "./connections.ts";
import { NO_END } from "./end-table.ts";
import type { FlowFold } from "./flow-fold.ts";
import type { FoldState } from "./fold-state.ts";

/** Takes the flows of a later part of the recording over into the fold of the earlier one. */
export function mergeFlows(fold: FlowFold, state: FoldState, phaseOffset: number): void {
  const ends = fold.ends.merge(state.ends, state.workloads);
  const conversations = state.conversations.map((conversation) => {
    const from = ends[conversation.key.from] ?? NO_END;
    const to = ends[conversation.key.to] ?? NO_END;
    const index = from === NO_END || to === NO_END ? -1 : fold.conversations.indexOf({ ...conversation.key, from, to });
    const own = fold.conversations.list[index];
    if (own === undefined) fold.hit.add("conversations");
    else own.merge(conversation, phaseOffset);
    return index;
  });
  fold.names.merge(state.names, state.namesDropped);
  fold.skew.merge(state.skew);
  for (const hit of state.hit) fold.hit.add(hit);
  mergeConnections(fold, state, conversations);
}

/** A connection whose SYN the later part lacks may have begun in the earlier one: then it is one connection. */
function mergeConnections(fold: FlowFold, state: FoldState, conversations: readonly number[]): void {
  const joined = (ended: Ended): Ended => {
    const conversation = conversations[ended.conversation] ?? -1;
    const before = ended.sawSyn ? null : fold.connections.get(ended.high, ended.low);
    if (before === null || before.isClosed) return { ...ended, conversation };
    return { ...ended, conversation, first: before.first, sawSyn: before.sawSyn };
  };
  for (const orphan of state.orphans) {
    const ended = joined(orphan);
    const lacksSyn = !ended.sawSyn && ended.first < fold.connections.reliableUntil;
    fold.conversations.list[ended.conversation]?.noteConnection(ended.last - ended.first, lacksSyn);
  }
  for (const connection of state.connections) fold.connections.put(joined(connection));
  if (state.reliableUntil < fold.connections.reliableUntil) fold.connections.reliableUntil = state.reliableUntil;
}
