import { parseRfc3339, timestampText } from "../go-time.ts";
import { writeProtojson } from "../protojson/write.ts";
import { type CompiledField, type CompiledMessage, Kind } from "./compiled.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const ZERO = 0x30;

/** 0 plain, 1 never stands so in canonical text (controls, `<`, `>`, `&`), 2 needs care (escapes, beyond ASCII), 3 the end. */
const LETTERS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === QUOTE) return 3;
  if (byte < 0x20 || byte === 0x3c || byte === 0x3e || byte === 0x26) return 1;
  return byte === BACKSLASH || byte >= 0x80 ? 2 : 0;
});

/**
 * Walks over bytes that are a message exactly as Hubble prints it: fields in order, each once, no spaces, no zero values,
 * escapes as Go writes them. Every method moves past what it accepts; false means that the line must be read with care.
 */
export class ByteWalker {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  end = 0;
  private readonly decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The last time that was checked, up to its minute: those that follow share it. */
  private readonly minute = new Uint8Array(17);

  attach(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = start;
    this.end = end;
  }

  /** Moves past exactly these bytes. */
  skip(text: Uint8Array): boolean {
    const { bytes, at } = this;
    if (at + text.length > this.end) return false;
    for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false;
    this.at = at + text.length;
    return true;
  }

  message(message: CompiledMessage): boolean {
    if (this.bytes[this.at] !== OPEN_BRACE) return false;
    this.at++;
    if (this.bytes[this.at] === CLOSE_BRACE) {
      this.at++;
      return true;
    }
    let last = -1;
    let groups = 0;
    for (;;) {
      const id = this.name(message);
      if (id <= last) return false;
      last = id;
      const field = message.fields[id];
      if (field === undefined || (groups & field.group) !== 0) return false;
      groups |= field.group;
      if (!this.value(field)) return false;
      const byte = this.bytes[this.at++];
      if (byte !== COMMA) return byte === CLOSE_BRACE && this.at <= this.end;
    }
  }

  /** The number of the field that is named here, -1 for none; the walker is past the colon. */
  name(message: CompiledMessage): number {
    const { bytes, end } = this;
    if (bytes[this.at] !== QUOTE) return -1;
    const start = this.at + 1;
    let hash = 0;
    let at = start;
    for (let byte = bytes[at] ?? 0; byte !== QUOTE; byte = bytes[at] ?? 0) {
      if (at >= end) return -1;
      hash = (Math.imul(hash, 31) + byte) | 0;
      at++;
    }
    if (bytes[at + 1] !== COLON) return -1;
    this.at = at + 2;
    return message.names.find(bytes, start, at, hash);
  }

  value(field: CompiledField): boolean {
    if (!field.isRepeated) return this.single(field, false);
    if (this.bytes[this.at] !== OPEN_BRACKET) return false;
    this.at++;
    for (;;) {
      if (!this.single(field, true)) return false;
      const byte = this.bytes[this.at++];
      if (byte !== COMMA) return byte === CLOSE_BRACKET && this.at <= this.end;
    }
  }

  private single(field: CompiledField, isZeroKept: boolean): boolean {
    switch (field.kind) {
      case Kind.string:
        return this.string(isZeroKept);
      case Kind.message:
        return field.message !== null && this.message(field.message);
      case Kind.enum:
        return this.enum(field);
      case Kind.unsigned:
        return this.number(4294967295, isZeroKept);
      case Kind.signed:
      case Kind.numberWrapper:
        // Negative numbers are rare: with care.
        return this.number(2147483647, isZeroKept || field.kind === Kind.numberWrapper);
      case Kind.long:
        return this.long(isZeroKept);
      case Kind.flag:
        return this.skip(TRUE) || (isZeroKept && this.skip(FALSE));
      case Kind.flagWrapper:
        return this.skip(TRUE) || this.skip(FALSE);
      case Kind.time:
        return this.time();
      case Kind.any:
        return this.skip(EMPTY);
      default:
        return false;
    }
  }

  /** A string; the empty one only where zeros are kept. */
  string(isEmptyKept: boolean): boolean {
    const { bytes, end, at: start } = this;
    if (bytes[start] !== QUOTE) return false;
    let at = start + 1;
    let letter = LETTERS[bytes[at] ?? 0];
    while (letter === 0 && at < end) {
      at++;
      letter = LETTERS[bytes[at] ?? 0];
    }
    if (letter === 2) return this.careful();
    if (letter !== 3 || at >= end || (at === start + 1 && !isEmptyKept)) return false;
    this.at = at + 1;
    return true;
  }

  /** A string with escapes or letters beyond ASCII: it is canonical when writing it gives the same text. */
  private careful(): boolean {
    const { bytes, end, at: start } = this;
    let at = start + 1;
    while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    if (at >= end) return false;
    try {
      const text = this.decoder.decode(bytes.subarray(start, at + 1));
      const value: string = JSON.parse(text);
      if (/\p{Surrogate}/u.test(value) || writeProtojson(value) !== text) return false;
    } catch {
      return false;
    }
    this.at = at + 1;
    return true;
  }

  private enum(field: CompiledField): boolean {
    const { bytes, end } = this;
    if (bytes[this.at] !== QUOTE) return false;
    const start = this.at + 1;
    let hash = 0;
    let at = start;
    for (let byte = bytes[at] ?? 0; byte !== QUOTE; byte = bytes[at] ?? 0) {
      if (at >= end) return false;
      hash = (Math.imul(hash, 31) + byte) | 0;
      at++;
    }
    const value = field.values === null ? -1 : field.values.find(bytes, start, at, hash);
    this.at = at + 1;
    return value >= 0 && value !== field.zero;
  }

  /** A port, not zero. */
  port(): boolean {
    return this.number(4294967295, false);
  }

  private number(most: number, isZeroKept: boolean): boolean {
    const { bytes, end, at: start } = this;
    let at = start;
    let value = 0;
    for (; at < end; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const digits = at - start;
    this.at = at;
    if (digits === 0 || digits > 10 || value > most) return false;
    return bytes[start] === ZERO ? digits === 1 && isZeroKept : true;
  }

  /** A 64-bit integer in quotes: at most 18 digits; longer ones with care. */
  private long(isZeroKept: boolean): boolean {
    if (this.bytes[this.at] !== QUOTE) return false;
    this.at++;
    const start = this.at;
    while (isDigit(this.bytes[this.at])) this.at++;
    const digits = this.at - start;
    if (digits === 0 || digits > 18 || this.at >= this.end) return false;
    if (this.bytes[start] === ZERO && (digits > 1 || !isZeroKept)) return false;
    return this.bytes[this.at++] === QUOTE;
  }

  /** A time in UTC with 0, 3, 6 or 9 digits, the shortest that is exact. */
  time(): boolean {
    const { bytes, at: start, end } = this;
    if (bytes[start] !== QUOTE || start + 22 > end) return false;
    if (!this.isMinute(start + 1) && !this.checkMinute(start + 1)) return false;
    const tens = (bytes[start + 18] ?? 0) - ZERO;
    if (tens < 0 || tens > 5 || !isDigit(bytes[start + 19])) return false;
    let at = start + 20;
    if (bytes[at] === 0x2e) {
      const fraction = at + 1;
      at = fraction;
      while (isDigit(bytes[at])) at++;
      const digits = at - fraction;
      if (digits !== 9 && digits !== 6 && digits !== 3) return false;
      if (bytes[at - 1] === ZERO && bytes[at - 2] === ZERO && bytes[at - 3] === ZERO) return false;
    }
    if (bytes[at] !== 0x5a || bytes[at + 1] !== QUOTE || at + 2 > end) return false;
    this.at = at + 2;
    return true;
  }

  private isMinute(start: number): boolean {
    const { bytes, minute } = this;
    for (let index = 16; index >= 0; index--) if (bytes[start + index] !== minute[index]) return false;
    return true;
  }

  private checkMinute(start: number): boolean {
    const minute = this.bytes.subarray(start, start + 17);
    const text = `${new TextDecoder().decode(minute)}00Z`;
    const moment = parseRfc3339(text);
    if (moment === null || timestampText(moment) !== text) return false;
    this.minute.set(minute);
    return true;
  }
}

const encoder = new TextEncoder();
const TRUE = encoder.encode("true");
const FALSE = encoder.encode("false");
const EMPTY = encoder.encode("{}");

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}
