import type { WirePlan } from "./wire-plan.ts";

/** Bytes that make a text: view[start, cut), and from `rest` to `end`. */
export type WireStretch = {
  readonly start: number;
  readonly cut: number;
  readonly rest: number;
  readonly end: number;
};

/** Both parts of a stretch, `cut` bytes of the first, and the JSON text that they make. */
type Known = {
  readonly plan: WirePlan;
  readonly hash: number;
  readonly cut: number;
  readonly view: DataView;
  readonly text: Uint8Array;
};

const WAYS = 2;
/** Longer ones are rare and would make the memo large. */
const MOST_BYTES = 4096;
/** Words of a part that are looked at to tell it from others. */
const SAMPLES = 12;

/**
 * The JSON text of messages, or of parts of them, by their bytes: equal bytes of one kind of message say the same. Ends of
 * flows, policies and services come again and again. Never grows: a newcomer replaces what was longest unused in its slot.
 */
export class WireTextMemo {
  private readonly mask: number;
  private readonly known: (Known | undefined)[];
  /** Hashes met once: what never comes again is not kept. */
  private readonly metOnce: Int32Array;
  private hash = 0;

  /** `slots`: a power of two. */
  constructor(slots: number) {
    this.mask = slots - 1;
    this.known = Array<Known | undefined>(slots * WAYS).fill(undefined);
    this.metOnce = new Int32Array(slots * WAYS);
  }

  /** The text of the bytes; undefined when it is not known. */
  find(plan: WirePlan, view: DataView, at: WireStretch): Uint8Array | undefined {
    const hash = hashOf(view, at);
    this.hash = hash;
    const first = (hash & this.mask) * WAYS;
    const one = this.known[first];
    if (one === undefined) return undefined;
    if (one.hash === hash && one.plan === plan && isSame(one, view, at)) return one.text;
    const other = this.known[first + 1];
    if (other === undefined || other.hash !== hash || other.plan !== plan || !isSame(other, view, at)) return undefined;
    this.known[first] = other;
    this.known[first + 1] = one;
    return other.text;
  }

  /** The hash of what `find` did not know, to `put` it under; 0 when it is not worth that: it is met for the first time, or long. */
  worth(at: WireStretch): number {
    const { hash } = this;
    const slot = hash & (this.metOnce.length - 1);
    if (at.cut - at.start + at.end - at.rest > MOST_BYTES) return 0;
    if (this.metOnce[slot] === hash) return hash;
    this.metOnce[slot] = hash;
    return 0;
  }

  /** Remembers copies. */
  put(plan: WirePlan, hash: number, bytes: Uint8Array, { at, text }: { at: WireStretch; text: Uint8Array }): void {
    const cut = at.cut - at.start;
    const kept = new Uint8Array(cut + at.end - at.rest);
    kept.set(bytes.subarray(at.start, at.cut));
    kept.set(bytes.subarray(at.rest, at.end), cut);
    const first = (hash & this.mask) * WAYS;
    this.known[first + 1] = this.known[first];
    this.known[first] = { plan, hash, cut, view: new DataView(kept.buffer), text: new Uint8Array(text) };
  }
}

function isSame({ view: known, cut }: Known, view: DataView, at: WireStretch): boolean {
  if (at.cut - at.start !== cut || at.end - at.rest !== known.byteLength - cut) return false;
  return isPart(known, 0, cut, [view, at.start]) && isPart(known, cut, known.byteLength, [view, at.rest]);
}

function isPart(known: DataView, from: number, to: number, [view, at]: readonly [DataView, number]): boolean {
  const shift = at - from;
  let index = from;
  for (; index + 4 <= to; index += 4) if (known.getInt32(index) !== view.getInt32(index + shift)) return false;
  for (; index < to; index++) if (known.getUint8(index) !== view.getUint8(index + shift)) return false;
  return true;
}

function hashOf(view: DataView, { start, cut, rest, end }: WireStretch): number {
  const mixed = Math.imul(sampled(view, start, cut) ^ Math.imul(sampled(view, rest, end), 0x9e3779b1), 0x85ebca6b);
  // 0 says "none".
  return mixed ^ (mixed >>> 15) || 1;
}

/** A hash of the length and of words from all over view[start, end). */
function sampled(view: DataView, start: number, end: number): number {
  const length = end - start;
  let hash = length;
  const step = Math.max(4, Math.ceil(length / SAMPLES));
  for (let at = start; at + 4 <= end; at += step) {
    hash = Math.imul(hash ^ view.getInt32(at), 0x01000193);
    hash ^= hash >>> 13;
  }
  if (length >= 4) hash = Math.imul(hash ^ view.getInt32(end - 4), 0x01000193);
  return hash ^ (hash >>> 15);
}
