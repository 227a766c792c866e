import { FINGERPRINT_START, mixHigh, mixLow } from "#decode/flow/flow-uuid.ts";
import { WireCursor } from "./wire-cursor.ts";
import { WireType } from "./wire-plan.ts";

export const ResponseKind = { flow: 1, nodeStatus: 2, lostEvents: 3, other: 0 } as const;

const TIME = 1;
const NODE_NAME = 11;
const UUID = 34;

/** What must be known of a GetFlowsResponse to go on after it: its kind, and the flow's time, node and identity. */
export class ResponseHead {
  kind: number = ResponseKind.other;
  /** NaN when the flow has no time. */
  seconds = Number.NaN;
  nanos = 0;
  /** 64 bits of the uuid; of the whole message where there is none (before Hubble 1.0). */
  high = 0;
  low = 0;
  private readonly cursor = new WireCursor();
  private nodeStart = 0;
  private nodeEnd = 0;

  /** A number for the flow's node: equal for equal names. */
  node(): number {
    const { bytes } = this.cursor;
    let hash = 0;
    for (let at = this.nodeStart; at < this.nodeEnd; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    return hash;
  }

  /** Throws WireError. */
  read(bytes: Uint8Array): void {
    const { cursor } = this;
    cursor.bytes = bytes;
    cursor.at = 0;
    this.kind = ResponseKind.other;
    this.seconds = Number.NaN;
    this.nanos = 0;
    this.nodeStart = 0;
    this.nodeEnd = 0;
    this.high = 0;
    this.low = 0;
    while (cursor.at < bytes.length) {
      const tag = cursor.varint();
      if (tag !== ResponseKind.flow * 8 + WireType.bytes) {
        if (tag === 18 || tag === 26) this.kind = tag >>> 3;
        cursor.skip(tag & 7, bytes.length);
        continue;
      }
      const size = cursor.size(bytes.length);
      this.kind = ResponseKind.flow;
      this.flow(cursor.at + size);
    }
    if (this.kind === ResponseKind.flow && this.high === 0 && this.low === 0) this.mix(0, bytes.length);
  }

  private flow(end: number): void {
    const { cursor } = this;
    while (cursor.at < end) {
      const tag = cursor.varint();
      const number = (tag & 7) === WireType.bytes ? tag >>> 3 : 0;
      if (number !== TIME && number !== NODE_NAME && number !== UUID) {
        cursor.skip(tag & 7, end);
        continue;
      }
      const size = cursor.size(end);
      const start = cursor.at;
      if (number === TIME) this.time(start + size);
      else if (number === UUID) this.mix(start, start + size);
      else {
        this.nodeStart = start;
        this.nodeEnd = start + size;
      }
      cursor.at = start + size;
    }
  }

  private time(end: number): void {
    const { cursor } = this;
    this.seconds = 0;
    while (cursor.at < end) {
      const tag = cursor.varint();
      if (tag === 8) {
        const low = cursor.varint();
        this.seconds = (cursor.high | 0) * 4294967296 + low;
      } else if (tag === 16) this.nanos = cursor.varint();
      else cursor.skip(tag & 7, end);
    }
  }

  private mix(start: number, end: number): void {
    const { bytes } = this.cursor;
    let high = FINGERPRINT_START;
    let low = FINGERPRINT_START;
    for (let at = start; at < end; at += 4) {
      const word =
        (bytes[at] ?? 0) |
        ((at + 1 < end ? (bytes[at + 1] ?? 0) : 0) << 8) |
        ((at + 2 < end ? (bytes[at + 2] ?? 0) : 0) << 16) |
        ((at + 3 < end ? (bytes[at + 3] ?? 0) : 0) << 24);
      high = mixHigh(high, word);
      low = mixLow(low, word);
    }
    this.high = high;
    this.low = low;
  }
}
