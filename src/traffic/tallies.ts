import type { Verdict } from "#model/conversation.ts";
import type { Flow, FlowSerials } from "#model/flow.ts";
import type { Sign } from "./connections.ts";
import { TUNNEL_PORTS } from "./left-out.ts";
import type { NodeTimeline } from "./node-timeline.ts";
import type { VerdictGroup } from "./verdict-groups.ts";

const SLOTS = 1 << 14;
const WAYS = 2;
/** A tally's record is 64 bytes, one line of the core's cache: words, and two times in the place of words 8 to 11. */
const WORDS = 16;
const DOUBLES = 8;
const SOURCE = 0;
const DESTINATION = 1;
const SHAPE = 2;
const TAIL = 3;
const PORT = 4;
const COUNT = 5;
const PHASE = 6;
const HOUR = 7;
const FIRST = 4;
const LAST = 5;

const HOUR_MS = 3_600_000;
/** A tally is settled at the latest after this, or after this share of the time since the recording began. */
const LEAST_SPAN_MS = 10_000;
const SPAN_SHARE = 1 / 16;

/** What all events of a tally have in common. */
export type TallyFacts = {
  /** Index into EVENT_KINDS. */
  readonly kind: number;
  readonly node: NodeTimeline;
  /** Number of the conversation; -1 for events that are no evidence of one. */
  readonly conversation: number;
  readonly verdict: Verdict;
  readonly group: VerdictGroup | null;
  readonly revision: number | null;
  /** Names of the other end that these events tell, and who asked for them. */
  readonly names: readonly string[];
  readonly askedBy: string;
  readonly toAddress: string;
  /** What a TCP event says of its connection, null for others. */
  readonly sign: Sign | null;
  readonly isTurned: boolean;
  /** Whether the end that opened the connection shows as a node: replies to masqueraded requests do too. */
  readonly isFromNode: boolean;
  /** The two addresses as the connection table knows them. */
  readonly pairHigh: number;
  readonly pairLow: number;
  /** Which end alone is on the node that saw it. */
  readonly seenAt: "source" | "destination" | "both";
};

/** Events that were counted aside, to be settled with their conversation. */
export type Tallied = {
  readonly facts: TallyFacts;
  readonly count: number;
  readonly phase: number;
  readonly hour: number;
  readonly first: number;
  readonly last: number;
};

/**
 * Counts aside what repeats: events that a reader recognises (FlowSerials), between the same addresses and with ports of
 * the same class, mean the same for a conversation but for their time. Only the first of them is looked at; the others
 * cost a line of memory each until they are settled. A newcomer settles who was in its place: the table never grows.
 */
export class Tallies {
  private readonly words = new Int32Array(SLOTS * WAYS * WORDS);
  private readonly times = new Float64Array(this.words.buffer);
  private readonly addresses: string[] = Array<string>(SLOTS * WAYS * 2).fill("");
  private readonly facts: (TallyFacts | undefined)[] = Array<TallyFacts | undefined>(SLOTS * WAYS).fill(undefined);
  private readonly metOnce = new Int32Array(SLOTS * WAYS * 2);
  private readonly settle: (tallied: Tallied) => void;
  private begin = Number.NaN;

  constructor(settle: (tallied: Tallied) => void) {
    this.settle = settle;
  }

  /** The place of the tally of events like this one, -1 when there is none. */
  find(flow: Flow, serials: FlowSerials): number {
    const { source, destination, shape, tail } = serials;
    if (source === 0 || destination === 0 || shape === 0 || tail === 0) return -1;
    const port = portClass(flow);
    const { words, addresses } = this;
    const first = slotOf(serials, port);
    for (let place = first; place < first + WAYS; place++) {
      const at = place * WORDS;
      if (
        words[at + TAIL] === tail &&
        words[at + SOURCE] === source &&
        words[at + DESTINATION] === destination &&
        words[at + SHAPE] === shape &&
        words[at + PORT] === port &&
        addresses[place * 2] === flow.sourceAddress &&
        addresses[place * 2 + 1] === flow.destinationAddress
      ) {
        return place;
      }
    }
    return -1;
  }

  factsAt(place: number): TallyFacts | undefined {
    return this.facts[place];
  }

  /** One more event of the tally at this place. */
  count(place: number, time: number, phase: number): void {
    const { words, times } = this;
    const at = place * WORDS;
    const hour = Math.floor(time / HOUR_MS);
    if (words[at + COUNT] !== 0 && !this.belongs(place, time, phase, hour)) this.settleAt(place);
    const count = words[at + COUNT] ?? 0;
    words[at + COUNT] = count + 1;
    if (count === 0) {
      words[at + PHASE] = phase;
      words[at + HOUR] = hour;
      times[place * DOUBLES + FIRST] = time;
      times[place * DOUBLES + LAST] = time;
    } else if (time > (times[place * DOUBLES + LAST] ?? 0)) times[place * DOUBLES + LAST] = time;
    else if (time < (times[place * DOUBLES + FIRST] ?? 0)) times[place * DOUBLES + FIRST] = time;
  }

  private belongs(place: number, time: number, phase: number, hour: number): boolean {
    const at = place * WORDS;
    const span = Math.max(LEAST_SPAN_MS, (time - this.begin) * SPAN_SHARE);
    const distance = Math.abs(time - (this.times[place * DOUBLES + FIRST] ?? 0));
    return this.words[at + PHASE] === phase && this.words[at + HOUR] === hour && distance <= span;
  }

  /** Whether a tally is worth beginning: it is the second time that such an event is met. */
  isWorth(flow: Flow, serials: FlowSerials): boolean {
    const { source, destination, shape, tail } = serials;
    if (source === 0 || destination === 0 || shape === 0 || tail === 0) return false;
    const hash = hashOf(serials, portClass(flow));
    const slot = (hash ^ (hash >>> 13)) & (this.metOnce.length - 1);
    if (this.metOnce[slot] === hash) return true;
    this.metOnce[slot] = hash;
    return false;
  }

  /** Begins a tally for events like this one, which itself has been counted already. */
  add(flow: Flow, serials: FlowSerials, facts: TallyFacts, time: number): void {
    if (Number.isNaN(this.begin)) this.begin = time;
    const { source, destination, shape, tail } = serials;
    const port = portClass(flow);
    const place = this.freePlace(slotOf(serials, port));
    const at = place * WORDS;
    const { words } = this;
    words[at + SOURCE] = source;
    words[at + DESTINATION] = destination;
    words[at + SHAPE] = shape;
    words[at + TAIL] = tail;
    words[at + PORT] = port;
    words[at + COUNT] = 0;
    this.times[place * DOUBLES + LAST] = time;
    this.addresses[place * 2] = flow.sourceAddress;
    this.addresses[place * 2 + 1] = flow.destinationAddress;
    this.facts[place] = facts;
  }

  /** An unused place, else that of the events last seen longest ago. */
  private freePlace(first: number): number {
    let best = first;
    for (let place = first; place < first + WAYS; place++) {
      if (this.facts[place] === undefined) return place;
      const isOlder = (this.times[place * DOUBLES + LAST] ?? 0) < (this.times[best * DOUBLES + LAST] ?? 0);
      if (isOlder) best = place;
    }
    this.settleAt(best);
    return best;
  }

  private settleAt(place: number): void {
    const { words, times } = this;
    const at = place * WORDS;
    const facts = this.facts[place];
    const count = words[at + COUNT] ?? 0;
    if (facts === undefined || count === 0) return;
    words[at + COUNT] = 0;
    this.settle({
      facts,
      count,
      phase: words[at + PHASE] ?? 0,
      hour: words[at + HOUR] ?? 0,
      first: times[place * DOUBLES + FIRST] ?? 0,
      last: times[place * DOUBLES + LAST] ?? 0,
    });
  }

  /** Settles everything. */
  settleAll(): void {
    for (let place = 0; place < SLOTS * WAYS; place++) this.settleAt(place);
  }
}

/**
 * What of the ports counts: the one that the connection was opened to, and of the other whether it is one that clients use
 * (the classes that `orientationOf` looks at) or a tunnel's.
 */
function portClass(flow: Flow): number {
  const isReply = flow.isReply === true;
  const asked = isReply ? flow.sourcePort : flow.destinationPort;
  const other = isReply ? flow.destinationPort : flow.sourcePort;
  if (TUNNEL_PORTS.has(other)) return asked | (4 << 16);
  const rank = other === 0 ? 0 : other < 1024 ? 1 : other < 32_768 ? 2 : 3;
  return asked | (rank << 16);
}

function slotOf(serials: FlowSerials, port: number): number {
  return (hashOf(serials, port) & (SLOTS - 1)) * WAYS;
}

function hashOf(serials: FlowSerials, port: number): number {
  let hash = Math.imul(serials.tail, 0x9e3779b1) ^ Math.imul(serials.source, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ serials.destination, 0x2c1b3c6d);
  hash ^= Math.imul(serials.shape, 0x297a2d39) ^ Math.imul(port, 0x5bd1e995);
  return hash ^ (hash >>> 14);
}
