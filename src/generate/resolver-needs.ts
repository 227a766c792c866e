import { endKey } from "#analysis/end-name.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Need, Peer } from "./draft.ts";
import type { Group } from "./group.ts";
import type { Stage } from "./stage.ts";

/**
 * The DNS rule of workloads that need names and whose questions were not recorded: the cluster's usual resolver. Without
 * it no name is ever learned. Questions are known by identity: of two runs of one job only one may have been heard asking.
 */
export function resolverNeeds(needs: readonly Need[], stage: Stage): readonly Need[] {
  const naming = new Map<Group, Conversation>();
  for (const need of needs) {
    const isNamed = need.side === "egress" && need.peers.some((peer) => peer.kind === "name");
    const isHeard = stage.facts.resolversOf.has(endKey(need.conversation.from));
    if (isNamed && !isHeard) naming.set(need.group, need.conversation);
  }
  return [...naming].flatMap(([group, conversation]) => usual(group, conversation, stage));
}

function usual(group: Group, conversation: Conversation, { facts, groups }: Stage): readonly Need[] {
  const seen = new Set<string>();
  return facts.usualResolvers.flatMap((resolver): readonly Need[] => {
    const found = groups.of(resolver.to);
    const key = `${endKey(resolver.to)} ${resolver.port}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const peer: Peer = { kind: "group", group: found ?? assumed() };
    return [
      {
        group,
        side: "egress",
        peers: [peer],
        port: { kind: "port", protocol: "UDP", port: resolver.port, endPort: null },
        purpose: "dns",
        conversation: silent(conversation, resolver.to),
        notes: ["no question of it to a resolver was recorded: the cluster's usual one"],
      },
    ];
  });
}

/** CoreDNS as nearly every cluster runs it. */
function assumed(): Group {
  return {
    namespace: "kube-system",
    name: "kube-dns",
    workloads: ["kube-system/kube-dns"],
    ends: [],
    selector: { labels: { "k8s-app": "kube-dns" }, absent: [], oneOf: {} },
  };
}

/** A conversation that nobody recorded, so that its rule shows no evidence. */
function silent(like: Conversation, to: Conversation["to"]): Conversation {
  return {
    ...like,
    id: `${like.id}-resolver`,
    to,
    protocol: "UDP",
    port: 53,
    flows: 0,
    recorded: {},
    hours: {},
    examples: [],
    verdicts: [],
    requests: [],
    destinationNames: [],
  };
}
