import { CONNTRACK_UUID, conntrackFlow, createConntrackReader, type ReadConntrack } from "#decode/conntrack.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Finding } from "#model/finding.ts";
import type { Inventory } from "#model/objects.ts";
import type { Traffic } from "#model/snapshot.ts";
import { count } from "#report/words.ts";
import type { Fold } from "#traffic/fold.ts";
import { textLines } from "./text-lines.ts";

/** Open connections of the agents' conntrack tables. */
export async function readConntrackFiles(paths: readonly string[]): Promise<ReadConntrack> {
  const reader = createConntrackReader();
  for (const path of paths) for await (const { text } of textLines(path)) reader.add(text);
  return reader.end();
}

/**
 * Puts open connections of pods into the fold, at the recording's end: they are then conversations like others, joined
 * and decided. The tables also hold what nodes do among themselves; without a pod's address nothing is taken.
 */
export function foldConntrack(fold: Fold, { entries }: ReadConntrack, inventory: Inventory): void {
  const pods = podAddresses(inventory);
  const end = fold.state().nodes.reduce((last, node) => Math.max(last, node.last), 0);
  entries.forEach((entry, index) => {
    if (pods.has(entry.source) || pods.has(entry.destination)) fold.add(conntrackFlow(entry, index, end));
  });
}

function podAddresses(inventory: Inventory): ReadonlySet<string> {
  const own = inventory.pods.filter((pod) => !pod.hostNetwork).flatMap((pod) => pod.addresses);
  return new Set([...own, ...inventory.ciliumEndpoints.flatMap((endpoint) => endpoint.addresses)]);
}

/** Marks conversations that only the tables tell of as open at the end, and says how many they are. */
export function markConntrack(traffic: Traffic): Traffic {
  const isIdle = ({ examples }: Conversation) => examples[0]?.uuid.startsWith(CONNTRACK_UUID) === true;
  const idle = traffic.conversations.filter(isIdle);
  if (idle.length === 0) return traffic;
  const conversations = traffic.conversations.map((one) => (isIdle(one) ? { ...one, openAtEnd: true } : one));
  const { coverage } = traffic;
  return { ...traffic, conversations, coverage: { ...coverage, findings: [...coverage.findings, idleFinding(idle)] } };
}

function idleFinding(idle: readonly Conversation[]): Finding {
  const one = idle.length === 1;
  return {
    id: "idle-connections",
    severity: "info",
    message: `${count(idle.length)} ${one ? "conversation is" : "conversations are"} known from open connections in the agents' conntrack tables alone: no recorded flow shows ${one ? "it" : "them"}`,
    help: "they are decided like all others; a flip meets them as established connections",
    count: idle.length,
  };
}
