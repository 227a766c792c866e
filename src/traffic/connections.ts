/** Bits of a connection's state. */
const SYN = 1;
const ESTABLISHED = 2;
const CLOSED = 4;
const USED = 8;

const SETS = 1 << 13;
const WAYS = 8;
/** A SYN for ports in use means a new connection if the old one has been silent for this long. */
const REUSE_MS = 5000;

/** What a TCP event says of its connection. */
export type Sign = "syn" | "data" | "close";

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
  private readonly highs = new Int32Array(SETS * WAYS);
  private readonly lows = new Int32Array(SETS * WAYS);
  private readonly firsts = new Float64Array(SETS * WAYS);
  private readonly lasts = new Float64Array(SETS * WAYS);
  private readonly conversations = new Int32Array(SETS * WAYS);
  private readonly states = new Uint8Array(SETS * WAYS);
  private readonly onEnd: (ended: Ended) => void;
  reliableUntil = Number.POSITIVE_INFINITY;

  constructor(onEnd: (ended: Ended) => void) {
    this.onEnd = onEnd;
  }

  /** An event of the connection with this fingerprint, in this conversation. */
  note(high: number, low: number, at: { readonly time: number; readonly conversation: number; readonly sign: Sign }): void {
    const set = ((low ^ (high >>> 7)) & (SETS - 1)) * WAYS;
    const { time, sign } = at;
    const known = this.slotOf(set, high, low);
    if (known !== null) {
      this.update(known, at);
      return;
    }
    const slot = this.freeSlot(set, time);
    this.highs[slot] = high;
    this.lows[slot] = low;
    this.begin(slot, at.conversation, time, sign);
  }

  private begin(slot: number, conversation: number, time: number, sign: Sign): void {
    this.firsts[slot] = time;
    this.lasts[slot] = time;
    this.conversations[slot] = conversation;
    this.states[slot] = USED | bitOf(sign);
  }

  private update(slot: number, at: { readonly time: number; readonly conversation: number; readonly sign: Sign }): void {
    const state = this.states[slot] ?? 0;
    const last = this.lasts[slot] ?? 0;
    const { time, sign } = at;
    const isAnew = sign === "syn" && time - last > REUSE_MS && (state & (CLOSED | ESTABLISHED)) !== 0;
    if (isAnew) {
      this.onEnd(this.endedAt(slot));
      this.begin(slot, at.conversation, time, sign);
      return;
    }
    this.states[slot] = state | bitOf(sign);
    if (time > last) this.lasts[slot] = time;
    if (time < (this.firsts[slot] ?? 0)) this.firsts[slot] = time;
  }

  /** A free slot of the set: an unused one, else the longest closed, else the longest silent. */
  private freeSlot(set: number, time: number): number {
    let best = set;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let slot = set; slot < set + WAYS; slot++) {
      const state = this.states[slot] ?? 0;
      if (state === 0) return slot;
      const rank = (this.lasts[slot] ?? 0) - ((state & CLOSED) === 0 ? 0 : 1e15);
      if (rank < bestRank) {
        bestRank = rank;
        best = slot;
      }
    }
    const ended = this.endedAt(best);
    if (!ended.isClosed && this.reliableUntil > time) this.reliableUntil = time;
    this.onEnd(ended);
    return best;
  }

  private endedAt(slot: number): Ended {
    const state = this.states[slot] ?? 0;
    return {
      conversation: this.conversations[slot] ?? 0,
      first: this.firsts[slot] ?? 0,
      last: this.lasts[slot] ?? 0,
      sawSyn: (state & SYN) !== 0,
      isEstablished: (state & ESTABLISHED) !== 0,
      isClosed: (state & CLOSED) !== 0,
      high: this.highs[slot] ?? 0,
      low: this.lows[slot] ?? 0,
    };
  }

  /** Takes a connection over from another table. */
  put(ended: Ended): void {
    const set = ((ended.low ^ (ended.high >>> 7)) & (SETS - 1)) * WAYS;
    const slot = this.slotOf(set, ended.high, ended.low) ?? this.freeSlot(set, ended.last);
    this.highs[slot] = ended.high;
    this.lows[slot] = ended.low;
    this.firsts[slot] = ended.first;
    this.lasts[slot] = ended.last;
    this.conversations[slot] = ended.conversation;
    this.states[slot] =
      USED | (ended.sawSyn ? SYN : 0) | (ended.isEstablished ? ESTABLISHED : 0) | (ended.isClosed ? CLOSED : 0);
  }

  /** The connection with this fingerprint, if it is held. */
  get(high: number, low: number): Ended | null {
    const slot = this.slotOf(((low ^ (high >>> 7)) & (SETS - 1)) * WAYS, high, low);
    return slot === null ? null : this.endedAt(slot);
  }

  private slotOf(set: number, high: number, low: number): number | null {
    for (let slot = set; slot < set + WAYS; slot++) {
      if (this.highs[slot] === high && this.lows[slot] === low && (this.states[slot] ?? 0) !== 0) return slot;
    }
    return null;
  }

  /** Every connection still held. */
  *held(): Generator<Ended> {
    for (let slot = 0; slot < this.states.length; slot++) {
      if ((this.states[slot] ?? 0) !== 0) yield this.endedAt(slot);
    }
  }
}

function bitOf(sign: Sign): number {
  if (sign === "syn") return SYN;
  return sign === "data" ? ESTABLISHED : CLOSED;
}
