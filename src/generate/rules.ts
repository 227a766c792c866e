import type { Conversation } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Purpose } from "#model/generated.ts";
import { collapsePeers } from "./collapse.ts";
import { dnsPatterns } from "./dns-names.ts";
import {
  fieldOf,
  type L7,
  type Need,
  type Peer,
  peerKey,
  type Port,
  portKey,
  type RuleDraft,
  sortedBy,
} from "./draft.ts";
import type { Group } from "./group.ts";
import { httpMatches } from "./http-templates.ts";
import { narrowOutside } from "./outside-limits.ts";
import { writtenPorts } from "./ports.ts";
import { isDeclared } from "./spoken.ts";
import type { Stage } from "./stage.ts";

/** The order in which rules stand: what the application does, then what every cluster needs. */
const PURPOSES: readonly Purpose[] = ["application", "apiserver", "dns", "scrape", "webhook", "probe"];

/** The fewest rules that allow one group's needs on one side: peers of the same ports stand in one rule. */
export function rulesFor(needs: readonly Need[], side: Direction, stage: Stage): readonly RuleDraft[] {
  const own = needs.filter((need) => need.side === side);
  return PURPOSES.flatMap((purpose) => {
    const meant = own.filter((need) => need.purpose === purpose);
    return meant.length === 0 ? [] : purposeRules(meant, own, stage);
  });
}

/** One peer with the ports that it is reached on, under one kind of L7 rules. */
type Pair = {
  readonly peer: Peer;
  readonly ports: readonly Port[];
  readonly l7: L7 | null;
  readonly conversations: readonly Conversation[];
  readonly notes: readonly string[];
};

function purposeRules(needs: readonly Need[], all: readonly Need[], stage: Stage): readonly RuleDraft[] {
  const pairs = narrowOutside(
    needs.flatMap((need) => need.peers.map((peer) => ({ peer, need }))),
    stage,
  );
  const byPeer = new Map<string, { readonly peer: Peer; readonly needs: Need[]; readonly notes: Set<string> }>();
  for (const { peer, need, note } of pairs) {
    const found = byPeer.get(peerKey(peer)) ?? { peer, needs: [], notes: new Set<string>() };
    byPeer.set(peerKey(peer), found);
    found.needs.push(need);
    for (const text of note === null ? need.notes : [note]) found.notes.add(text);
  }
  const split = [...byPeer.values()].flatMap((one) => pairsOf(one, all, stage));
  return mergedPairs(split, needs, stage);
}

type PeerNeeds = { readonly peer: Peer; readonly needs: readonly Need[]; readonly notes: ReadonlySet<string> };

/** A peer's ports by the L7 rules on them. */
function pairsOf({ peer, needs, notes }: PeerNeeds, all: readonly Need[], stage: Stage): readonly Pair[] {
  const byL7 = new Map<string, { readonly l7: L7 | null; readonly needs: Need[] }>();
  for (const [, own] of groupedBy(needs, (need) => portKey(need.port))) {
    const l7 = l7Of(own, all, stage);
    const key = `${own[0]?.port.kind} ${JSON.stringify(l7)}`;
    const found = byL7.get(key) ?? { l7, needs: [] };
    byL7.set(key, found);
    found.needs.push(...own);
  }
  return [...byL7.values()].map(({ l7, needs: own }) => {
    const distinct = [...new Map(own.map((need) => [portKey(need.port), need.port])).values()];
    const written = portsOf(distinct, own, l7, stage);
    return {
      peer,
      l7,
      ports: written.ports,
      conversations: own.map((need) => need.conversation),
      notes: [...notes, ...written.notes],
    };
  });
}

function portsOf(ports: readonly Port[], needs: readonly Need[], l7: L7 | null, stage: Stage) {
  const [first] = needs;
  if (first?.purpose === "dns") return { ports: bothProtocols(ports), notes: [] };
  // The node itself comes in on any port anyway: saying so once reads better than each probe's port.
  if (first?.purpose === "probe" && stage.snapshot.config.value.allowLocalhost === "always")
    return { ports: [], notes: [] };
  const isSpoken = (number: number) =>
    needs.some(({ conversation: { to } }) => to.kind === "pod" && isDeclared(to, number, stage));
  return writtenPorts(ports, (port) => isSpoken(port.port), l7 === null);
}

/** A long answer comes again over TCP, so a resolver is always asked on both. */
function bothProtocols(ports: readonly Port[]): readonly Port[] {
  const numbers = new Set(ports.flatMap((port) => (port.kind === "port" ? port.port : [])));
  const both = [...numbers].flatMap((port) =>
    ["UDP", "TCP"].map((protocol): Port => ({ kind: "port", protocol, port, endPort: null })),
  );
  return sortedBy(both, portKey);
}

/** The proxy's rules on one port of one peer. */
function l7Of(needs: readonly Need[], all: readonly Need[], { options }: Stage): L7 | null {
  const [first] = needs;
  if (first === undefined || options.kind === "knp") return null;
  if (first.purpose === "dns") return first.side === "egress" ? dnsL7(needs, all, options.dns) : null;
  if (!options.l7 || first.side !== "ingress" || first.port.kind !== "port" || first.port.protocol !== "TCP")
    return null;
  const conversations = needs.map((need) => need.conversation);
  const seen = conversations.every((one) => one.requests.some(({ request }) => request.kind === "http"));
  const matches = seen ? httpMatches(conversations) : [];
  return matches.length === 0 ? null : { kind: "http", matches };
}

/** Questions go through the proxy where names are needed, or would be: else outside addresses stay nameless. */
function dnsL7(needs: readonly Need[], all: readonly Need[], dns: "all" | "asked"): L7 | null {
  const outside = all.filter((need) => need.peers.some((peer) => peer.kind === "name" || peer.kind === "cidr"));
  const names = outside.flatMap((need) => need.peers.flatMap((peer) => (peer.kind === "name" ? peer.name : [])));
  if (dns === "asked") {
    const patterns = dnsPatterns(
      needs.map((need) => need.conversation),
      names,
    );
    return { kind: "dns", patterns };
  }
  return outside.length === 0 ? null : { kind: "dns", patterns: ["*"] };
}

/** Peers whose ports and L7 rules are the same stand in one rule. */
function mergedPairs(pairs: readonly Pair[], needs: readonly Need[], stage: Stage): readonly RuleDraft[] {
  const keyOf = ({ peer, ports, l7 }: Pair) => JSON.stringify([fieldOf(peer), ports, l7]);
  const [first] = needs;
  if (first === undefined) return [];
  const rules = groupedBy(pairs, keyOf).map(([, own]): RuleDraft => {
    const peers = sortedBy(
      own.map(({ peer }) => peer),
      peerKey,
    );
    const { peers: written, notes } = collapsed(peers, stage);
    return {
      side: first.side,
      purpose: first.purpose,
      peers: written,
      ports: own[0]?.ports ?? [],
      l7: own[0]?.l7 ?? null,
      conversations: [...new Set(own.flatMap(({ conversations }) => conversations))],
      notes: [...new Set([...own.flatMap((one) => one.notes), ...notes])].sort(),
    };
  });
  return sortedBy(
    rules,
    (rule) =>
      `${FIELD_ORDER.indexOf(fieldOf(rule.peers[0] ?? WORLD))} ${JSON.stringify([rule.peers.map(peerKey), rule.ports])}`,
  );
}

const FIELD_ORDER = ["Endpoints", "FQDNs", "CIDR", "Entities"];
const WORLD: Peer = { kind: "entity", entity: "world" };

function collapsed(peers: readonly Peer[], stage: Stage) {
  const groups = peers.flatMap((peer): readonly Group[] => (peer.kind === "group" ? [peer.group] : []));
  if (groups.length < 2 || groups.length !== peers.length) return { peers, notes: [] };
  return collapsePeers(groups, stage.groups);
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly [string, readonly T[]])[] {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const list = found.get(keyOf(item)) ?? [];
    list.push(item);
    found.set(keyOf(item), list);
  }
  return [...found];
}
