import { endKey } from "#analysis/end-name.ts";
import { isScraper } from "#analysis/pod-facts.ts";
import type { Conversation } from "#model/conversation.ts";
import { isSeenOnce } from "./once.ts";
import type { Stage } from "./stage.ts";

/** Ports of one peer that nothing speaks of, from which on one source's asking for them is a scan. */
const PORTS = 10;
/** Of these, ports below 1024: programs that take dynamic ports take none of them. */
const LOW_PORTS = 3;
/** Peers that one source met once each on one port, none of them spoken of. */
const PEERS = 10;

/** Why a conversation looks like part of a scan, by conversation id. `isSpoken`: something speaks of its port. */
export function findScans(
  conversations: readonly Conversation[],
  stage: Stage,
  isSpoken: (conversation: Conversation) => boolean,
): ReadonlyMap<string, string> {
  const odd = conversations.filter((one) => one.from.kind === "pod" && !isSpoken(one));
  const reasons = new Map<string, string>();
  for (const one of portScans(odd)) for (const [id, reason] of one) reasons.set(id, reason);
  for (const one of sweeps(odd, stage)) for (const [id, reason] of one) reasons.set(id, reason);
  return reasons;
}

type Reasons = readonly (readonly [string, string])[];

/** One source, many ports of one peer, well-known ones among them. */
function portScans(odd: readonly Conversation[]): readonly Reasons[] {
  const pairs = grouped(odd, (one) => (one.port === null ? null : `${endKey(one.from)}\n${peerKey(one)}`));
  return pairs.flatMap((all): Reasons[] => {
    const ports = new Set(all.map((one) => one.port ?? 0));
    const low = [...ports].filter((port) => port < 1024).length;
    if (ports.size < PORTS || low < LOW_PORTS) return [];
    return [
      all.map((one) => [one.id, `a scan: one source asked ${ports.size} ports of one peer that nothing speaks of`]),
    ];
  });
}

/** One source, one port, many pods, each met once. */
function sweeps(odd: readonly Conversation[], stage: Stage): readonly Reasons[] {
  const once = odd.filter(
    (one) => one.to.kind !== "address" && isSeenOnce(one) && !isScraper(one.from, stage.snapshot),
  );
  const ports = grouped(once, (one) => `${endKey(one.from)}\n${one.protocol} ${one.port ?? one.icmpType ?? ""}`);
  return ports.flatMap((all): Reasons[] => {
    const peers = new Set(all.map(peerKey));
    if (peers.size < PEERS) return [];
    return [all.map((one) => [one.id, `a scan: one source met ${peers.size} peers once each on one port`])];
  });
}

function peerKey({ to }: Conversation): string {
  return to.kind === "pod" && to.workload !== null ? `${to.namespace}/${to.workload.name}` : endKey(to);
}

function grouped(
  items: readonly Conversation[],
  keyOf: (item: Conversation) => string | null,
): readonly (readonly Conversation[])[] {
  const found = new Map<string, Conversation[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const list = found.get(key) ?? [];
    list.push(item);
    found.set(key, list);
  }
  return [...found.values()];
}
