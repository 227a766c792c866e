import { isHairpin } from "#analysis/hairpins.ts";
import { isScraper } from "#analysis/pod-facts.ts";
import type { Conversation, End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Purpose } from "#model/generated.ts";
import type { Need, Peer, Port } from "./draft.ts";
import { entityOf, isApiServer } from "./entities.ts";
import { outsideDestination, outsideSource } from "./outside.ts";
import { isResolverTraffic } from "./resolver.ts";
import type { Left } from "./sort-out.ts";
import type { Stage } from "./stage.ts";

export type Proposed = { readonly needs: readonly Need[]; readonly left: readonly Left[] };

/** What each wanted conversation needs on each side that a policy can have; or why no rule says it. */
export function propose(wanted: readonly Conversation[], stage: Stage): Proposed {
  const needs: Need[] = [];
  const left: Left[] = [];
  const webhooks = webhookTargets(stage);
  for (const conversation of wanted) {
    for (const side of stage.options.directions) {
      const found = needOf(conversation, side, stage, webhooks);
      if (found === null) continue;
      if ("reason" in found) left.push({ conversation, reason: `${side}: ${found.reason}` });
      else needs.push(found);
    }
  }
  return { needs, left };
}

function needOf(
  conversation: Conversation,
  side: Direction,
  stage: Stage,
  webhooks: ReadonlySet<string>,
): Need | { readonly reason: string } | null {
  const subject = side === "egress" ? conversation.from : conversation.to;
  const group = stage.groups.of(subject);
  if (group === null) return null;
  const port = portOf(conversation, stage);
  if ("reason" in port) return port;
  const found = sayable(peersOf(conversation, side, stage), side, stage);
  if ("reason" in found) return found;
  if (found.peers.length === 0) return null;
  const purpose = purposeOf(conversation, side, stage, webhooks);
  const notes = [...found.notes, ...hairpinNote(conversation, stage)];
  return { group, side, peers: found.peers, port, purpose, conversation, notes };
}

/** The words for the conversation's protocol and port. */
function portOf(conversation: Conversation, { snapshot, options }: Stage): Port | { readonly reason: string } {
  const { protocol, port, icmpType } = conversation;
  const config = snapshot.config.value;
  if (icmpType !== null) {
    if (options.kind === "knp") return { reason: "a NetworkPolicy has no words for ICMP" };
    if (!config.enableICMPRules) return { reason: "ICMP rules are switched off (enable-icmp-rules)" };
    if (icmpType === 0) return { reason: "ICMP type 0 in a rule stands for every type" };
    return { kind: "icmp", family: protocol === "ICMPv6" ? "IPv6" : "IPv4", type: icmpType };
  }
  if (protocol === "SCTP" && !config.enableSCTP) return { reason: "SCTP is switched off (enable-sctp)" };
  if (port === null || !["TCP", "UDP", "SCTP"].includes(protocol)) {
    return { reason: `no port is known, and ${protocol} has no words in a rule` };
  }
  if (port === 0) return { reason: "port 0 in a rule stands for every port" };
  return { kind: "port", protocol, port, endPort: null };
}

/** What went out by a public name and came back in: whom it really met. */
function hairpinNote(conversation: Conversation, stage: Stage): readonly string[] {
  if (conversation.to.kind !== "pod" || !stage.hasPublicServices) return [];
  return isHairpin(conversation, stage.snapshot)
    ? ["by a public name and back in: it meets the ingress controller"]
    : [];
}

type Found = { readonly peers: readonly Peer[]; readonly notes: readonly string[] };

function peersOf(conversation: Conversation, side: Direction, stage: Stage): Found | { readonly reason: string } {
  const peer: End = side === "egress" ? conversation.to : conversation.from;
  switch (peer.kind) {
    case "pod": {
      const group = stage.groups.of(peer);
      return group === null ? { reason: "its labels are not known" } : { peers: [{ kind: "group", group }], notes: [] };
    }
    case "reserved":
      return entityPeer(entityOf(peer, side === "egress" ? conversation.port : apiPort(conversation, stage), stage));
    case "address":
      return side === "egress"
        ? outsideDestination(peer, conversation, stage)
        : outsideSource(peer, conversation, stage);
    case "unknown":
      return { reason: `an end is not known: ${peer.reason}` };
  }
}

/** The API server calls webhooks from any port: as a source it is known by its labels alone. */
function apiPort({ from }: Conversation, { apiServerPorts }: Stage): number | null {
  const isApi = from.kind === "reserved" && from.labels.includes("reserved:kube-apiserver");
  return isApi ? ([...apiServerPorts][0] ?? null) : null;
}

const ENTITIES: ReadonlySet<string> = new Set([
  "host",
  "remote-node",
  "kube-apiserver",
  "health",
  "ingress",
  "init",
  "unmanaged",
  "world",
  "world-ipv4",
  "world-ipv6",
]);

function entityPeer(entity: string): Found | { readonly reason: string } {
  if (!ENTITIES.has(entity)) return { reason: `no entity means ${entity}` };
  return { peers: [{ kind: "entity", entity }], notes: [] };
}

/** A NetworkPolicy knows pods and addresses alone; a pod's own node needs no rule where it may come in anyway. */
function sayable(
  found: Found | { readonly reason: string },
  side: Direction,
  { options, snapshot }: Stage,
): Found | { readonly reason: string } {
  if (options.kind !== "knp" || "reason" in found) return found;
  const entity = found.peers.flatMap((peer) =>
    peer.kind === "entity" && peer.entity !== "world" ? peer.entity : [],
  )[0];
  if (entity === undefined) return found;
  const isImplicit = entity === "host" && side === "ingress" && snapshot.config.value.allowLocalhost === "always";
  return isImplicit ? { peers: [], notes: [] } : { reason: `a NetworkPolicy has no words for ${entity}` };
}

function purposeOf(conversation: Conversation, side: Direction, stage: Stage, webhooks: ReadonlySet<string>): Purpose {
  const { from, to, port } = conversation;
  if (isResolverTraffic(conversation, stage)) return "dns";
  if (side === "egress") return isApiServer(to, port, stage) ? "apiserver" : "application";
  if (to.kind === "pod" && from.kind === "reserved") {
    const isApi = from.labels.includes("reserved:kube-apiserver");
    if (!isApi && from.labels.includes("reserved:host")) return "probe";
    const group = stage.groups.of(to);
    if (webhooks.has(`${group?.namespace}/${group?.name}:${port}`)) return "webhook";
    if (from.labels.includes("reserved:host")) return "probe";
  }
  return to.kind === "pod" && isScraper(from, stage.snapshot) ? "scrape" : "application";
}

/** `namespace/group:port` of every container port that a webhook's Service leads to. */
function webhookTargets({ snapshot, groups, services }: Stage): ReadonlySet<string> {
  const called = snapshot.inventory.webhooks.flatMap((webhook) => webhook.services);
  const names = new Map(called.map((one) => [`${one.namespace}/${one.name}`, one.port]));
  if (names.size === 0) return new Set();
  return new Set(
    groups.all.flatMap((group) =>
      group.ends.flatMap((end) =>
        services
          .waysTo(end)
          .filter(({ service, port }) => names.get(`${service.namespace}/${service.name}`) === port)
          .map(({ target }) => `${group.namespace}/${group.name}:${target}`),
      ),
    ),
  );
}
