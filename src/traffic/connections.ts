/** Bits of a connection's state. */
const SYN = 1;
const ESTABLISHED = 2;
const CLOSED = 4;
const USED = 8;

const SETS = 1 << 13;
const WAYS = 8;
/** A connection's record is 32 bytes: two times, then fingerprint, conversation and state. */
const WORDS = 8;
const DOUBLES = 4;
const HIGH = 4;
const LOW = 5;
const CONVERSATION = 6;
const STATE = 7;
/** A SYN for ports in use means a new connection if the old one has been silent for this long. */
const REUSE_MS = 5000;

/** What a TCP event says of its connection. */
export type Sign = "syn" | "data" | "close";

/** An event of a connection, in the conversation of this number. */
export type ConnectionEvent = { readonly time: number; readonly conversation: number; readonly sign: Sign };

/** A connection that was forgotten, or is asked for at the end. `sawSyn` false: it began before anybody looked. */
export type Ended = {
  readonly conversation: number;
  readonly first: number;
  readonly last: number;
  readonly sawSyn: boolean;
  readonly isEstablished: boolean;
  readonly isClosed: boolean;
  readonly high: number;
  readonly low: number;
};

/**
 * TCP connections by a fingerprint of their addresses and ports: since when each was heard, and whether its SYN was.
 * Holds 65,536; closed ones go first, then the longest silent. Once an open one had to go, connections that seem to lack
 * their SYN prove nothing any more: `reliableUntil` says from when.
 */
export class ConnectionTable {
  private readonly words = new Int32Array(SETS * WAYS * WORDS);
  private readonly times = new Float64Array(this.words.buffer);
  private readonly onEnd: (ended: Ended) => void;
  reliableUntil = Number.POSITIVE_INFINITY;

  constructor(onEnd: (ended: Ended) => void) {
    this.onEnd = onEnd;
  }

  /** An event of the connection with this fingerprint, in this conversation. */
  note(high: number, low: number, at: ConnectionEvent): void {
    const set = ((low ^ (high >>> 7)) & (SETS - 1)) * WAYS;
    const known = this.slotOf(set, high, low);
    if (known >= 0) {
      this.update(known, at);
      return;
    }
    const slot = this.freeSlot(set, at.time);
    this.words[slot * WORDS + HIGH] = high;
    this.words[slot * WORDS + LOW] = low;
    this.begin(slot, at.conversation, at.time, at.sign);
  }

  private begin(slot: number, conversation: number, time: number, sign: Sign): void {
    this.times[slot * DOUBLES] = time;
    this.times[slot * DOUBLES + 1] = time;
    this.words[slot * WORDS + CONVERSATION] = conversation;
    this.words[slot * WORDS + STATE] = USED | bitOf(sign);
  }

  private update(slot: number, at: ConnectionEvent): void {
    const state = this.word(slot, STATE);
    const last = this.last(slot);
    const { time, sign } = at;
    const isAnew = sign === "syn" && time - last > REUSE_MS && (state & (CLOSED | ESTABLISHED)) !== 0;
    if (isAnew) {
      this.onEnd(this.endedAt(slot));
      this.begin(slot, at.conversation, time, sign);
      return;
    }
    this.words[slot * WORDS + STATE] = state | bitOf(sign);
    if (time > last) this.times[slot * DOUBLES + 1] = time;
    if (time < this.first(slot)) this.times[slot * DOUBLES] = time;
  }

  /** A free slot of the set: an unused one, else the longest closed, else one never answered, else the longest silent. */
  private freeSlot(set: number, time: number): number {
    let best = set;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let slot = set; slot < set + WAYS; slot++) {
      const state = this.word(slot, STATE);
      if (state === 0) return slot;
      const rank = this.last(slot) - ((state & CLOSED) !== 0 ? 1e15 : (state & ESTABLISHED) === 0 ? 5e14 : 0);
      if (rank < bestRank) {
        bestRank = rank;
        best = slot;
      }
    }
    const ended = this.endedAt(best);
    if (ended.isEstablished && !ended.isClosed && this.reliableUntil > time) this.reliableUntil = time;
    this.onEnd(ended);
    return best;
  }

  private endedAt(slot: number): Ended {
    const state = this.word(slot, STATE);
    return {
      conversation: this.word(slot, CONVERSATION),
      first: this.first(slot),
      last: this.last(slot),
      sawSyn: (state & SYN) !== 0,
      isEstablished: (state & ESTABLISHED) !== 0,
      isClosed: (state & CLOSED) !== 0,
      high: this.word(slot, HIGH),
      low: this.word(slot, LOW),
    };
  }

  /** Takes a connection over from another table. */
  put(ended: Ended): void {
    const set = ((ended.low ^ (ended.high >>> 7)) & (SETS - 1)) * WAYS;
    const known = this.slotOf(set, ended.high, ended.low);
    const slot = known >= 0 ? known : this.freeSlot(set, ended.last);
    this.words[slot * WORDS + HIGH] = ended.high;
    this.words[slot * WORDS + LOW] = ended.low;
    this.times[slot * DOUBLES] = ended.first;
    this.times[slot * DOUBLES + 1] = ended.last;
    this.words[slot * WORDS + CONVERSATION] = ended.conversation;
    this.words[slot * WORDS + STATE] =
      USED | (ended.sawSyn ? SYN : 0) | (ended.isEstablished ? ESTABLISHED : 0) | (ended.isClosed ? CLOSED : 0);
  }

  /** Number of the conversation that the connection with this fingerprint belongs to; -1 when it is not held. */
  conversationOf(high: number, low: number): number {
    const slot = this.slotOf(((low ^ (high >>> 7)) & (SETS - 1)) * WAYS, high, low);
    return slot < 0 ? -1 : this.word(slot, CONVERSATION);
  }

  /** The connection with this fingerprint, if it is held. */
  get(high: number, low: number): Ended | null {
    const slot = this.slotOf(((low ^ (high >>> 7)) & (SETS - 1)) * WAYS, high, low);
    return slot < 0 ? null : this.endedAt(slot);
  }

  /** -1 when it is not held. */
  private slotOf(set: number, high: number, low: number): number {
    for (let slot = set; slot < set + WAYS; slot++) {
      if (this.word(slot, HIGH) === high && this.word(slot, LOW) === low && this.word(slot, STATE) !== 0) return slot;
    }
    return -1;
  }

  private word(slot: number, field: number): number {
    return this.words[slot * WORDS + field] ?? 0;
  }

  private first(slot: number): number {
    return this.times[slot * DOUBLES] ?? 0;
  }

  private last(slot: number): number {
    return this.times[slot * DOUBLES + 1] ?? 0;
  }

  /** Every connection still held. */
  *held(): Generator<Ended> {
    for (let slot = 0; slot < SETS * WAYS; slot++) {
      if (this.word(slot, STATE) !== 0) yield this.endedAt(slot);
    }
  }
}

function bitOf(sign: Sign): number {
  if (sign === "syn") return SYN;
  return sign === "data" ? ESTABLISHED : CLOSED;
}
