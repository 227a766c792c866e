import { timestampText } from "../go-time.ts";
import { writeProtojson } from "../protojson/write.ts";

const QUOTE = 0x22;
const ZERO = 0x30;

/** Bytes that stand in a JSON string as they are. Upstream: encoding/json htmlSafeSet. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && !'"\\<>&'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

const encoder = new TextEncoder();

/** JSON text as bytes, written one value after the other; it grows as needed and is used again after `clear`. */
export class JsonBuffer {
  bytes: Uint8Array;
  length = 0;
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  private readonly dateTexts = { day: Number.NaN, text: new Uint8Array(11) };

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  clear(): void {
    this.length = 0;
  }

  /** Room for so many bytes more. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  byte(byte: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  text(text: Uint8Array): void {
    const { length } = text;
    this.reserve(length);
    const { bytes, length: at } = this;
    if (length > 32) bytes.set(text, at);
    else for (let index = 0; index < length; index++) bytes[at + index] = text[index] ?? 0;
    this.length = at + length;
  }

  /** A whole number from 0 to 2^53. */
  integer(value: number): void {
    if (value > 0x7fffffff) return this.ascii(String(value));
    this.reserve(10);
    let digits = 1;
    for (let power = 10; power <= value && digits < 10; power *= 10) digits++;
    this.length += digits;
    let rest = value;
    for (let at = this.length - 1; digits > 0; digits--) {
      const tenth = (rest / 10) | 0;
      this.bytes[at--] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
  }

  /** The UTF-8 text in from[start, end) as a string. */
  string(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start + 2);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let index = start; index < end; index++) {
      const byte = from[index] ?? 0;
      if (IS_PLAIN[byte] === 0) return this.careful(from, start, end);
      bytes[at++] = byte;
    }
    bytes[at++] = QUOTE;
    this.length = at;
  }

  private careful(from: Uint8Array, start: number, end: number): void {
    this.text(encoder.encode(writeProtojson(this.decoder.decode(from.subarray(start, end)))));
  }

  /** ASCII text. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) this.bytes[this.length++] = text.charCodeAt(index);
  }

  /** A moment in quotes, as protojson writes a Timestamp. */
  time(seconds: number, nanos: number): void {
    this.reserve(40);
    const day = Math.floor(seconds / 86400);
    if (day !== this.dateTexts.day && !this.keepDay(day)) return this.ascii(`"${timestampText({ seconds, nanos })}"`);
    const { bytes, dateTexts } = this;
    bytes[this.length++] = QUOTE;
    for (let index = 0; index < 11; index++) bytes[this.length++] = dateTexts.text[index] ?? 0;
    const second = seconds - day * 86400;
    this.two((second / 3600) | 0, 0x3a);
    this.two(((second / 60) | 0) % 60, 0x3a);
    this.two(second % 60, 0x2e);
    this.fraction(nanos);
    bytes[this.length++] = 0x5a;
    bytes[this.length++] = QUOTE;
  }

  /** Two digits and what follows them. */
  private two(value: number, follower: number): void {
    this.bytes[this.length++] = ZERO + ((value / 10) | 0);
    this.bytes[this.length++] = ZERO + (value % 10);
    this.bytes[this.length++] = follower;
  }

  /** 0, 3, 6 or 9 digits; without any the point before goes too. */
  private fraction(nanos: number): void {
    if (nanos === 0) {
      this.length--;
      return;
    }
    const digits = nanos % 1_000_000 === 0 ? 3 : nanos % 1000 === 0 ? 6 : 9;
    let rest = nanos / (digits === 3 ? 1_000_000 : digits === 6 ? 1000 : 1);
    for (let index = digits - 1; index >= 0; index--) {
      this.bytes[this.length + index] = ZERO + (rest % 10);
      rest = (rest / 10) | 0;
    }
    this.length += digits;
  }

  /** False for a day outside the years that have four digits. */
  private keepDay(day: number): boolean {
    if (day < 0 || day > 2_932_896) return false;
    this.dateTexts.text.set(encoder.encode(timestampText({ seconds: day * 86400, nanos: 0 }).slice(0, 11)));
    this.dateTexts.day = day;
    return true;
  }
}
