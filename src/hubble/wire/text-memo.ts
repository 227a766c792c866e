import type { WirePlan } from "./wire-plan.ts";

/** Bytes of a message and the JSON text that they make. */
type Known = { readonly plan: WirePlan; readonly hash: number; readonly bytes: Uint8Array; readonly text: Uint8Array };

const WAYS = 2;
/** Longer ones are rare and would make the memo large. */
const MOST_BYTES = 4096;

/**
 * The JSON text of messages by their bytes: equal bytes of one kind of message say the same. Ends of flows, policies and services come
 * again and again. Never grows: a newcomer replaces what was longest unused in its slot.
 */
export class WireTextMemo {
  private readonly mask: number;
  private readonly known: (Known | undefined)[];

  /** `slots`: a power of two. */
  constructor(slots: number) {
    this.mask = slots - 1;
    this.known = Array.from({ length: slots * WAYS }, () => undefined);
  }

  /** The text of bytes[start, end); undefined when it is not known. */
  find(plan: WirePlan, bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const hash = sampleHash(bytes, start, end);
    const first = (hash & this.mask) * WAYS;
    const one = this.known[first];
    if (one === undefined) return undefined;
    if (one.hash === hash && one.plan === plan && isSame(one.bytes, bytes, start, end)) return one.text;
    const other = this.known[first + 1];
    if (other === undefined || other.hash !== hash || other.plan !== plan) return undefined;
    if (!isSame(other.bytes, bytes, start, end)) return undefined;
    this.known[first] = other;
    this.known[first + 1] = one;
    return other.text;
  }

  /** Remembers copies. */
  put(plan: WirePlan, bytes: Uint8Array, text: Uint8Array): void {
    if (bytes.length > MOST_BYTES) return;
    const hash = sampleHash(bytes, 0, bytes.length);
    const first = (hash & this.mask) * WAYS;
    this.known[first + 1] = this.known[first];
    this.known[first] = { plan, hash, bytes: new Uint8Array(bytes), text: new Uint8Array(text) };
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  for (let index = 0; index < length; index++) if (known[index] !== bytes[start + index]) return false;
  return true;
}

/** A hash of the length and of bytes from all over bytes[start, end). */
function sampleHash(bytes: Uint8Array, start: number, end: number): number {
  const step = 1 + ((end - start) >> 5);
  let hash = end - start;
  for (let at = start; at < end; at += step) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  return hash ^ (hash >>> 15);
}
