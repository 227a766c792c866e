import { isObject, type Json } from "#model/json.ts";
import { momentOf } from "../go-time.ts";
import type { Message } from "../message.ts";
import { type WireField, WireKind, type WirePlan, WireType, wirePlan } from "./wire-plan.ts";

const encoder = new TextEncoder();

/** The bytes of a message in canonical form; a field mask is a list of its paths. Fields by number, as Go writes them. */
export function writeMessage(name: string, message: Message): Uint8Array {
  writer.length = 0;
  writeFields(wirePlan(name), message);
  return writer.bytes.slice(0, writer.length);
}

/** One buffer for all: messages are written one at a time. */
const writer = { bytes: new Uint8Array(1 << 14), length: 0 };

function reserve(more: number): void {
  const needed = writer.length + more;
  if (needed <= writer.bytes.length) return;
  const larger = new Uint8Array(Math.max(needed, writer.bytes.length * 2));
  larger.set(writer.bytes);
  writer.bytes = larger;
}

function writeFields(plan: WirePlan, message: Message): void {
  for (const index of plan.byNumber) {
    const field = plan.fields[index];
    const value = field === undefined ? undefined : message[field.name];
    if (field === undefined || value === undefined) continue;
    if (!field.isRepeated) writeField(field, value);
    else if (Array.isArray(value)) writeList(field, value);
  }
}

/** Numbers of a list are packed, as proto3 has it. */
function writeList(field: WireField, values: readonly Json[]): void {
  if (field.wireType === WireType.bytes) {
    for (const value of values) writeField(field, value);
    return;
  }
  tag(field.number, WireType.bytes);
  sized(() => {
    for (const value of values) writeNumber(field, value);
  });
}

function writeField(field: WireField, value: Json): void {
  tag(field.number, field.wireType);
  if (field.wireType === WireType.bytes) writeBytes(field, value);
  else writeNumber(field, value);
}

function writeBytes(field: WireField, value: Json): void {
  switch (field.kind) {
    case WireKind.string:
      return string(typeof value === "string" ? value : "");
    case WireKind.message:
      return sized(() => {
        if (field.message !== null && isObject(value)) writeFields(field.message, value);
      });
    case WireKind.time:
      return sized(() => writeTime(typeof value === "string" ? value : ""));
    case WireKind.fieldMask:
      return sized(() => writePaths(Array.isArray(value) ? value : []));
    case WireKind.any:
      return sized(() => {});
    default:
      return sized(() => writeWrapped(value));
  }
}

function writeTime(text: string): void {
  const { seconds, nanos } = momentOf(text);
  if (seconds !== 0) {
    tag(1, WireType.varint);
    varint(BigInt(seconds));
  }
  if (nanos !== 0) {
    tag(2, WireType.varint);
    varint(BigInt(nanos));
  }
}

function writePaths(paths: readonly Json[]): void {
  for (const path of paths) {
    tag(1, WireType.bytes);
    string(typeof path === "string" ? path : "");
  }
}

/** Wrappers leave their zero out. */
function writeWrapped(value: Json): void {
  if (value === false || value === 0) return;
  tag(1, WireType.varint);
  varint(BigInt(typeof value === "number" ? value : 1));
}

function writeNumber(field: WireField, value: Json): void {
  if (field.kind === WireKind.double) double(Number(value));
  else if (typeof value === "number") varint(BigInt(value));
  else if (typeof value === "boolean") varint(value ? 1n : 0n);
  else if (field.kind === WireKind.enum) varint(BigInt(field.numbers.get(String(value)) ?? 0));
  else varint(BigInt(String(value)));
}

function tag(number: number, wireType: number): void {
  small(number * 8 + wireType);
}

/** A varint of at most 32 bits. */
function small(value: number): void {
  reserve(5);
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) writer.bytes[writer.length++] = (rest & 0x7f) | 0x80;
  writer.bytes[writer.length++] = rest;
}

function varint(value: bigint): void {
  if (value >= 0n && value <= 0x7fffffffn) return small(Number(value));
  reserve(10);
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) writer.bytes[writer.length++] = Number(rest & 0x7fn) | 0x80;
  writer.bytes[writer.length++] = Number(rest);
}

function double(value: number): void {
  reserve(8);
  new DataView(writer.bytes.buffer).setFloat64(writer.length, value, true);
  writer.length += 8;
}

function string(text: string): void {
  sized(() => {
    reserve(text.length * 3);
    writer.length += encoder.encodeInto(text, writer.bytes.subarray(writer.length)).written;
  });
}

/** Writes with the length in front: room for one byte is left, and what was written moves when that is too little. */
function sized(write: () => void): void {
  reserve(1);
  const at = writer.length++;
  write();
  const size = writer.length - at - 1;
  if (size < 0x80) {
    writer.bytes[at] = size;
    return;
  }
  const more = size < 1 << 14 ? 1 : size < 1 << 21 ? 2 : size < 1 << 28 ? 3 : 4;
  reserve(more);
  writer.bytes.copyWithin(at + 1 + more, at + 1, writer.length);
  writer.length = at;
  small(size);
  writer.length += size;
}
