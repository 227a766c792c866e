import type { FlowExample } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { type Flow, type FlowEndpoint, TcpFlag } from "#model/flow.ts";
import { AddressBook } from "./address-book.ts";
import { ClockSkew } from "./clock-skew.ts";
import { ConnectionTable, type Ended, type Sign } from "./connections.ts";
import { ConversationTable } from "./conversation-table.ts";
import { EndTable, NO_END } from "./end-table.ts";
import { TurnedFlow } from "./turned-flow.ts";
import { EVENT_KINDS, type EventKind } from "./event-kind.ts";
import type { FoldBounds } from "./fold-bounds.ts";
import type { LeftOut } from "./left-out.ts";
import { NameTable } from "./name-table.ts";
import type { NodeTimeline } from "./node-timeline.ts";
import { type ConversationKey, type RawConversation, Side } from "./raw-conversation.ts";
import { noteSighting, type RawEnd } from "./raw-end.ts";
import { icmpRequestType, type Orientation, orientationOf } from "./reply.ts";
import type { RequestBudget } from "./requests.ts";
import { ServiceNames } from "./service-names.ts";
import type { Tallied, TallyFacts } from "./tallies.ts";
import { revisionOf, type VerdictGroup } from "./verdict-groups.ts";

/** Where and when a flow was seen. One object serves all events. */
export type At = { node: NodeTimeline; time: number; kind: EventKind };

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The protocol of an event without L4 (a fragment, or one that Hubble does not read): matched by no port (trap 23). */
export const NO_PROTOCOL = "UNKNOWN";
/** Policy verdicts on probable replies to different ports, between the same ends. */
const MAX_PROBABLE_PORTS = 32;
const MAX_ASKED = 50_000;
/** So many events at most are asked for the Service that their connection named. */
const SERVICE_TRIES = 200;

/** Folds flows that are evidence of conversations. */
export class FlowFold {
  readonly ends: EndTable;
  readonly conversations: ConversationTable;
  readonly names = new NameTable();
  readonly services = new ServiceNames();
  readonly skew = new ClockSkew();
  readonly addresses = new AddressBook();
  readonly connections: ConnectionTable;
  readonly budget: RequestBudget;
  /** Connections without SYN that ended before anyone can say whether an earlier part of the file holds it. */
  readonly orphans: Ended[] = [];
  readonly hit = new Set<string>();
  /** Services by the conversation that sockets asked them in: ends, protocol, port. */
  readonly askedServices = new Map<string, Set<string>>();
  private readonly probablePorts = new Map<string, number>();
  private readonly bounds: FoldBounds;
  private readonly isContinuation: boolean;
  /** Of the event last added: its conversation, its group of verdicts, whether others like it may be counted aside. */
  private lastConversation = -1;
  private lastGroup: VerdictGroup | null = null;
  private isRepeatable = false;
  /** One object each for all events. */
  private readonly turned = new TurnedFlow();
  private readonly key: Mutable<ConversationKey> = {
    from: 0,
    to: 0,
    protocol: "",
    port: -1,
    icmpType: -1,
    icmpCode: -1,
  };

  constructor(bounds: FoldBounds, isContinuation: boolean) {
    this.bounds = bounds;
    this.isContinuation = isContinuation;
    this.budget = { left: bounds.requests };
    this.ends = new EndTable(bounds);
    this.conversations = new ConversationTable(bounds.conversations, this.budget);
    this.connections = new ConnectionTable((ended) => this.endConnection(ended));
  }

  /** A trace, verdict, policy drop or L7 event. Returns why it makes no conversation, null when it does. */
  add(flow: Flow, at: At): LeftOut | null {
    const orientation = orientationOf(flow, at.kind);
    this.turn(flow, at.kind, orientation);
    const { turned, key } = this;
    const isIngressClient = at.kind === "l7" && isIngress(turned.from) && isWorld(turned.to);
    const from = isIngressClient
      ? this.ends.ofAddress(turned.fromAddress)
      : this.ends.indexOf(turned.from, turned.fromAddress);
    // Cilium's own ingress: the printed ends are the client's address under the ingress identity (trap 26).
    const to = isIngressClient ? this.ends.indexOf(turned.from, "") : this.ends.indexOf(turned.to, turned.toAddress);
    if (from === NO_END || to === NO_END) return this.bound("ends");
    fillKey(key, flow, turned);
    key.from = from;
    key.to = to;
    const isProbable = orientation === "probable-reply" || (orientation === "open" && !turned.isTurned);
    if (isProbable && !turned.isTurned && !this.hasRoom(key)) return this.bound("probable-replies");
    const asked = turned.isTurned ? this.askedOf(flow, from) : -1;
    const index = asked >= 0 ? asked : this.conversations.indexOf(key);
    const conversation = this.conversations.list[index];
    if (conversation === undefined) return this.bound("conversations");
    if (isProbable) conversation.probable += flow.count;
    else conversation.certain += flow.count;
    if (!turned.isTurned) conversation.asked += flow.count;
    if (isProbable && !turned.isTurned) conversation.probablePort = flow.sourcePort;
    this.lastConversation = index;
    this.lastGroup = null;
    this.note(conversation, flow, turned, at);
    if (flow.protocol === "TCP" && flow.tcpFlags >= 0) this.noteConnection(index, flow, turned, at);
    const isPlain = (orientation === "request" || flow.isReply === true) && asked < 0;
    this.isRepeatable = isPlain && !isIngressClient && at.kind !== "l7" && !flow.isAggregated;
    return null;
  }

  /**
   * The conversation that a reply to a node's address answers, where its request is known: a masqueraded request shows the
   * caller's identity, its reply that of the address (trap 50). -1 when the reply itself tells enough.
   */
  private askedOf(flow: Flow, from: number): number {
    if (flow.protocol !== "TCP" || !isNodeEnd(this.ends.list[from])) return -1;
    const index = this.connections.conversationOf(this.high(this.turned), this.low(this.turned));
    const asked = this.conversations.list[index]?.key;
    return asked !== undefined && asked.from !== from ? index : -1;
  }

  /** What further events like the one just added have in common with it; null when each must be looked at. */
  tallyFacts(flow: Flow, at: At): TallyFacts | null {
    if (!this.isRepeatable) return null;
    const { turned } = this;
    const isTcp = flow.protocol === "TCP" && flow.tcpFlags >= 0;
    const isAtSource = (flow.source?.id ?? 0) !== 0;
    const isAtDestination = (flow.destination?.id ?? 0) !== 0;
    return {
      kind: EVENT_KINDS.indexOf(at.kind),
      node: at.node,
      conversation: this.lastConversation,
      verdict: flow.verdict,
      group: this.lastGroup,
      revision: at.kind === "verdict" ? revisionOf(flow) : null,
      names: turned.isTurned ? flow.sourceNames : flow.destinationNames,
      askedBy: podText(turned.from),
      toAddress: turned.toAddress,
      sign: isTcp ? signOf(flow.tcpFlags) : null,
      isTurned: turned.isTurned,
      isFromNode: isNodeEnd(this.ends.list[this.key.from]),
      pairHigh: this.pairHigh(turned),
      pairLow: this.pairLow(turned),
      seenAt: isAtSource === isAtDestination ? "both" : isAtSource ? "source" : "destination",
    };
  }

  /** Whether an event like one that was added answers another conversation than that one did: it must be looked at. */
  isOther(facts: TallyFacts, flow: Flow): boolean {
    if (!facts.isTurned || facts.sign === null || !facts.isFromNode) return false;
    const ports = portsOf(flow.destinationPort, flow.sourcePort);
    const known = this.connections.conversationOf(facts.pairHigh ^ ports, facts.pairLow ^ Math.imul(ports, 0x27d4eb2f));
    return known >= 0 && known !== facts.conversation;
  }

  /** One more event like one that was added: only its connection is looked at. */
  again(facts: TallyFacts, flow: Flow, time: number): void {
    const { sign, isTurned } = facts;
    if (sign === null) return;
    const fromPort = isTurned ? flow.destinationPort : flow.sourcePort;
    const toPort = isTurned ? flow.sourcePort : flow.destinationPort;
    const ports = portsOf(fromPort, toPort);
    const high = facts.pairHigh ^ ports;
    const low = facts.pairLow ^ Math.imul(ports, 0x27d4eb2f);
    this.connections.note(high, low, { time, conversation: facts.conversation, sign });
    if (sign !== "syn" || isTurned || facts.seenAt === "both") return;
    this.skew.note(high ^ Math.imul(low, 0x165667b1), time, facts.node.record.name, facts.seenAt === "source");
  }

  /** Settles events that were counted aside. */
  settle(tallied: Tallied): void {
    const { facts, first, last } = tallied;
    this.conversations.list[facts.conversation]?.noteTallied(tallied);
    for (const name of facts.names) {
      const key = { name, source: "destination-names", node: facts.node.record.name, askedBy: facts.askedBy } as const;
      this.names.note(key, [facts.toAddress], { time: first, ttlSeconds: null });
      this.names.note(key, [facts.toAddress], { time: last, ttlSeconds: null });
    }
  }

  /** A socket was translated to this backend: the conversation, if there is one, asked for the Service. */
  nameService(flow: Flow, service: string): void {
    const from = this.ends.indexOf(flow.source, flow.sourceAddress);
    const to = this.ends.indexOf(flow.destination, flow.destinationAddress);
    if (from === NO_END || to === NO_END) return;
    const text = `${from} ${to} ${flow.protocol} ${flow.destinationPort}`;
    const services = this.askedServices.get(text);
    if (services !== undefined) services.add(service);
    else if (this.askedServices.size < MAX_ASKED) this.askedServices.set(text, new Set([service]));
    else this.hit.add("services");
  }

  /** Tells the conversations which Services their sockets asked for. */
  settleServices(): void {
    for (const conversation of this.conversations.list) {
      const { from, to, protocol, port } = conversation.key;
      for (const service of this.askedServices.get(`${from} ${to} ${protocol} ${port}`) ?? []) {
        conversation.noteService(service);
      }
    }
  }

  /** Tells the conversations of the connections that are still held. Once all parts are merged. */
  settleConnections(): void {
    for (const ended of this.connections.held()) this.endConnection(ended);
  }

  private bound(what: string): LeftOut {
    this.hit.add(what);
    return "bound";
  }

  private turn(flow: Flow, kind: EventKind, orientation: Orientation): void {
    const isReply = orientation === "reply" || (orientation === "probable-reply" && kind === "trace");
    this.turned.read(flow, isReply || (orientation === "open" && this.answersKnown(flow)));
  }

  /** Whether a conversation the other way is known, to the port that this packet comes from. */
  private answersKnown(flow: Flow): boolean {
    const from = this.ends.indexOf(flow.destination, flow.destinationAddress);
    const to = this.ends.indexOf(flow.source, flow.sourceAddress);
    const key = { from, to, protocol: flow.protocol, port: flow.sourcePort, icmpType: -1, icmpCode: -1 };
    return (this.conversations.find(key)?.certain ?? 0) > 0;
  }

  /** Late replies come to a new port each: so many are kept between the same ends. */
  private hasRoom(key: ConversationKey): boolean {
    if (this.conversations.find(key) !== undefined) return true;
    const pair = `${key.from} ${key.to} ${key.protocol}`;
    const ports = this.probablePorts.get(pair) ?? 0;
    if (ports >= MAX_PROBABLE_PORTS) return false;
    this.probablePorts.set(pair, ports + 1);
    return true;
  }

  private note(conversation: RawConversation, flow: Flow, turned: TurnedFlow, at: At): void {
    const { node, time, kind } = at;
    const { name } = node.record;
    conversation.note(flow, time, name, node.phase);
    conversation.sides |= sidesOf(flow, turned, kind);
    this.noteEnds(conversation, turned, name);
    if (conversation.wantsExample(flow.verdict)) conversation.addExample(exampleOf(flow, time, name));
    this.noteNames(conversation, flow, turned, at);
    if (kind === "verdict") this.noteVerdict(conversation, flow, at);
    if (kind === "l7") this.noteRequest(conversation, flow, turned, at);
  }

  private noteEnds(conversation: RawConversation, turned: TurnedFlow, node: string): void {
    const { from, to, fromAddress, toAddress } = turned;
    const { list } = this.ends;
    // A reply to a masqueraded request shows another end than the one that asked.
    if (conversation.lastFrom !== from && conversation.key.from === this.key.from) {
      conversation.lastFrom = from;
      const end = list[conversation.key.from];
      if (end !== undefined) noteSighting(end, from, fromAddress, node);
    }
    if (conversation.lastTo !== to && conversation.key.to === this.key.to) {
      conversation.lastTo = to;
      const end = list[conversation.key.to];
      if (end !== undefined) noteSighting(end, to, toAddress, node);
    }
  }

  /** Names of the destination (of a reply's source), and the Service that was asked for. */
  private noteNames(conversation: RawConversation, flow: Flow, turned: TurnedFlow, at: At): void {
    const names = turned.isTurned ? flow.sourceNames : flow.destinationNames;
    if (names.length > 0) {
      conversation.noteNames(names);
      const askedBy = podText(turned.from);
      for (const name of names) {
        const key = { name, source: "destination-names", node: at.node.record.name, askedBy } as const;
        this.names.note(key, [turned.toAddress], { time: at.time, ttlSeconds: null });
      }
    }
    if (turned.isTurned) {
      if (flow.sourceXlated !== "" && flow.sourceXlated !== flow.sourceAddress)
        conversation.noteXlated(flow.sourceXlated);
    } else if (flow.destinationService !== "") conversation.noteService(flow.destinationService);
    if (this.services.isEmpty || conversation.services.size > 0 || conversation.flows > SERVICE_TRIES) return;
    const service = this.services.ofSource(turned.fromAddress, turned.fromPort);
    if (service !== "") conversation.noteService(service);
  }

  private noteVerdict(conversation: RawConversation, flow: Flow, at: At): void {
    const side = flow.direction ?? guessedSide(flow);
    if (side === null) {
      this.hit.add("verdict-side");
      return;
    }
    const remote = side === "egress" ? flow.destination : flow.source;
    const { from, to } = conversation.key;
    const isOutside = this.ends.list[side === "egress" ? to : from]?.sort === "outside";
    const { node, time } = at;
    this.lastGroup = conversation.verdicts.add(flow, side, isOutside ? (remote?.labels ?? []) : null, {
      node: node.record.name,
      phase: node.phase,
      time,
    });
  }

  private noteRequest(conversation: RawConversation, flow: Flow, turned: TurnedFlow, at: At): void {
    conversation.requests.add(flow, at.time);
    const { l7 } = flow;
    if (l7?.kind !== "dns" || l7.type !== "RESPONSE") return;
    const key = () =>
      ({ name: l7.query, source: "dns", node: at.node.record.name, askedBy: podText(turned.from) }) as const;
    this.names.noteAnswer(l7, turned.from, key, at.time);
  }

  private noteConnection(conversation: number, flow: Flow, turned: TurnedFlow, at: At): void {
    const high = this.high(turned);
    const low = this.low(turned);
    const sign = signOf(flow.tcpFlags);
    this.connections.note(high, low, { time: at.time, conversation, sign });
    if (sign !== "syn") return;
    const raw = this.conversations.list[conversation];
    if (raw !== undefined) raw.syns += flow.count;
    const isAtSource = (flow.source?.id ?? 0) !== 0;
    const isAtDestination = (flow.destination?.id ?? 0) !== 0;
    if (turned.isTurned || isAtSource === isAtDestination) return;
    this.skew.note(high ^ Math.imul(low, 0x165667b1), at.time, at.node.record.name, isAtSource);
  }

  private high(turned: TurnedFlow): number {
    return this.pairHigh(turned) ^ portsOf(turned.fromPort, turned.toPort);
  }

  private low(turned: TurnedFlow): number {
    return this.pairLow(turned) ^ Math.imul(portsOf(turned.fromPort, turned.toPort), 0x27d4eb2f);
  }

  private pairHigh(turned: TurnedFlow): number {
    const from = this.addresses.get(turned.fromAddress).hash;
    return Math.imul(from, 0x9e3779b1) ^ Math.imul(this.addresses.get(turned.toAddress).hash, 0x85ebca6b);
  }

  private pairLow(turned: TurnedFlow): number {
    const from = this.addresses.get(turned.fromAddress).hash;
    return Math.imul(from + 0x7f4a7c15, 0xc2b2ae35) ^ Math.imul(this.addresses.get(turned.toAddress).hash, 0x27d4eb2f);
  }

  private endConnection(ended: Ended): void {
    const lacksSyn = !ended.sawSyn && ended.isEstablished && ended.first < this.connections.reliableUntil;
    if (lacksSyn && this.isContinuation) {
      if (this.orphans.length < this.bounds.orphans) this.orphans.push(ended);
      return;
    }
    this.conversations.list[ended.conversation]?.noteConnection(ended.last - ended.first, lacksSyn);
  }
}

/** L4 of the key that a flow belongs to; its ends are filled in apart. */
function fillKey(key: Mutable<ConversationKey>, flow: Flow, turned: TurnedFlow): void {
  const { protocol } = flow;
  key.protocol = protocol === "" ? NO_PROTOCOL : protocol;
  if (protocol === "ICMPv4" || protocol === "ICMPv6") {
    key.port = -1;
    key.icmpType = turned.isTurned ? icmpRequestType(protocol, flow.icmpType) : flow.icmpType;
    key.icmpCode = flow.icmpCode;
    return;
  }
  key.port = turned.toPort === 0 ? -1 : turned.toPort;
  key.icmpType = -1;
  key.icmpCode = -1;
}

/** An end whose id was recorded is on the observing node; without ids the trace point tells (trap 3). */
function sidesOf(flow: Flow, turned: TurnedFlow, kind: EventKind): number {
  const local = ((turned.from?.id ?? 0) === 0 ? 0 : Side.egress) | ((turned.to?.id ?? 0) === 0 ? 0 : Side.ingress);
  if ((kind === "verdict" || kind === "l7") && flow.direction !== null) return local | Side[flow.direction];
  if (local !== 0 || kind !== "trace") return local;
  const isDelivered = flow.observationPoint === "TO_ENDPOINT";
  return isDelivered === turned.isTurned ? Side.egress : Side.ingress;
}

/** The side of a verdict whose direction a mask took away: where its policies stand, else the one local end. */
function guessedSide(flow: Flow): Direction | null {
  if (flow.egressAllowedBy.length + flow.egressDeniedBy.length > 0) return "egress";
  if (flow.ingressAllowedBy.length + flow.ingressDeniedBy.length > 0) return "ingress";
  const isFromHere = (flow.source?.id ?? 0) !== 0;
  const isToHere = (flow.destination?.id ?? 0) !== 0;
  if (isFromHere === isToHere) return null;
  return isFromHere ? "egress" : "ingress";
}

/** A SYN, also an answered one; a closing packet; or one of an open connection, be it let through or refused. */
function signOf(flags: number): Sign {
  if ((flags & TcpFlag.syn) !== 0) return "syn";
  return (flags & (TcpFlag.fin | TcpFlag.rst)) === 0 ? "data" : "close";
}

function portsOf(from: number, to: number): number {
  return (from << 16) | to;
}

const NODES: ReadonlySet<string> = new Set(["host", "remote-node", "kube-apiserver"]);

function isNodeEnd(end: RawEnd | undefined): boolean {
  return end?.sort === "reserved" && NODES.has(end.name);
}

function isIngress(end: FlowEndpoint | null): boolean {
  return end?.labels.includes("reserved:ingress") ?? false;
}

function isWorld(end: FlowEndpoint | null): boolean {
  return end?.labels.some((label) => label.startsWith("reserved:world")) ?? false;
}

function podText(end: FlowEndpoint | null): string {
  return end === null || end.podName === "" ? "" : `${end.namespace}/${end.podName}`;
}

/** As the event was written: the packet's source and destination, not turned round. */
function exampleOf(flow: Flow, time: number, node: string): FlowExample {
  const { uuid, verdict } = flow;
  const source = podText(flow.source) || flow.sourceAddress;
  const destination = podText(flow.destination) || flow.destinationAddress;
  return { uuid, time, node, source, destination, verdict };
}
