import type { Finding } from "#model/finding.ts";
import type { Flow, FlowEvent, FlowSerials, LostEvents, NodeStatus } from "#model/flow.ts";
import type { Traffic } from "#model/snapshot.ts";
import { EVENT_KINDS, type EventKind, eventKind, isFromPoint, isPolicyDrop } from "./event-kind.ts";
import { ALL_FIELDS, fieldsOf } from "./fields-seen.ts";
import { type FinishContext, finishTraffic } from "./finish/finish.ts";
import { type At, FlowFold } from "./flow-fold.ts";
import { DEFAULT_BOUNDS, type FoldBounds } from "./fold-bounds.ts";
import { addCounts, bump, type FoldState, newCounts, type ToldGap } from "./fold-state.ts";
import { type LeftOut, leftOutReason } from "./left-out.ts";
import { mergeFlows } from "./merge-flows.ts";
import { NodeTable } from "./node-table.ts";
import type { NodeTimeline } from "./node-timeline.ts";
import { Tallies, type Tallied, type TallyFacts } from "./tallies.ts";
import { revisionOf } from "./verdict-groups.ts";

export type FoldOptions = {
  /** Times (milliseconds since 1970) at which objects are known to have changed: policies' creation, and so on. */
  readonly changes?: readonly number[];
  readonly bounds?: Partial<FoldBounds>;
  /** True for a later part of a file: connections without SYN may have begun in the part before. */
  readonly isContinuation?: boolean;
};

const MAX_GAPS = 5000;
/** Phases of a merged part are told from our own by this. */
const PHASES = 1_000_000;

/**
 * Folds flow events into conversations, names, epochs and coverage, one event at a time. `add` keeps nothing of the event
 * it is given. Parts of a recording may be folded apart (`state`, `merge` in the order of time) and give the same.
 */
export class Fold {
  private readonly counts = newCounts();
  private readonly flows: FlowFold;
  private readonly nodes: NodeTable;
  private readonly kinds: Record<EventKind, number> = { verdict: 0, trace: 0, drop: 0, l7: 0, socket: 0, capture: 0 };
  private readonly at: At;
  private readonly tallies = new Tallies((tallied) => this.settleTally(tallied));
  private fromPoints = 0;
  private readonly gaps: ToldGap[] = [];
  private readonly unreachable = new Map<string, number>();
  private readonly findings: Finding[] = [];
  private lastTime = 0;
  private parts = 0;

  constructor(options: FoldOptions = {}) {
    const bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.flows = new FlowFold(bounds, options.isContinuation ?? false);
    this.nodes = new NodeTable(
      [...(options.changes ?? [])].sort((a, b) => a - b),
      bounds.nodes,
    );
    this.at = { node: this.nodes.nowhere, time: 0, kind: "trace" };
  }

  add(event: FlowEvent): void {
    this.counts.lines++;
    const time = event.time ?? this.lastTime;
    if (time > this.lastTime) this.lastTime = time;
    switch (event.kind) {
      case "flow":
        this.addFlow(event, time);
        return;
      case "lost":
        this.addLost(event, time);
        break;
      case "node-status":
        this.addStatus(event, time);
        break;
      case "agent":
        this.nodes.get(event.node).noteAgentEvent(event, time);
        break;
      case "debug":
      case "unknown":
        break;
    }
    bump(this.counts.kinds, event.kind);
  }

  /** Policies changed at this time, on all nodes: told by the objects, not by events. */
  changed(time: number): void {
    this.nodes.changed(time);
  }

  /** A line that holds no event: why. */
  skip(reason: string, lines = 1): void {
    this.counts.lines += lines;
    bump(this.counts.skipped, reason, lines);
  }

  /** Something to say of the recording. */
  say(finding: Finding): void {
    this.findings.push(finding);
  }

  private addFlow(flow: Flow, time: number): void {
    const { counts } = this;
    counts.flows++;
    if ((counts.fields & ALL_FIELDS) !== ALL_FIELDS) counts.fields |= fieldsOf(flow);
    if (flow.isAggregated) {
      counts.aggregatedLines++;
      counts.aggregatedFlows += flow.count;
    }
    const node = this.nodes.get(flow.node);
    node.noteFlow(time, 1);
    if (this.unreachable.size > 0) this.heardAgain(flow.node, time);
    if (flow.serials !== undefined && this.isAgain(flow, flow.serials, node, time)) return;
    const kind = eventKind(flow);
    this.kinds[kind]++;
    if (flow.agentVersion !== "" && flow.agentVersion !== node.version) node.noteVersion(flow.agentVersion, time);
    if (kind === "verdict") noteVerdict(node, flow, time);
    const { at } = this;
    at.node = node;
    at.time = time;
    at.kind = kind;
    const reason = this.evidenceOf(flow, kind) ?? this.flows.add(flow, at);
    if (reason === "from-point") this.fromPoints++;
    else if (reason !== null && reason !== "drop") bump(counts.leftOut, reason);
    if (flow.serials !== undefined) this.beginTally(flow, flow.serials, reason);
  }

  /** True when events like this one are counted aside: then it is one more of them. */
  private isAgain(flow: Flow, serials: FlowSerials, node: NodeTimeline, time: number): boolean {
    const place = this.tallies.find(flow, serials);
    const facts = place < 0 ? undefined : this.tallies.factsAt(place);
    if (facts === undefined || this.flows.isOther(facts, flow)) return false;
    this.kinds[EVENT_KINDS[facts.kind] ?? "trace"]++;
    if (facts.revision !== null) node.noteRevision(facts.revision, time);
    this.tallies.count(place, time, node.phase);
    if (facts.conversation >= 0) this.flows.again(facts, flow, time);
    return true;
  }

  private beginTally(flow: Flow, serials: FlowSerials, reason: LeftOut | "drop" | null): void {
    const { at } = this;
    if (!this.tallies.isWorth(flow, serials)) return;
    if (reason === null) {
      const facts = this.flows.tallyFacts(flow, at);
      if (facts !== null) this.tallies.add(flow, serials, facts, at.time);
    } else if (reason === "from-point" && flow.destinationService === "" && !flow.isAggregated) {
      this.tallies.add(flow, serials, { ...NO_EVIDENCE, kind: EVENT_KINDS.indexOf(at.kind), node: at.node }, at.time);
    }
  }

  private settleTally(tallied: Tallied): void {
    const { facts, count, first, last } = tallied;
    if (facts.conversation < 0) {
      this.fromPoints += count;
      return;
    }
    this.flows.settle(tallied);
    if (facts.kind !== EVENT_KINDS.indexOf("verdict")) return;
    const reason = facts.group?.dropReason ?? null;
    noteRefusal(facts.node, { verdict: facts.verdict, dropReason: reason }, first);
    noteRefusal(facts.node, { verdict: facts.verdict, dropReason: reason }, last);
  }

  /** Why a flow is no evidence of a conversation; null when it may be. Drops that are no policy's are counted apart. */
  private evidenceOf(flow: Flow, kind: EventKind): LeftOut | "drop" | null {
    if (kind === "socket") {
      this.noteSocket(flow);
      return "socket";
    }
    if (kind === "capture") return "capture";
    if (kind === "trace" && isFromPoint(flow.observationPoint)) {
      this.flows.services.noteSource(flow.sourceAddress, flow.sourcePort, flow.destinationService);
      return "from-point";
    }
    if (kind === "drop" && !isPolicyDrop(flow.dropReason)) {
      bump(this.counts.otherDrops, flow.dropReason ?? "unknown", flow.count);
      return "drop";
    }
    const { addresses } = this.flows;
    const source = addresses.get(flow.sourceAddress).traits;
    const destination = addresses.get(flow.destinationAddress).traits;
    const reason = leftOutReason(flow, { source, destination });
    if (reason === "service-reply") {
      this.flows.services.noteSource(flow.destinationAddress, flow.destinationPort, flow.sourceService);
    }
    return reason;
  }

  private noteSocket(flow: Flow): void {
    const service = this.flows.services.noteSocket(flow);
    if (service !== "") this.flows.nameService(flow, service);
  }

  private addLost(event: LostEvents, time: number): void {
    const { counts } = this;
    counts.lostEvents += event.count;
    bump(counts.lostBySource, event.source === "" ? "UNKNOWN_LOST_EVENT_SOURCE" : event.source, event.count);
    if (event.first === null || event.last === null) return;
    this.tellGap({
      node: event.node,
      from: event.first,
      to: Math.max(event.first, event.last),
      reason: "events were lost",
    });
    if (time > this.lastTime) this.lastTime = time;
  }

  /** Relay tells of nodes that it cannot reach; the gap lasts until it can. */
  private addStatus(event: NodeStatus, time: number): void {
    for (const node of event.nodes) {
      const since = this.unreachable.get(node);
      if (event.state === "NODE_CONNECTED") {
        if (since !== undefined) this.tellGap({ node, from: since, to: time, reason: "unreachable" });
        this.unreachable.delete(node);
      } else if (since === undefined) this.unreachable.set(node, time);
    }
  }

  /** Relay does not say that a node is back whose agent was restarted: its events do. Upstream: relay observer flowCollector. */
  private heardAgain(node: string, time: number): void {
    const since = this.unreachable.get(node);
    if (since === undefined || time <= since) return;
    this.tellGap({ node, from: since, to: time, reason: "unreachable" });
    this.unreachable.delete(node);
  }

  private tellGap(gap: ToldGap): void {
    if (this.gaps.length < MAX_GAPS) this.gaps.push(gap);
    else this.flows.hit.add("gaps");
  }

  /** All that was folded, as plain data. */
  state(): FoldState {
    const { flows } = this;
    this.tallies.settleAll();
    flows.settleServices();
    this.settleCounts();
    const open = [...this.unreachable].map(([node, from]) => ({
      node,
      from,
      to: this.lastTime,
      reason: "unreachable",
    }));
    return {
      counts: this.counts,
      ends: flows.ends.list,
      workloads: flows.ends.learnedWorkloads(),
      conversations: flows.conversations.list.map((conversation) => conversation.state()),
      nodes: this.nodes.list.map((node) => node.record),
      names: flows.names.state(),
      namesDropped: flows.names.dropped,
      skew: flows.skew.state(),
      connections: [...flows.connections.held()],
      orphans: flows.orphans,
      reliableUntil: flows.connections.reliableUntil,
      hit: [...flows.hit, ...flows.ends.hit],
      gaps: [...this.gaps, ...open],
      findings: this.findings,
    };
  }

  /** What is counted aside, for speed. */
  private settleCounts(): void {
    for (const kind of EVENT_KINDS) {
      if (this.kinds[kind] > 0) bump(this.counts.kinds, kind, this.kinds[kind]);
      this.kinds[kind] = 0;
    }
    if (this.fromPoints > 0) bump(this.counts.leftOut, "from-point", this.fromPoints);
    this.fromPoints = 0;
  }

  /** Takes over the fold of a later part of the recording. */
  merge(state: FoldState): void {
    this.parts++;
    addCounts(this.counts, state.counts);
    this.nodes.merge(state.nodes);
    mergeFlows(this.flows, state, this.parts * PHASES);
    this.gaps.push(...state.gaps.slice(0, MAX_GAPS - this.gaps.length));
    this.findings.push(...state.findings);
    for (const node of state.nodes) if (node.last > this.lastTime) this.lastTime = node.last;
  }

  /** What the recording folds into, joined with the objects. */
  finish(context: FinishContext): Traffic {
    this.tallies.settleAll();
    this.flows.settleConnections();
    return finishTraffic(this.state(), context);
  }
}

export function createFold(options: FoldOptions = {}): Fold {
  return new Fold(options);
}

function noteVerdict(node: NodeTimeline, flow: Flow, time: number): void {
  const revision = revisionOf(flow);
  if (revision !== null) node.noteRevision(revision, time);
  noteRefusal(node, flow, time);
}

/** A refusal by policy tells whether audit mode was on; other drops (encapsulation) are never audited (trap 28). */
function noteRefusal(
  node: NodeTimeline,
  { verdict, dropReason }: Pick<Flow, "verdict" | "dropReason">,
  time: number,
): void {
  if (verdict === "AUDIT" || (verdict === "DROPPED" && isPolicyDrop(dropReason)))
    node.noteVerdict(verdict === "AUDIT", time);
}

/** Events before translation: they are only counted. */
const NO_EVIDENCE: Omit<TallyFacts, "kind" | "node"> = {
  conversation: -1,
  verdict: "FORWARDED",
  group: null,
  revision: null,
  names: [],
  askedBy: "",
  toAddress: "",
  sign: null,
  isTurned: false,
  isFromNode: false,
  pairHigh: 0,
  pairLow: 0,
  seenAt: "both",
};
