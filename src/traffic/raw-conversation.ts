import type { FlowExample, Verdict } from "#model/conversation.ts";
import type { Flow, FlowEndpoint } from "#model/flow.ts";
import { addAll } from "./raw-end.ts";
import { type RequestBudget, type RequestRecord, Requests } from "./requests.ts";
import { mergeSlots, newSlots, noteStretch, noteTime, type Slots } from "./slots.ts";
import type { Tallied } from "./tallies.ts";
import { type VerdictGroup, VerdictGroups } from "./verdict-groups.ts";

/** What tells conversations apart: numbers of the ends, and L4. `port` and ICMP fields are -1 where there is none. */
export type ConversationKey = {
  readonly from: number;
  readonly to: number;
  readonly protocol: string;
  readonly port: number;
  readonly icmpType: number;
  readonly icmpCode: number;
};

/** Bits of `sides`. */
export const Side = { egress: 1, ingress: 2 } as const;

const HOUR_MS = 3_600_000;
const MAX_EXAMPLES = 5;
const MAX_EXAMPLES_OF_VERDICT = 2;
const MAX_NODES = 500;
const MAX_NAMES = 50;
const MAX_SERVICES = 10;
/** A connection without its SYN that lives this long was open before; a shorter one may just have been on its way. */
const OPEN_MS = 10_000;

/** What a conversation is made of, as plain data: it travels between workers. */
export type ConversationState = {
  readonly key: ConversationKey;
  readonly flows: number;
  readonly recorded: Readonly<Record<string, number>>;
  readonly sides: number;
  readonly first: number;
  readonly last: number;
  readonly hours: ReadonlyMap<number, number>;
  readonly seen: ReadonlyMap<string, Slots>;
  readonly examples: readonly FlowExample[];
  readonly groups: readonly VerdictGroup[];
  readonly verdictsDropped: number;
  readonly requests: readonly RequestRecord[];
  readonly requestsDropped: number;
  readonly services: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  readonly xlated: ReadonlySet<string>;
  readonly certain: number;
  readonly asked: number;
  readonly probable: number;
  readonly probablePort: number;
  readonly syns: number;
  readonly longestMs: number;
  readonly openBefore: number;
};

/** A conversation while it is folded. */
export class RawConversation {
  readonly key: ConversationKey;
  flows = 0;
  readonly recorded = new Map<Verdict, number>();
  sides = 0;
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;
  readonly hours = new Map<number, number>();
  /** When it was seen, by node. */
  readonly seen = new Map<string, Slots>();
  readonly examples: FlowExample[] = [];
  readonly verdicts = new VerdictGroups();
  readonly requests: Requests;
  readonly services = new Set<string>();
  readonly names = new Set<string>();
  /** Addresses of Services that replies were translated back to (lab 5.1). */
  readonly xlated = new Set<string>();
  /** Events that were requests or replies for certain; events that are replies only by their ports. */
  certain = 0;
  /** Events of the connection's own direction: not replies. */
  asked = 0;
  probable = 0;
  /** Source port of a policy verdict that was probably a late reply's; 0 when there was none. */
  probablePort = 0;
  syns = 0;
  longestMs = 0;
  /** Longest time for which a connection without SYN was heard, -1 when there was none. */
  openBeforeMs = -1;

  /** The endpoints last met: the next event mostly shows the same ones. */
  lastFrom: FlowEndpoint | null = null;
  lastTo: FlowEndpoint | null = null;

  private readonly exampleCounts = new Map<Verdict, number>();
  private hour = -1;
  private hourCount = 0;
  private verdict: Verdict = "VERDICT_UNKNOWN";
  private verdictCount = 0;
  private node = "";
  private slots: Slots | null = null;

  constructor(key: ConversationKey, budget: RequestBudget) {
    this.key = key;
    this.requests = new Requests(budget);
  }

  /** One more flow of it, on a node in a phase of that node's policies. */
  note(flow: Flow, time: number, node: string, phase: number): void {
    const { count } = flow;
    this.flows += count;
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
    this.noteVerdict(flow.verdict, count);
    this.noteHour(Math.floor(time / HOUR_MS), count);
    noteTime(this.slotsOf(node), phase, time, count);
  }

  /** Flows of it that were counted aside. */
  noteTallied(tallied: Tallied): void {
    const { facts, count, hour, first, last, phase } = tallied;
    this.flows += count;
    this.certain += count;
    if (!facts.isTurned) this.asked += count;
    if (first < this.first) this.first = first;
    if (last > this.last) this.last = last;
    this.noteVerdict(facts.verdict, count);
    this.noteHour(hour, count);
    noteStretch(this.slotsOf(facts.node.record.name), { phase, first, last, count });
    if (facts.group !== null) noteStretch(facts.group.slots, { phase, first, last, count });
    if (facts.sign === "syn") this.syns += count;
  }

  /** Counts are kept aside until another verdict comes: the same one mostly comes again. */
  private noteVerdict(verdict: Verdict, count: number): void {
    if (verdict !== this.verdict) {
      this.settleVerdict();
      this.verdict = verdict;
    }
    this.verdictCount += count;
  }

  private noteHour(hour: number, count: number): void {
    if (hour !== this.hour) {
      this.settleHour();
      this.hour = hour;
    }
    this.hourCount += count;
  }

  private settleVerdict(): void {
    if (this.verdictCount === 0) return;
    this.recorded.set(this.verdict, (this.recorded.get(this.verdict) ?? 0) + this.verdictCount);
    this.verdictCount = 0;
  }

  private settleHour(): void {
    if (this.hourCount === 0) return;
    this.hours.set(this.hour, (this.hours.get(this.hour) ?? 0) + this.hourCount);
    this.hourCount = 0;
  }

  private slotsOf(node: string): Slots {
    if (this.slots !== null && this.node === node) return this.slots;
    const known = this.seen.get(node);
    const slots = known ?? newSlots();
    if (known === undefined && this.seen.size < MAX_NODES) this.seen.set(node, slots);
    this.node = node;
    this.slots = slots;
    return slots;
  }

  /** Whether one more example of this verdict is welcome. */
  wantsExample(verdict: Verdict): boolean {
    return this.examples.length < MAX_EXAMPLES && (this.exampleCounts.get(verdict) ?? 0) < MAX_EXAMPLES_OF_VERDICT;
  }

  addExample(example: FlowExample): void {
    this.examples.push(example);
    this.exampleCounts.set(example.verdict, (this.exampleCounts.get(example.verdict) ?? 0) + 1);
  }

  noteService(service: string): void {
    if (this.services.size < MAX_SERVICES) this.services.add(service);
  }

  noteNames(names: readonly string[]): void {
    addAll(this.names, names, MAX_NAMES);
  }

  noteXlated(address: string): void {
    if (this.xlated.size < MAX_SERVICES) this.xlated.add(address);
  }

  /** A connection of it is over or forgotten. */
  noteConnection(lengthMs: number, lacksSyn: boolean): void {
    if (lengthMs > this.longestMs) this.longestMs = lengthMs;
    if (lacksSyn && lengthMs > this.openBeforeMs) this.openBeforeMs = lengthMs;
  }

  /** Whether a connection of it was open since before the recording, for more than its last moments. */
  get isOpenBefore(): boolean {
    return this.openBeforeMs >= OPEN_MS || (this.openBeforeMs >= 0 && this.syns === 0);
  }

  state(): ConversationState {
    this.settleVerdict();
    this.settleHour();
    return {
      key: this.key,
      flows: this.flows,
      recorded: Object.fromEntries(this.recorded),
      sides: this.sides,
      first: this.first,
      last: this.last,
      hours: this.hours,
      seen: this.seen,
      examples: this.examples,
      groups: this.verdicts.groups,
      verdictsDropped: this.verdicts.dropped,
      requests: [...this.requests.byKey.values()],
      requestsDropped: this.requests.dropped,
      services: this.services,
      names: this.names,
      xlated: this.xlated,
      certain: this.certain,
      asked: this.asked,
      probable: this.probable,
      probablePort: this.probablePort,
      syns: this.syns,
      longestMs: this.longestMs,
      openBefore: this.openBeforeMs,
    };
  }

  /** Takes over what another worker folded, or another conversation that turned out to be the same. */
  merge(other: ConversationState, phaseOffset: number): void {
    this.settleVerdict();
    this.settleHour();
    this.flows += other.flows;
    for (const [verdict, count] of entriesOf(other.recorded)) {
      this.recorded.set(verdict, (this.recorded.get(verdict) ?? 0) + count);
    }
    this.sides |= other.sides;
    this.first = Math.min(this.first, other.first);
    this.last = Math.max(this.last, other.last);
    for (const [hour, count] of other.hours) this.hours.set(hour, (this.hours.get(hour) ?? 0) + count);
    for (const [node, slots] of other.seen) mergeSlots(this.slotsOf(node), slots, phaseOffset);
    this.mergeExamples(other.examples);
    this.verdicts.merge(other.groups, other.verdictsDropped, phaseOffset);
    this.requests.merge(other.requests, other.requestsDropped);
    addAll(this.services, other.services, MAX_SERVICES);
    addAll(this.names, other.names, MAX_NAMES);
    addAll(this.xlated, other.xlated, MAX_SERVICES);
    this.certain += other.certain;
    this.asked += other.asked;
    this.probable += other.probable;
    if (this.probablePort === 0) this.probablePort = other.probablePort;
    this.syns += other.syns;
    this.longestMs = Math.max(this.longestMs, other.longestMs);
    this.openBeforeMs = Math.max(this.openBeforeMs, other.openBefore);
  }

  private mergeExamples(examples: readonly FlowExample[]): void {
    for (const example of examples) {
      if (this.wantsExample(example.verdict)) this.addExample(example);
    }
  }
}

function entriesOf(recorded: Readonly<Record<string, number>>): readonly (readonly [Verdict, number])[] {
  return VERDICTS.flatMap((verdict) => {
    const count = recorded[verdict];
    return count === undefined ? [] : [[verdict, count] as const];
  });
}

const VERDICTS: readonly Verdict[] = [
  "VERDICT_UNKNOWN",
  "FORWARDED",
  "DROPPED",
  "ERROR",
  "AUDIT",
  "REDIRECTED",
  "TRACED",
  "TRANSLATED",
];
