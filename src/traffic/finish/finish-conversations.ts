import type { Conversation, End, RecordedVerdict, SeenRequest } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { EpochPlan } from "./epoch-plan.ts";
import type { FoldState } from "../fold-state.ts";
import { type ConversationState, RawConversation, Side } from "../raw-conversation.ts";
import { type EndFacts, finishedEnd, type ResolvedEnd, resolveEnd } from "./resolve-ends.ts";
import { eachSlot } from "../slots.ts";
import { stableId } from "./stable-id.ts";
import type { VerdictGroup } from "../verdict-groups.ts";

/** What conversations are finished with. */
export type Finishing = {
  readonly state: FoldState;
  readonly facts: EndFacts;
  readonly plan: EpochPlan;
  /** Conversations (by number) of which a connection was open when the recording ended. */
  readonly openAtEnd: ReadonlySet<number>;
};

/** A conversation with its ends resolved; several raw ones may turn out to be one. */
type Joined = {
  readonly key: string;
  readonly raw: RawConversation;
  readonly from: ResolvedEnd;
  readonly to: ResolvedEnd;
  openAtEnd: boolean;
};

const NO_BUDGET = { left: Number.POSITIVE_INFINITY };

/** The conversations in a stable order, and how many events were left out as echoes of others. */
export function finishConversations(finishing: Finishing): {
  readonly conversations: readonly Conversation[];
  readonly echoes: number;
} {
  const all = [...joinConversations(finishing).values()];
  const echoes = new Set(echoesOf(all));
  const joined = all.filter((one) => !echoes.has(one)).sort((a, b) => (a.key < b.key ? -1 : 1));
  const certain = new Set(joined.filter((one) => one.raw.certain > 0).map((one) => one.key));
  return {
    conversations: joined.map((one) => finishConversation(one, finishing, certain)),
    echoes: [...echoes].reduce((sum, one) => sum + one.raw.flows, 0),
  };
}

const NODES: ReadonlySet<string> = new Set(["host", "remote-node", "kube-apiserver"]);

/**
 * Conversations that only replies to a node's address make, while somebody else was seen asking the same from that
 * address: the request was masqueraded, and its reply names the address's owner (trap 50).
 */
function echoesOf(all: readonly Joined[]): readonly Joined[] {
  const askers = new Map<string, Set<string>>();
  for (const one of all) {
    if (one.raw.asked === 0 || isNode(one.from.end)) continue;
    const asked = `${one.to.key} > ${l4Text(one.raw)}`;
    const addresses = askers.get(asked) ?? new Set<string>();
    askers.set(asked, addresses);
    for (const address of addressesOf(one.from)) addresses.add(address);
  }
  return all.filter((one) => {
    if (one.raw.asked > 0 || !isNode(one.from.end)) return false;
    const addresses = askers.get(`${one.to.key} > ${l4Text(one.raw)}`);
    return addressesOf(one.from).some((address) => addresses?.has(address));
  });
}

function isNode(end: End): boolean {
  return end.kind === "reserved" && NODES.has(end.entity);
}

function addressesOf({ end, addresses }: ResolvedEnd): readonly string[] {
  return end.kind === "address" ? [end.address] : [...addresses];
}

/** Raw conversations by their final key: a pod and its workload are one, however each node called them. */
function joinConversations({ state, facts, openAtEnd }: Finishing): ReadonlyMap<string, Joined> {
  const ends = resolveEnds(state, facts);
  const joined = new Map<string, Joined>();
  state.conversations.forEach((conversation, index) => {
    const from = ends.get(conversation.key.from);
    const to = ends.get(conversation.key.to);
    if (from === undefined || to === undefined) return;
    const key = `${from.key} > ${to.key} > ${l4Text(conversation)}`;
    const known = joined.get(key) ?? {
      key,
      raw: new RawConversation(conversation.key, NO_BUDGET),
      from,
      to,
      openAtEnd: false,
    };
    known.raw.merge(conversation, 0);
    known.openAtEnd ||= openAtEnd.has(index);
    joined.set(key, known);
  });
  return joined;
}

function l4Text({ key }: Pick<ConversationState, "key">): string {
  return key.port >= 0 || key.icmpType < 0
    ? `${key.protocol} ${key.port}`
    : `${key.protocol} ${key.icmpType}/${key.icmpCode}`;
}

/** Every end once, with the sightings of all raw ends that it turned out to be. */
function resolveEnds(state: FoldState, facts: EndFacts): ReadonlyMap<number, ResolvedEnd> {
  const firsts = firstSightings(state);
  const byKey = new Map<string, ResolvedEnd>();
  const byNumber = new Map<number, ResolvedEnd>();
  state.ends.forEach((raw, index) => {
    const resolved = resolveEnd(raw, firsts.get(index) ?? 0, facts);
    const known = byKey.get(resolved.key);
    if (known === undefined) byKey.set(resolved.key, resolved);
    else {
      for (const pod of resolved.pods) known.pods.add(pod);
      for (const address of resolved.addresses) known.addresses.add(address);
      for (const node of resolved.nodes) known.nodes.add(node);
    }
    byNumber.set(index, known ?? resolved);
  });
  return byNumber;
}

function firstSightings(state: FoldState): ReadonlyMap<number, number> {
  const firsts = new Map<number, number>();
  for (const { key, first } of state.conversations) {
    for (const end of [key.from, key.to]) firsts.set(end, Math.min(firsts.get(end) ?? first, first));
  }
  return firsts;
}

function finishConversation(joined: Joined, finishing: Finishing, certain: ReadonlySet<string>): Conversation {
  const { raw } = joined;
  const { plan, facts } = finishing;
  const state = raw.state();
  const from = finishedEnd(joined.from);
  const to = finishedEnd(joined.to);
  const isLate = raw.certain === 0 && raw.probablePort !== 0 && certain.has(answered(joined));
  const verdicts = state.groups.flatMap((group) => recordedVerdicts(group, plan, facts));
  return {
    id: stableId(joined.key),
    from,
    to,
    protocol: state.key.protocol,
    port: state.key.port < 0 ? null : state.key.port,
    icmpType: state.key.icmpType < 0 ? null : state.key.icmpType,
    icmpCode: state.key.icmpCode < 0 ? null : state.key.icmpCode,
    flows: state.flows,
    recorded: state.recorded,
    sidesSeen: sidesSeen(state.sides),
    firstSeen: state.first,
    lastSeen: state.last,
    hours: Object.fromEntries([...state.hours].sort((a, b) => a[0] - b[0])),
    nodes: [...new Set([...state.seen.keys()].map(facts.nodeName))].sort(),
    examples: [...state.examples]
      .sort((a, b) => a.time - b.time)
      .map((one) => ({ ...one, node: facts.nodeName(one.node) })),
    verdicts: verdicts.sort((a, b) => a.firstSeen - b.firstSeen),
    requests: state.requests.map((request) => seenRequest(request, plan)),
    requestsDropped: state.requestsDropped,
    services: servicesOf(state, facts),
    destinationNames: [...state.names].map((name) => name.toLowerCase().replace(/\.$/, "")).sort(),
    reply: raw.certain === 0 && raw.probable > 0 && !isLate ? "probable" : "no",
    openBefore: raw.isOpenBefore,
    openAtEnd: joined.openAtEnd,
    longestSeconds: state.longestMs / 1000,
    epochs: epochsSeen(state, plan),
    notDecided: isLate ? "late-reply" : notDecided(from, to, state),
  };
}

/** Key of the conversation that a probable reply would answer. */
function answered({ from, to, raw }: Joined): string {
  return `${to.key} > ${from.key} > ${raw.key.protocol} ${raw.probablePort}`;
}

function sidesSeen(sides: number): readonly Direction[] {
  const both: Direction[] = ["egress", "ingress"];
  return both.filter((side) => (sides & Side[side]) !== 0);
}

function recordedVerdicts(group: VerdictGroup, plan: EpochPlan, facts: EndFacts): readonly RecordedVerdict[] {
  const byEpoch = new Map<number, { count: number; first: number; last: number }>();
  for (const slot of eachSlot(group.slots.values)) {
    const epoch = Math.max(0, plan.indexOf(group.node, { ...slot, revision: group.revision }));
    const known = byEpoch.get(epoch) ?? { count: 0, first: slot.first, last: slot.last };
    known.count += slot.count;
    known.first = Math.min(known.first, slot.first);
    known.last = Math.max(known.last, slot.last);
    byEpoch.set(epoch, known);
  }
  const { side, verdict, dropReason, matchType, remoteLabels, policies } = group;
  return [...byEpoch].map(([epoch, { count, first, last }]) => ({
    side,
    verdict,
    dropReason,
    matchType,
    epoch,
    node: facts.nodeName(group.node),
    count,
    remoteLabels,
    policies,
    firstSeen: first,
    lastSeen: last,
  }));
}

function seenRequest(record: ConversationState["requests"][number], plan: EpochPlan): SeenRequest {
  const { request, count, verdicts, firstTime, node } = record;
  const epoch = Math.max(0, plan.indexOf(node, { first: firstTime, last: firstTime }));
  return { request, count, verdicts, epoch };
}

/** Named by events, or by the address that replies were translated back to. */
function servicesOf(state: ConversationState, facts: EndFacts): readonly string[] {
  const byAddress = [...state.xlated].flatMap((address) => facts.index.serviceAt(address) ?? []);
  return [...new Set([...state.services, ...byAddress])].sort();
}

/** Epochs in which some event fell for certain. */
function epochsSeen(state: ConversationState, plan: EpochPlan): readonly number[] {
  const epochs = new Set<number>();
  for (const [node, slots] of state.seen) {
    for (const { first, last } of eachSlot(slots.values)) {
      epochs.add(plan.indexOf(node, { first, last: first }));
      epochs.add(plan.indexOf(node, { first: last, last }));
    }
  }
  return [...epochs].filter((epoch) => epoch >= 0).sort((a, b) => a - b);
}

/** Ports on which sidecars and ambient proxies take traffic over: what the application said is inside (trap 43). */
const MESH_PORTS: ReadonlySet<number> = new Set([15001, 15006, 15008]);
/** Reserved ends that are endpoints of Cilium's own, with policy; the others are nodes or nobody. */
const ENDPOINTS: ReadonlySet<string> = new Set(["health", "ingress", "init"]);

function notDecided(from: End, to: End, state: ConversationState): string | null {
  if (isOtherCluster(from) || isOtherCluster(to)) return "cluster-mesh";
  if (state.key.protocol === "TCP" && MESH_PORTS.has(state.key.port) && to.kind === "pod") return "mesh-proxy";
  const hasSubject = isSubject(from) || isSubject(to);
  return !hasSubject && state.groups.length > 0 ? "host-firewall" : null;
}

function isOtherCluster(end: End): boolean {
  return end.kind === "pod" && end.otherCluster !== null;
}

function isSubject(end: End): boolean {
  return end.kind === "pod" || (end.kind === "reserved" && ENDPOINTS.has(end.entity));
}
