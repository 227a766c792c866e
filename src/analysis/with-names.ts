import type { End } from "#model/conversation.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { endKey, endName } from "./end-name.ts";
import type { NameFacts } from "./learned-names.ts";

/**
 * The conversations with every name that is known for their outside ends, for people to read; ends that are alike are
 * one object, so that the engine reads each once.
 */
export function withNames(snapshot: Snapshot, facts: NameFacts): Snapshot {
  const ends = new Map<string, End>();
  const named = (end: End): End => {
    const key = `${endKey(end)} ${endName(end)}`;
    const known =
      ends.get(key) ??
      (end.kind === "address" ? { ...end, names: facts.byAddress.get(end.address) ?? end.names } : end);
    ends.set(key, known);
    return known;
  };
  const conversations = snapshot.traffic.conversations.map((one) => ({
    ...one,
    from: named(one.from),
    to: named(one.to),
  }));
  return { ...snapshot, traffic: { ...snapshot.traffic, conversations } };
}
