import { JsonBuffer } from "./json-buffer.ts";
import { type WireStretch, WireTextMemo } from "./text-memo.ts";
import { WireCursor, WireError } from "./wire-cursor.ts";
import { type WireField, WireKind, type WirePlan, WireType } from "./wire-plan.ts";

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const QUOTE = 0x22;
const MINUS = 0x2d;

/** What the bytes held that this version does not know. */
export type Unknown = { readonly message: string; readonly what: string };
export type NoteUnknown = (unknown: Unknown) => void;

/**
 * Writes protobuf messages as protojson in one pass over their bytes, with nothing built in between: the text is what
 * Hubble's own client prints. Fields come in the order of their declaration, zero values are left out, a field that is
 * there twice counts as protobuf says (the last one; messages are merged). What is not known is left out and noted once.
 * Upstream: google.golang.org/protobuf encoding/protojson over proto.Unmarshal. Its judge in the tests is protobuf-es.
 */
export class Transcriber {
  private readonly cursor = new WireCursor();
  private readonly memo = new WireTextMemo(1 << 13);
  private readonly tails = new WireTextMemo(1 << 13);
  private readonly note: NoteUnknown;
  private readonly noted = new Set<string>();
  private out = new JsonBuffer(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  /** Of the flow at hand: where its tail begins (-1: it has none), and the uuid with its tag. */
  private tailAt = -1;
  private uuidAt = 0;
  private uuidEnd = 0;
  /** Where the fields of the messages at hand begin and end, two a field; one message after the other. */
  private spans = new Int32Array(4096);
  private top = 0;
  /** Of messages that were there more than once: what came before the last. */
  private readonly earlier = new Map<number, Uint8Array>();

  constructor(note: NoteUnknown = () => {}) {
    this.note = note;
  }

  /** Writes the message behind what is in `out`. Throws WireError; then `out` is as it was. */
  write(plan: WirePlan, bytes: Uint8Array, out: JsonBuffer): void {
    const { length } = out;
    this.out = out;
    this.attach(bytes);
    this.top = 0;
    this.earlier.clear();
    try {
      this.message(plan, 0, bytes.length);
    } catch (error) {
      out.length = length;
      throw error;
    }
  }

  private attach(bytes: Uint8Array): void {
    this.cursor.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private message(plan: WirePlan, start: number, end: number): void {
    const base = this.scan(plan, start, end);
    const { out } = this;
    out.byte(OPEN_BRACE);
    const open = out.length;
    if (plan.tail < 0) this.fields(plan, base, [0, plan.fields.length]);
    else {
      const tail = this.tailStretch(end);
      this.fields(plan, base, [0, plan.tail]);
      if (tail !== null) this.tail(plan, base, tail);
    }
    if (out.length === open) out.byte(CLOSE_BRACE);
    // Instead of the last field's comma.
    else out.bytes[out.length - 1] = CLOSE_BRACE;
    this.top = base;
  }

  private fields(plan: WirePlan, base: number, [from, to]: readonly [number, number]): void {
    const { spans } = this;
    for (let index = from, slot = base + from * 2; index < to; index++, slot += 2) {
      const field = plan.fields[index];
      if (field !== undefined && (spans[slot] ?? -1) >= 0) this.field(plan, field, slot);
    }
  }

  /** All bytes of the flow from its first field of the tail on, but those of the uuid; null without such a field. */
  private tailStretch(end: number): WireStretch | null {
    const { tailAt, uuidAt, uuidEnd } = this;
    if (tailAt < 0) return null;
    return uuidAt > tailAt
      ? { start: tailAt, cut: uuidAt, rest: uuidEnd, end }
      : { start: tailAt, cut: tailAt, rest: tailAt, end };
  }

  /** Fields after the ends: they repeat together from flow to flow. */
  private tail(plan: WirePlan, base: number, at: WireStretch): void {
    const { out, cursor, tails } = this;
    const fields: readonly [number, number] = [plan.tail, plan.fields.length];
    // What came more than once is not all in its last place.
    if (this.earlier.size > 0) return this.fields(plan, base, fields);
    const known = tails.find(plan, this.view, at);
    if (known !== undefined) return out.text(known);
    const worth = tails.worth(at);
    const from = out.length;
    const unknowns = this.noted.size;
    this.fields(plan, base, fields);
    if (worth !== 0 && this.noted.size === unknowns) {
      tails.put(plan, worth, cursor.bytes, { at, text: out.bytes.subarray(from, out.length) });
    }
  }

  /** Finds the fields; answers where their spans are. */
  private scan(plan: WirePlan, start: number, end: number): number {
    const base = this.claim(plan.fields.length * 2);
    if (plan.uuid >= 0) this.uuidAt = -1;
    const { cursor, spans } = this;
    let tailAt = -1;
    cursor.at = start;
    while (cursor.at < end) {
      const tagAt = cursor.at;
      const tag = cursor.varint();
      const number = tag >>> 3;
      const wireType = tag & 7;
      const index = number < 64 ? (plan.small[number] ?? -1) : (plan.large.get(number) ?? -1);
      const field = plan.fields[index];
      if (field === undefined) {
        this.unknown(plan, number, wireType, end);
        continue;
      }
      const slot = base + index * 2;
      if (tailAt < 0 && plan.tail >= 0 && index >= plan.tail) tailAt = tagAt;
      if (field.isRepeated) this.markRepeated(field, wireType, slot, [tagAt, end]);
      else if (wireType === field.wireType) {
        const from = wireType === WireType.bytes ? cursor.size(end) : -1;
        const valueAt = cursor.at;
        if (from >= 0) cursor.at += from;
        else cursor.skip(wireType, end);
        if (field.others.length > 0) this.leaveOthers(field, base);
        if (field.wireType === WireType.bytes && (spans[slot] ?? -1) >= 0) this.keepEarlier(field, slot);
        spans[slot] = valueAt;
        spans[slot + 1] = cursor.at;
        if (index === plan.uuid) {
          this.uuidAt = tagAt;
          this.uuidEnd = cursor.at;
        }
      } else this.unknown(plan, number, wireType, end);
    }
    if (cursor.at !== end) throw new WireError("a field is longer than its message");
    if (plan.tail >= 0) this.tailAt = tailAt;
    return base;
  }

  private claim(count: number): number {
    const base = this.top;
    this.top += count;
    if (this.top > this.spans.length) {
      const larger = new Int32Array(this.spans.length * 2);
      larger.set(this.spans);
      this.spans = larger;
    }
    this.spans.fill(-1, base, this.top);
    return base;
  }

  private unknown(plan: WirePlan, number: number, wireType: number, end: number): void {
    this.cursor.skip(wireType, end);
    if (number === 0) throw new WireError("a field has the number 0");
    if (!plan.reserved.has(number)) this.tell(plan.name, `field ${number}`);
  }

  private tell(message: string, what: string): void {
    const key = `${message} ${what}`;
    if (this.noted.has(key) || this.noted.size > 100) return;
    this.noted.add(key);
    this.note({ message, what });
  }

  /** Elements may stand apart: the span reaches from the first to the last, tags included. */
  private markRepeated(
    field: WireField,
    wireType: number,
    slot: number,
    [tagAt, end]: readonly [number, number],
  ): void {
    const isPacked = wireType === WireType.bytes && field.wireType !== WireType.bytes;
    if (wireType !== field.wireType && !isPacked) throw new WireError(`${field.name} has the wire type ${wireType}`);
    this.cursor.skip(wireType, end);
    if ((this.spans[slot] ?? -1) < 0) this.spans[slot] = tagAt;
    this.spans[slot + 1] = this.cursor.at;
  }

  /** Of a oneof the last field counts. */
  private leaveOthers(field: WireField, base: number): void {
    for (const other of field.others) {
      this.spans[base + other * 2] = -1;
      this.earlier.delete(base + other * 2);
    }
  }

  /** A message that comes again is merged: its bytes one after the other are its bytes. */
  private keepEarlier(field: WireField, slot: number): void {
    if (field.kind === WireKind.string) return;
    const bytes = this.cursor.bytes.subarray(this.spans[slot], this.spans[slot + 1]);
    this.earlier.set(slot, joined(this.earlier.get(slot), bytes));
  }

  private field(plan: WirePlan, field: WireField, slot: number): void {
    const { out, spans, cursor } = this;
    const { length } = out;
    out.text(field.key);
    const from = spans[slot] ?? 0;
    const to = spans[slot + 1] ?? 0;
    let isWritten: boolean;
    if (field.isRepeated) isWritten = this.list(plan, field, from, to);
    else if (this.earlier.size > 0 && this.earlier.has(slot)) isWritten = this.merged(plan, field, slot);
    else {
      cursor.at = from;
      isWritten = this.value(plan, field, to, false);
    }
    if (isWritten) out.byte(COMMA);
    else out.length = length;
  }

  private merged(plan: WirePlan, field: WireField, slot: number): boolean {
    const { cursor, spans } = this;
    const { bytes } = cursor;
    const all = joined(this.earlier.get(slot), bytes.subarray(spans[slot], spans[slot + 1]));
    this.earlier.delete(slot);
    this.attach(all);
    cursor.at = 0;
    const isWritten = this.value(plan, field, all.length, false);
    this.attach(bytes);
    return isWritten;
  }

  private list(plan: WirePlan, field: WireField, from: number, to: number): boolean {
    const { cursor, out } = this;
    out.byte(OPEN_BRACKET);
    const open = out.length;
    for (let at = from; at < to; at = cursor.at) {
      cursor.at = at;
      const tag = cursor.varint();
      const wireType = tag & 7;
      if (tag >>> 3 !== field.number) cursor.skip(wireType, to);
      else if (wireType === field.wireType && wireType !== WireType.bytes) this.element(plan, field, to);
      else {
        const size = cursor.size(to);
        const end = cursor.at + size;
        if (wireType === field.wireType) this.element(plan, field, end);
        else while (cursor.at < end) this.element(plan, field, end);
        cursor.at = end;
      }
    }
    if (out.length === open) return false;
    out.bytes[out.length - 1] = CLOSE_BRACKET;
    return true;
  }

  private element(plan: WirePlan, field: WireField, end: number): void {
    this.value(plan, field, end, true);
    this.out.byte(COMMA);
  }

  /** The value at the cursor, up to `end` where it is bytes. False, with nothing written, when it is left out. */
  private value(plan: WirePlan, field: WireField, end: number, isZeroKept: boolean): boolean {
    const { cursor, out } = this;
    switch (field.kind) {
      case WireKind.string:
        if (cursor.at === end && !isZeroKept) return false;
        out.string(cursor.bytes, cursor.at, end);
        return true;
      case WireKind.message:
        this.inner(field, cursor.at, end);
        return true;
      case WireKind.enum:
        return this.enum(plan, field, isZeroKept);
      case WireKind.time:
        return this.time(cursor.at, end);
      case WireKind.any:
        return this.any(plan, cursor.at, end);
      case WireKind.fieldMask:
        return this.fieldMask(cursor.at, end);
      case WireKind.double:
        return this.double(isZeroKept);
      case WireKind.boolValue:
        return this.wrapped(WireKind.bool, cursor.at, end);
      case WireKind.uint32Value:
        return this.wrapped(WireKind.uint32, cursor.at, end);
      case WireKind.int32Value:
        return this.wrapped(WireKind.int32, cursor.at, end);
      default:
        return this.number(field.kind, isZeroKept);
    }
  }

  private inner(field: WireField, start: number, end: number): void {
    const { out, cursor } = this;
    const plan = field.message;
    if (plan === null) throw new Error(`no message of ${field.name}`);
    if (!field.isRemembered || end - start < 4) return this.message(plan, start, end);
    const { bytes } = cursor;
    const at = { start, cut: end, rest: end, end };
    const known = this.memo.find(plan, this.view, at);
    if (known !== undefined) return out.text(known);
    const worth = this.memo.worth(at);
    const from = out.length;
    const unknowns = this.noted.size;
    this.message(plan, start, end);
    if (worth !== 0 && this.noted.size === unknowns) {
      this.memo.put(plan, worth, bytes, { at, text: out.bytes.subarray(from, out.length) });
    }
  }

  private enum(plan: WirePlan, field: WireField, isZeroKept: boolean): boolean {
    const value = this.cursor.varint() | 0;
    if (value === 0 && !isZeroKept) return false;
    const name = field.names.get(value);
    if (name !== undefined) this.out.text(name);
    else {
      this.tell(plan.name, `${field.name} ${value}`);
      this.signed(value);
    }
    return true;
  }

  private signed(value: number): void {
    if (value < 0) this.out.byte(MINUS);
    this.out.integer(Math.abs(value));
  }

  private number(kind: number, isZeroKept: boolean): boolean {
    const { cursor, out } = this;
    const low = cursor.varint();
    const { high } = cursor;
    const isLong = kind === WireKind.uint64 || kind === WireKind.int64 || kind === WireKind.bool;
    if (low === 0 && (high === 0 || !isLong) && !isZeroKept) return false;
    if (kind === WireKind.uint32) out.integer(low);
    else if (kind === WireKind.int32) this.signed(low | 0);
    else if (kind === WireKind.bool) out.ascii(low === 0 && high === 0 ? "false" : "true");
    else {
      out.byte(QUOTE);
      if (high === 0) out.integer(low);
      else out.ascii(longText(low, high, kind === WireKind.int64));
      out.byte(QUOTE);
    }
    return true;
  }

  private double(isZeroKept: boolean): boolean {
    const { cursor, out } = this;
    const view = new DataView(cursor.bytes.buffer, cursor.bytes.byteOffset + cursor.at, 8);
    const value = view.getFloat64(0, true);
    cursor.at += 8;
    if (Object.is(value, 0) && !isZeroKept) return false;
    if (Number.isFinite(value)) out.ascii(Object.is(value, -0) ? "-0" : String(value));
    else out.ascii(`"${value}"`);
    return true;
  }

  /** A message of one field with the number 1, written as that field's value, zero too. */
  private wrapped(kind: number, start: number, end: number): boolean {
    const { cursor } = this;
    const at = this.lastOf(1, start, end);
    if (at < 0) this.out.ascii(kind === WireKind.bool ? "false" : "0");
    else {
      cursor.at = at;
      this.number(kind, true);
    }
    return true;
  }

  /** Where the value of the number's last varint begins; -1 for none. */
  private lastOf(number: number, start: number, end: number): number {
    const { cursor } = this;
    let found = -1;
    cursor.at = start;
    while (cursor.at < end) {
      const tag = cursor.varint();
      if (tag === number * 8) found = cursor.at;
      cursor.skip(tag & 7, end);
    }
    return found;
  }

  private time(start: number, end: number): boolean {
    const { cursor, out } = this;
    let seconds = 0;
    let nanos = 0;
    cursor.at = start;
    while (cursor.at < end) {
      const tag = cursor.varint();
      if (tag === 8) {
        const low = cursor.varint();
        seconds = (cursor.high | 0) * 4294967296 + low;
      } else if (tag === 16) nanos = cursor.varint() | 0;
      else cursor.skip(tag & 7, end);
    }
    if (nanos < 0 || nanos > 999_999_999 || seconds < -62_135_596_800 || seconds > 253_402_300_799) {
      throw new WireError(`a time of ${seconds} s and ${nanos} ns is none`);
    }
    out.time(seconds, nanos);
    return true;
  }

  /** No message of Hubble's is packed into an extension by any released program. */
  private any(plan: WirePlan, start: number, end: number): boolean {
    this.cursor.at = end;
    if (end > start) {
      this.tell(plan.name, "extensions");
      return false;
    }
    this.out.ascii("{}");
    return true;
  }

  /** Ours: the paths as they are; protojson's one text cannot hold every path. */
  private fieldMask(start: number, end: number): boolean {
    const { cursor, out } = this;
    out.byte(OPEN_BRACKET);
    cursor.at = start;
    const open = out.length;
    while (cursor.at < end) {
      const tag = cursor.varint();
      if (tag !== 10) {
        cursor.skip(tag & 7, end);
        continue;
      }
      const size = cursor.size(end);
      out.string(cursor.bytes, cursor.at, cursor.at + size);
      out.byte(COMMA);
      cursor.at += size;
    }
    if (out.length === open) out.byte(CLOSE_BRACKET);
    else out.bytes[out.length - 1] = CLOSE_BRACKET;
    return true;
  }
}

function joined(before: Uint8Array | undefined, after: Uint8Array): Uint8Array {
  const first = before ?? new Uint8Array(0);
  const all = new Uint8Array(first.length + after.length);
  all.set(first);
  all.set(after, first.length);
  return all;
}

function longText(low: number, high: number, isSigned: boolean): string {
  const value = (BigInt(high) << 32n) | BigInt(low);
  return (isSigned ? BigInt.asIntN(64, value) : value).toString();
}
