import type { Conversation, End } from "#model/conversation.ts";
import type { Inventory } from "#model/objects.ts";
import type { ProcessConnect } from "#model/process-connect.ts";

/** Clocks differ, and a connection's first flow may have been lost: so far beside a conversation's time it is still its. */
const SLACK_MS = 60_000;
/** So many programs of one conversation are named. */
const MOST = 5;

/**
 * Names the programs that opened conversations: those of its source's pods that connected to its destination's address
 * and port, or to a Service by which it was asked for, while it was seen. Without the pod's name (a workload of more pods
 * than are kept) nothing is joined: a guess would name an innocent program.
 */
export function joinProcesses(
  conversations: readonly Conversation[],
  connects: readonly ProcessConnect[],
  inventory: Inventory,
): readonly Conversation[] {
  if (connects.length === 0) return conversations;
  const services = servicesByAddress(inventory);
  const byPod = new Map<string, ProcessConnect[]>();
  for (const connect of connects) {
    const key = `${connect.namespace}/${connect.pod}`;
    const known = byPod.get(key);
    if (known === undefined) byPod.set(key, [connect]);
    else known.push(connect);
  }
  return conversations.map((conversation) => {
    const { from } = conversation;
    if (from.kind !== "pod" || conversation.protocol !== "TCP") return conversation;
    const own = from.pods.flatMap((pod) => byPod.get(`${from.namespace}/${pod}`) ?? []);
    const binaries = new Set(own.filter((one) => isOf(one, conversation, services)).map(({ binary }) => binary));
    return binaries.size === 0 ? conversation : { ...conversation, processes: [...binaries].sort().slice(0, MOST) };
  });
}

function isOf(connect: ProcessConnect, conversation: Conversation, services: ReadonlyMap<string, string>): boolean {
  const { firstSeen, lastSeen, to, port } = conversation;
  if (connect.time < firstSeen - SLACK_MS || connect.time > lastSeen + SLACK_MS) return false;
  if (connect.port === port && addressesOf(to).includes(connect.address)) return true;
  const service = services.get(connect.address);
  return service !== undefined && conversation.services.includes(service);
}

function addressesOf(end: End): readonly string[] {
  if (end.kind === "pod" || end.kind === "reserved") return end.addresses;
  return end.address === null ? [] : [end.address];
}

function servicesByAddress(inventory: Inventory): ReadonlyMap<string, string> {
  return new Map(
    inventory.services.flatMap(({ namespace, name, clusterIPs }) =>
      clusterIPs.map((address) => [address, `${namespace}/${name}`] as const),
    ),
  );
}
