import { podEnd } from "#engine/identity/identity.ts";
import type { Conversation, End, PodEnd } from "#model/conversation.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { endKey } from "./end-name.ts";

/** All ends of the recording, each once. */
export function distinctEnds(conversations: readonly Conversation[]): readonly End[] {
  const found = new Map<string, End>();
  for (const { from, to } of conversations) {
    found.set(endKey(from), from);
    found.set(endKey(to), to);
  }
  return [...found.values()];
}

const ENDS = new WeakMap<Snapshot, readonly End[]>();

/** Every endpoint that is known: those of the recording, and the pods of the objects that it never heard. */
export function knownEnds(snapshot: Snapshot): readonly End[] {
  const known = ENDS.get(snapshot) ?? findEnds(snapshot);
  ENDS.set(snapshot, known);
  return known;
}

function findEnds(snapshot: Snapshot): readonly End[] {
  const { inventory, cilium, config } = snapshot;
  const heard = distinctEnds(snapshot.traffic.conversations);
  const found = new Map(heard.map((end) => [endKey(end), end]));
  // A recorded identity may lack what the objects tell of it (named ports): the same pod is not to stand here twice.
  const names = new Set(
    heard.flatMap((end) => (end.kind === "pod" ? end.pods.map((pod) => `${end.namespace}/${pod}`) : [])),
  );
  for (const pod of inventory.pods) {
    if (pod.hostNetwork || ["Succeeded", "Failed"].includes(pod.phase) || names.has(`${pod.namespace}/${pod.name}`))
      continue;
    const end = podEnd(pod, inventory, cilium.value, config.value);
    if (!found.has(endKey(end))) found.set(endKey(end), end);
  }
  return [...found.values()];
}

/** Narrows a list of ends to pods. */
export function podEnds(ends: readonly End[]): readonly PodEnd[] {
  return ends.filter((end) => end.kind === "pod");
}
