/** Texts by their bytes, so that the same bytes give the same string object without decoding them again. ASCII only. */
export class TextMemo {
  private readonly mask: number;
  private readonly hashes: Int32Array;
  private readonly texts: string[];

  /** `slots`: a power of two. A newcomer replaces what was in its slot: the memo never grows. */
  constructor(slots: number) {
    this.mask = slots - 1;
    this.hashes = new Int32Array(slots);
    this.texts = Array<string>(slots).fill("");
  }

  get(bytes: Uint8Array, start: number, end: number, hash: number): string {
    const slot = (hash ^ (hash >>> 15)) & this.mask;
    const known = this.texts[slot] as string;
    if (this.hashes[slot] === hash && isText(bytes, start, end, known)) return known;
    const text = asciiText(bytes, start, end);
    this.hashes[slot] = hash;
    this.texts[slot] = text;
    return text;
  }
}

/** Numbers of known names, by the bytes of the whole name. */
export class NameTable {
  private readonly slots: string[];
  private readonly ids: Int32Array;
  private readonly mask: number;

  constructor(names: ReadonlyMap<string, number>) {
    const slots = 4 << (32 - Math.clz32(names.size));
    this.mask = slots - 1;
    this.slots = Array<string>(slots).fill("");
    this.ids = new Int32Array(slots).fill(-1);
    for (const [name, id] of names) this.add(name, id);
  }

  private add(name: string, id: number): void {
    let slot = slotOf(hashText(name), this.mask);
    while (this.slots[slot] !== "") slot = (slot + 1) & this.mask;
    this.slots[slot] = name;
    this.ids[slot] = id;
  }

  /** The number of the name in these bytes, -1 when it is none of them. `hash` as JsonCursor makes it. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    let slot = slotOf(hash, this.mask);
    for (;;) {
      const name = this.slots[slot] as string;
      if (name === "") return -1;
      if (isText(bytes, start, end, name)) return this.ids[slot] as number;
      slot = (slot + 1) & this.mask;
    }
  }
}

function slotOf(hash: number, mask: number): number {
  return (hash ^ (hash >>> 11)) & mask;
}

function hashText(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}

function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  const length = end - start;
  if (text.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** The text of ASCII bytes. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}

const WAYS = 4;
/** A span's record: its hash, where its bytes begin among all, how many they are, its number (0: none). */
const RECORD = 4;
const OFFSET = 1;
const LENGTH = 2;
const ID = 3;
/** Room for the bytes of spans, a slot: beyond that everything is forgotten. */
const SLOT_BYTES = 2048;

/**
 * What a stretch of bytes means, remembered with the bytes: JSON delimits itself, so where the same bytes stand again
 * they mean the same and need not be read. Found by a few sampled bytes, proven by comparing all. Records and bytes lie
 * each in one array: a find that hits costs two far reads of memory, not one for every object on the way.
 */
export class SpanMemo<T> {
  private readonly mask: number;
  private readonly records: Int32Array;
  private readonly values: (T | undefined)[];
  private readonly mostBytes: number;
  private bytes = new Uint8Array(1 << 12);
  private view = new DataView(this.bytes.buffer);
  private used = 0;
  /** Hashes met once: what never comes again is not kept. */
  private readonly metOnce: Int32Array;
  private nextId = 1;
  /** Length and number of the span last found or put. */
  length = 0;
  id = 0;

  /** `slots`: a power of two; four spans a slot, the one longest unused goes. The memo never grows beyond that. */
  constructor(slots: number) {
    this.mask = slots - 1;
    this.metOnce = new Int32Array(slots * WAYS);
    this.records = new Int32Array(slots * WAYS * RECORD);
    this.values = Array<T | undefined>(slots * WAYS).fill(undefined);
    this.mostBytes = slots * SLOT_BYTES;
  }

  /** The value of the known span that begins at `at`; undefined when none does. */
  find(view: DataView, at: number, end: number, hash: number): T | undefined {
    const { records } = this;
    const first = ((hash ^ (hash >>> 15)) & this.mask) * WAYS;
    for (let way = first; way < first + WAYS; way++) {
      const record = way * RECORD;
      if (records[record + ID] === 0) return undefined;
      if (records[record] !== hash || !this.isSpan(record, view, at, end)) continue;
      this.length = records[record + LENGTH] as number;
      this.id = records[record + ID] as number;
      if (way === first) return this.values[way];
      this.exchange(way, way - 1);
      return this.values[way - 1];
    }
    return undefined;
  }

  private isSpan(record: number, view: DataView, at: number, end: number): boolean {
    const length = this.records[record + LENGTH] as number;
    return at + length <= end && isSame(this.view, this.records[record + OFFSET] as number, length, view, at);
  }

  private exchange(one: number, other: number): void {
    const { records, values } = this;
    for (let word = 0; word < RECORD; word++) {
      const kept = records[one * RECORD + word] as number;
      records[one * RECORD + word] = records[other * RECORD + word] as number;
      records[other * RECORD + word] = kept;
    }
    const value = values[one];
    values[one] = values[other];
    values[other] = value;
  }

  /** Whether these bytes are worth a `put`: it is the second time that the hash is met. */
  isWorthKeeping(hash: number): boolean {
    const slot = (hash ^ (hash >>> 15)) & (this.metOnce.length - 1);
    if (this.metOnce[slot] === hash) return true;
    this.metOnce[slot] = hash;
    return false;
  }

  /** Remembers a copy of from[start, end). */
  put(hash: number, from: Uint8Array, [start, end]: readonly [number, number], value: T): void {
    this.id = this.nextId++;
    this.length = end - start;
    // Not even alone would it fit.
    if (this.length > this.mostBytes) return;
    const offset = this.room(this.length);
    this.bytes.set(from.subarray(start, end), offset);
    const first = ((hash ^ (hash >>> 15)) & this.mask) * WAYS;
    this.records.copyWithin((first + 1) * RECORD, first * RECORD, (first + WAYS - 1) * RECORD);
    this.values.copyWithin(first + 1, first, first + WAYS - 1);
    this.records.set([hash, offset, this.length, this.id], first * RECORD);
    this.values[first] = value;
  }

  /** Where so many bytes may lie. */
  private room(length: number): number {
    if (this.used + length > this.mostBytes) this.forget();
    const offset = this.used;
    this.used = (offset + length + 7) & ~7;
    if (this.used > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.used, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return offset;
  }

  private forget(): void {
    this.used = 0;
    this.records.fill(0);
    this.values.fill(undefined);
  }
}

/** Whether known[offset, offset + length) are the bytes at `at`. */
function isSame(known: DataView, offset: number, length: number, view: DataView, at: number): boolean {
  const words = length & ~7;
  let index = 0;
  // JSON text holds no bytes of which two different eights make the same number (only the two zeros are equal).
  for (; index < words; index += 8) {
    if (known.getFloat64(offset + index, true) !== view.getFloat64(at + index, true)) return false;
  }
  for (; index < length; index++) {
    if (known.getUint8(offset + index) !== view.getUint8(at + index)) return false;
  }
  return true;
}

/** A hash of sampled bytes: `count` words from `at`, `stride` bytes apart, as far as `end` reaches. */
export function sample(
  view: DataView,
  at: number,
  end: number,
  plan: { readonly count: number; readonly stride: number },
): number {
  let hash = 0x811c9dc5;
  const last = Math.min(at + plan.count * plan.stride, end - 4);
  for (let index = at; index < last; index += plan.stride) {
    hash = Math.imul(hash ^ view.getInt32(index, true), 0x01000193);
    hash ^= hash >>> 13;
  }
  return hash;
}
