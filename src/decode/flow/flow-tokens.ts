import type { FlowEndpoint, FlowL7 } from "#model/flow.ts";
import type { Json } from "#model/json.ts";
import { type JsonCursor, oddBytes } from "./flow-cursor.ts";
import { asciiText, SpanMemo, sample, TextMemo } from "./flow-memo.ts";
import { readEndpoint, readL7 } from "./flow-parts.ts";
import { joinTails, nextSerial, ScannedFlow, type TailFacts } from "./flow-scanned.ts";
import { dayNumber } from "./flow-time.ts";
import { FINGERPRINT_START, mixHigh, mixLow } from "./flow-uuid.ts";

/** Parts of a line that differ from line to line. The rest of a line is its shape (see FlowShapes). */
export const Token = {
  end: 0,
  time: 1,
  uuid: 2,
  sourceAddress: 3,
  destinationAddress: 4,
  sourceXlated: 5,
  sourcePort: 6,
  destinationPort: 7,
  source: 8,
  destination: 9,
  tailPart: 10,
  l7: 11,
  socketCookie: 12,
  envelopeNode: 13,
  ethernet: 14,
  skipped: 15,
} as const;

const ENDPOINT_SAMPLE = { count: 12, stride: 4 };
const PART_SAMPLE = { count: 28, stride: 8 };
const TAIL_SAMPLE = { count: 12, stride: 4 };
/** For values that are short: more bytes would be those of what follows. */
export const SHORT_SAMPLE = { count: 6, stride: 4 };
/** Ends before the summary, which quotes the request. */
const L7_TAIL_SAMPLE = { count: 16, stride: 4 };
const VALUE_SAMPLE = { count: 24, stride: 4 };
/** `L7",` as a word: the value of `"Type":"L7",`. */
const L7_TYPE = 0x2c22374c;
/** A uuid as Hubble writes it. */
const UUID_LENGTH = 36;

/** Under which hashes a part of a tail is remembered: by the line's last bytes and length, or by its own first bytes. */
export type TailHashes = { readonly byEnd: number; readonly byStart: number };

/** Reads the tokens of a line at the cursor into the flow. Every `read` answers false where the line must be left to JSON.parse. */
export class FlowTokens {
  readonly cursor: JsonCursor;
  readonly flow: ScannedFlow;
  readonly texts = new TextMemo(1 << 14);
  private readonly ends = new SpanMemo<FlowEndpoint>(1 << 13);
  private readonly tails = new SpanMemo<TailFacts>(1 << 14);
  private readonly requests = new SpanMemo<FlowL7>(1 << 11);
  private readonly decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  private uuidStart = 0;
  private uuidEnd = 0;
  private sourceHash = 0;
  private destinationHash = 0;
  /** Bytes of the flow's time, which the envelope repeats at the line's end. */
  private timeLength = 0;
  private readonly minute = new MinuteMemo();
  /** Hashes of the tail part that `readTailPart` did not know. */
  private tailHash = 0;
  private startHash = 0;

  constructor(cursor: JsonCursor) {
    this.cursor = cursor;
    this.flow = new ScannedFlow(() => asciiText(cursor.bytes, this.uuidStart, this.uuidEnd));
  }

  clear(): void {
    this.flow.clear();
    this.uuidStart = 0;
    this.uuidEnd = 0;
    this.sourceHash = 0;
    this.destinationHash = 0;
  }

  read(token: number): boolean {
    switch (token) {
      case Token.time:
        return this.readTime();
      case Token.uuid:
        return this.readUuid();
      case Token.sourceAddress:
      case Token.destinationAddress:
      case Token.sourceXlated:
      case Token.socketCookie:
      case Token.envelopeNode:
        return this.readTextToken(token);
      case Token.sourcePort:
        this.flow.sourcePort = this.cursor.readSmallNumber();
        return this.flow.sourcePort >= 0;
      case Token.destinationPort:
        this.flow.destinationPort = this.cursor.readSmallNumber();
        return this.flow.destinationPort >= 0;
      case Token.source:
        this.flow.source = this.readEnd(this.sourceHash);
        this.flow.sourceSerial = this.ends.id;
        return this.flow.source !== null;
      case Token.destination:
        this.flow.destination = this.readEnd(this.destinationHash);
        this.flow.destinationSerial = this.ends.id;
        return this.flow.destination !== null;
      case Token.tailPart:
        return this.readTailPart();
      case Token.l7:
        this.flow.l7 = this.readSpan(this.requests, readL7);
        return this.flow.l7 !== null;
      case Token.ethernet:
        return this.cursor.skipMacPair() || this.cursor.skipValue();
      default:
        return this.cursor.skipValue();
    }
  }

  private readTextToken(token: number): boolean {
    const { flow } = this;
    const text = this.readText();
    if (text === null) return false;
    if (token === Token.sourceAddress) {
      flow.sourceAddress = text;
      this.sourceHash = this.cursor.textHash;
    } else if (token === Token.destinationAddress) {
      flow.destinationAddress = text;
      this.destinationHash = this.cursor.textHash;
    } else if (token === Token.sourceXlated) flow.sourceXlated = text;
    else if (token === Token.socketCookie) flow.socketCookie = text;
    else flow.envelopeNode = text;
    return true;
  }

  /** A string without escapes, as a text; null otherwise. */
  readText(): string | null {
    const { cursor } = this;
    if (!cursor.readPlainString()) return null;
    return this.texts.get(cursor.bytes, cursor.textStart, cursor.textEnd, cursor.textHash);
  }

  /** An end: pods are found by their address too, ends without pod by their text alone (there are few). */
  private readEnd(addressHash: number): FlowEndpoint | null {
    const { cursor, ends } = this;
    if (cursor.peek() !== 0x7b) return null;
    const at = cursor.at;
    const hash = sample(cursor.view, at, cursor.end, ENDPOINT_SAMPLE);
    const podHash = hash ^ Math.imul(addressHash, 0x85ebca6b);
    const known = ends.find(cursor.view, at, cursor.end, podHash) ?? ends.find(cursor.view, at, cursor.end, hash);
    if (known !== undefined) {
      cursor.at = at + ends.length;
      return known;
    }
    const end = readEndpoint(this.parseValue());
    if (end === null) return null;
    ends.put(end.podName === "" ? hash : podHash, cursor.bytes, [at, cursor.at], end);
    return end;
  }

  /** A part of the tail that is known; the cursor is then past it. */
  readTailPart(): boolean {
    const { cursor, flow } = this;
    cursor.peek();
    const at = cursor.at;
    this.tailHash = this.hashTail(at);
    const known = this.tails.find(cursor.view, at, cursor.end, this.tailHash) ?? this.findByStart(at);
    if (known === undefined) return false;
    flow.tail = joinTails(flow.tail, known);
    cursor.at = at + this.tails.length;
    return true;
  }

  /** A part that does not reach to the line's end is looked for by its first bytes. */
  private findByStart(at: number): TailFacts | undefined {
    const { cursor } = this;
    this.startHash = sample(cursor.view, at, cursor.end - this.timeLength, PART_SAMPLE);
    return this.tails.find(cursor.view, at, cursor.end, this.startHash);
  }

  /**
   * Where to look for a tail: by its length, its last bytes and the local end, for it names that end's network
   * interface; in an L7 event, whose length is the request's, by its first bytes.
   */
  private hashTail(at: number): number {
    const { cursor, flow } = this;
    const { view } = cursor;
    const end = cursor.end - this.timeLength;
    const isL7 = flow.l7 !== null || (at + 12 < end && view.getInt32(at + 8, true) === L7_TYPE);
    if (isL7) return sample(view, at, end, L7_TAIL_SAMPLE);
    const local = (flow.destination?.id ?? 0) === 0 ? flow.sourceSerial : flow.destinationSerial;
    const seed = Math.imul((end - at) ^ Math.imul(local, 0x5bd1e995), 0x9e3779b1);
    return seed ^ sample(view, Math.max(at, end - TAIL_SAMPLE.count * TAIL_SAMPLE.stride), end, TAIL_SAMPLE);
  }

  /** Keeps what the part means that `readTailPart` did not know: bytes[start, end). `isLast`: no token follows it in the flow. */
  keepTailPart(
    hashes: TailHashes,
    part: readonly [start: number, end: number],
    facts: TailFacts,
    isLast: boolean,
  ): void {
    const hash = isLast ? hashes.byEnd : hashes.byStart;
    if (!this.tails.isWorthKeeping(hash)) return;
    facts.serial = nextSerial();
    this.tails.put(hash, this.cursor.bytes, part, facts);
  }

  /** Where the part that `readTailPart` did not know would be found. */
  get unknownTail(): TailHashes {
    return { byEnd: this.tailHash, byStart: this.startHash };
  }

  /** A value that repeats, by its bytes. null when it is no object or list, or reads as null. */
  readSpan<T>(memo: SpanMemo<T>, read: (value: Json | undefined) => T | null, plan = VALUE_SAMPLE): T | null {
    const { cursor } = this;
    const first = cursor.peek();
    if (first !== 0x7b && first !== 0x5b) return null;
    const at = cursor.at;
    const hash = sample(cursor.view, at, cursor.end, plan);
    const known = memo.find(cursor.view, at, cursor.end, hash);
    if (known !== undefined) {
      cursor.at = at + memo.length;
      return known;
    }
    const value = read(this.parseValue());
    if (value !== null && memo.isWorthKeeping(hash)) memo.put(hash, cursor.bytes, [at, cursor.at], value);
    return value;
  }

  /** The value at the cursor by JSON.parse; undefined when it is not JSON, or its text not UTF-8. */
  parseValue(): Json | undefined {
    const { cursor } = this;
    cursor.peek();
    const at = cursor.at;
    if (!cursor.skipValue()) return undefined;
    try {
      return JSON.parse(this.decoder.decode(cursor.bytes.subarray(at, cursor.at))) as Json;
    } catch {
      return undefined;
    }
  }

  private readUuid(): boolean {
    const { cursor } = this;
    if (cursor.peek() !== 0x22) return false;
    const at = cursor.at + 1;
    if (at + UUID_LENGTH >= cursor.end || cursor.bytes[at + UUID_LENGTH] !== 0x22) return this.readOddUuid();
    const { view } = cursor;
    let high = FINGERPRINT_START;
    let low = FINGERPRINT_START;
    let odd = 0;
    for (let offset = 0; offset < UUID_LENGTH; offset += 4) {
      const word = view.getInt32(at + offset, true);
      odd |= oddBytes(word);
      high = mixHigh(high, word);
      low = mixLow(low, word);
    }
    if (odd !== 0) return this.readOddUuid();
    this.setUuid(at, at + UUID_LENGTH, high, low);
    cursor.at = at + UUID_LENGTH + 1;
    return true;
  }

  /** A uuid of another form. */
  private readOddUuid(): boolean {
    const { cursor } = this;
    if (!cursor.readPlainString()) return false;
    const { textStart, textEnd, bytes } = cursor;
    let high = textEnd === textStart ? 0 : FINGERPRINT_START;
    let low = high;
    for (let at = textStart; at < textEnd; at += 4) {
      let word = 0;
      for (let byte = 0; byte < 4 && at + byte < textEnd; byte++) word |= (bytes[at + byte] as number) << (8 * byte);
      high = mixHigh(high, word);
      low = mixLow(low, word);
    }
    this.setUuid(textStart, textEnd, high, low);
    return true;
  }

  private setUuid(start: number, end: number, high: number, low: number): void {
    this.uuidStart = start;
    this.uuidEnd = end;
    this.flow.uuidHigh = high;
    this.flow.uuidLow = low;
  }

  private readTime(): boolean {
    const start = this.cursor.at;
    const time = this.minute.read(this.cursor);
    this.timeLength = this.cursor.at - start + 1;
    this.flow.time = Number.isNaN(time) ? null : time;
    return this.flow.time !== null;
  }

  /** The envelope's time: NaN for another form than protojson writes. */
  readEnvelopeTime(): number {
    return this.minute.read(this.cursor);
  }
}

const POWERS: readonly number[] = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1000, 100, 10, 1];

/** Reads times as protojson writes them (`2026-11-21T02:44:53.986203413Z`), remembering the minute. */
class MinuteMemo {
  private first = 0;
  private second = 0;
  private ms = 0;

  /** Milliseconds since 1970; NaN when it is no such text. */
  read(cursor: JsonCursor): number {
    if (cursor.peek() !== 0x22) return Number.NaN;
    const at = cursor.at + 1;
    const { bytes, view, end } = cursor;
    if (at + 21 > end || !this.readMinute(bytes, view, at)) return Number.NaN;
    const tens = (bytes[at + 17] as number) - 0x30;
    const ones = (bytes[at + 18] as number) - 0x30;
    if (bytes[at + 16] !== 0x3a || tens < 0 || tens > 9 || ones < 0 || ones > 9) return Number.NaN;
    let nanos = 0;
    let next = at + 19;
    if (bytes[next] === 0x2e) {
      const from = ++next;
      while (next < end && isDigit(bytes[next] as number)) nanos = nanos * 10 + (bytes[next++] as number) - 0x30;
      const scale = POWERS[next - from];
      if (scale === undefined || next === from) return Number.NaN;
      nanos *= scale;
    }
    if (next + 1 >= end || bytes[next] !== 0x5a || bytes[next + 1] !== 0x22) return Number.NaN;
    cursor.at = next + 2;
    return this.ms + (tens * 10 + ones) * 1000 + nanos / 1e6;
  }

  /** `2026-11-21T02:44`: sets `ms` to its beginning. */
  private readMinute(bytes: Uint8Array, view: DataView, at: number): boolean {
    const first = view.getFloat64(at, true);
    const second = view.getFloat64(at + 8, true);
    if (first === this.first && second === this.second) return true;
    const isShaped =
      bytes[at + 4] === 0x2d && bytes[at + 7] === 0x2d && bytes[at + 10] === 0x54 && bytes[at + 13] === 0x3a;
    const year = digits(bytes, at, 4);
    const day = dayNumber(year, digits(bytes, at + 5, 2), digits(bytes, at + 8, 2));
    const minutes = digits(bytes, at + 11, 2) * 60 + digits(bytes, at + 14, 2);
    if (!isShaped || Number.isNaN(day + minutes)) return false;
    this.first = first;
    this.second = second;
    this.ms = day * 86_400_000 + minutes * 60_000;
    return true;
  }
}

/** The number that these digits write; NaN when one is no digit. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) {
    const byte = bytes[at + index] as number;
    if (!isDigit(byte)) return Number.NaN;
    value = value * 10 + byte - 0x30;
  }
  return value;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
