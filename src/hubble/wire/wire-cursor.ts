import { WireType } from "./wire-plan.ts";

/** Bytes that are no protobuf message. */
export class WireError extends Error {}

const MOST_GROUPS = 100;

/** Reads protobuf's basic values one after the other. Throws WireError where the bytes end too early. */
export class WireCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** The upper half of the varint last read. */
  high = 0;

  /** A varint's lower 32 bits, unsigned; `high` is the rest. Upstream: protowire.ConsumeVarint. */
  varint(): number {
    const { bytes } = this;
    const first = bytes[this.at];
    if (first !== undefined && first < 0x80) {
      this.at++;
      this.high = 0;
      return first;
    }
    return this.longVarint();
  }

  private longVarint(): number {
    const { bytes } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw new WireError("the message ends inside a number");
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.high = high >>> 0;
        return low >>> 0;
      }
    }
    throw new WireError("a number is longer than ten bytes");
  }

  /** The length in front of bytes, checked against `end`. */
  size(end: number): number {
    const size = this.varint();
    if (this.high !== 0 || size > end - this.at) throw new WireError("a field is longer than its message");
    return size;
  }

  /** Moves past a value. */
  skip(wireType: number, end: number, depth = 0): void {
    switch (wireType) {
      case WireType.varint:
        this.varint();
        break;
      case WireType.fixed64:
        this.at += 8;
        break;
      case WireType.fixed32:
        this.at += 4;
        break;
      case WireType.bytes: {
        const size = this.size(end);
        this.at += size;
        break;
      }
      case WireType.startGroup:
        this.skipGroup(end, depth);
        break;
      default:
        throw new WireError(`no wire type ${wireType}`);
    }
    if (this.at > end) throw new WireError("a field is longer than its message");
  }

  private skipGroup(end: number, depth: number): void {
    if (depth > MOST_GROUPS) throw new WireError("groups lie too deep");
    while (this.at < end) {
      const tag = this.varint();
      if ((tag & 7) === WireType.endGroup) return;
      this.skip(tag & 7, end, depth + 1);
    }
    throw new WireError("a group has no end");
  }
}
