import type { Value } from "../duckdb.ts";

/** How a value travels in ClickHouse's RowBinary; LowCardinality and codecs do not show there. */
export type Wire = "UInt8" | "UInt16" | "Int32" | "UInt32" | "Int64" | "UInt64" | "Float64" | "String" | "UUID";

export type WireColumn = { readonly name: string; readonly wire: Wire; readonly isNullable?: boolean };

/** The values of a column: one for each row, or one for all. */
export type Filling = readonly Value[] | { readonly all: Value };

/** Rows by column. */
export type Columns = readonly (readonly Value[])[];

const FIRST_BYTES = 1 << 16;

/** Rows that stand as columns, in ClickHouse's binary form. Integers beyond 2^53 are given as bigint. */
export function encodeRows(columns: readonly WireColumn[], fillings: readonly Filling[], rows: number): Uint8Array {
  const writer = new ByteWriter();
  for (let row = 0; row < rows; row++) {
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index];
      const filling = fillings[index];
      if (column === undefined || filling === undefined) throw new Error("a column without values");
      writeValue(writer, column, "all" in filling ? filling.all : (filling[row] ?? null));
    }
  }
  return writer.bytes();
}

function writeValue(writer: ByteWriter, { name, wire, isNullable }: WireColumn, value: Value): void {
  if (isNullable === true) {
    writer.uint8(value === null ? 1 : 0);
    if (value === null) return;
  } else if (value === null) throw new Error(`${name} has no value`);
  switch (wire) {
    case "String":
      return writer.text(typeof value === "string" ? value : String(value));
    case "Float64":
      return writer.float64(Number(value));
    case "UUID":
      return writer.uuid(String(value));
    case "Int64":
    case "UInt64":
      return writer.int64(BigInt(value ?? 0));
    case "UInt8":
      return writer.uint8(Number(value));
    case "UInt16":
      return writer.uint16(Number(value));
    case "Int32":
    case "UInt32":
      return writer.uint32(Number(value));
  }
}

/** Bytes that grow. */
class ByteWriter {
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private at = 0;

  private room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }

  uint8(value: number): void {
    this.room(1);
    this.buffer[this.at++] = value;
  }

  uint16(value: number): void {
    this.room(2);
    this.at = this.buffer.writeUInt16LE(value, this.at);
  }

  uint32(value: number): void {
    this.room(4);
    this.at = this.buffer.writeInt32LE(value | 0, this.at);
  }

  int64(value: bigint): void {
    this.room(8);
    this.at = this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.at);
  }

  float64(value: number): void {
    this.room(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.room(bytes + 5);
    let rest = bytes;
    for (; rest > 0x7f; rest >>>= 7) this.buffer[this.at++] = (rest & 0x7f) | 0x80;
    this.buffer[this.at++] = rest;
    this.at += this.buffer.write(value, this.at);
  }

  /** Two halves, each with its lowest byte first. */
  uuid(text: string): void {
    const hex = text.replaceAll("-", "");
    this.int64(BigInt(`0x${hex.slice(0, 16)}`));
    this.int64(BigInt(`0x${hex.slice(16)}`));
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.at);
  }
}

/** Takes ClickHouse's binary form as it comes, in pieces of any length, and gives the rows that are whole. */
export class RowDecoder {
  private readonly columns: readonly WireColumn[];
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  /** True when a row goes on beyond what has come. */
  private isShort = false;

  constructor(columns: readonly WireColumn[]) {
    this.columns = columns;
  }

  /** The whole rows of this piece, and of what was left of those before. */
  push(piece: Uint8Array): Columns {
    this.bytes = this.bytes.length === 0 ? Buffer.from(piece) : Buffer.concat([this.bytes, piece]);
    this.at = 0;
    const found: Value[][] = this.columns.map(() => []);
    let whole = 0;
    while (this.at < this.bytes.length) {
      const row = this.row();
      if (this.isShort) break;
      for (let index = 0; index < row.length; index++) found[index]?.push(row[index] ?? null);
      whole = this.at;
    }
    this.isShort = false;
    this.bytes = this.bytes.subarray(whole);
    return found;
  }

  /** Bytes that are no whole row: none at the end of an answer. */
  get left(): number {
    return this.bytes.length;
  }

  private row(): readonly Value[] {
    const values: Value[] = [];
    for (const { wire, isNullable } of this.columns) {
      const isNull = isNullable === true && this.take(1) && this.bytes[this.at - 1] === 1;
      if (this.isShort) return values;
      values.push(isNull ? null : this.value(wire));
      if (this.isShort) return values;
    }
    return values;
  }

  /** Moves on; false where so much has not come. */
  private take(bytes: number): boolean {
    if (this.at + bytes > this.bytes.length) this.isShort = true;
    else this.at += bytes;
    return !this.isShort;
  }

  private value(wire: Wire): Value {
    if (wire === "String") return this.text();
    const bytes = SIZES[wire];
    if (!this.take(bytes)) return null;
    return fixedAt(this.bytes, this.at - bytes, wire);
  }

  private text(): string {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      if (!this.take(1)) return "";
      const byte = this.bytes[this.at - 1] ?? 0;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (!this.take(length)) return "";
    return this.bytes.toString("utf8", this.at - length, this.at);
  }
}

type Fixed = Exclude<Wire, "String">;

const SIZES: Readonly<Record<Fixed, number>> = {
  UInt8: 1,
  UInt16: 2,
  Int32: 4,
  UInt32: 4,
  Int64: 8,
  UInt64: 8,
  Float64: 8,
  UUID: 16,
};

function fixedAt(bytes: Buffer, at: number, wire: Fixed): Value {
  switch (wire) {
    case "UInt8":
      return bytes.readUInt8(at);
    case "UInt16":
      return bytes.readUInt16LE(at);
    case "Int32":
      return bytes.readInt32LE(at);
    case "UInt32":
      return bytes.readUInt32LE(at);
    case "Int64":
      return bytes.readBigInt64LE(at);
    case "UInt64":
      return bytes.readBigUInt64LE(at);
    case "Float64":
      return bytes.readDoubleLE(at);
    case "UUID":
      return uuidAt(bytes, at);
  }
}

function uuidAt(bytes: Buffer, at: number): string {
  const half = (from: number) => bytes.readBigUInt64LE(from).toString(16).padStart(16, "0");
  const [first, second] = [half(at), half(at + 8)];
  return `${first.slice(0, 8)}-${first.slice(8, 12)}-${first.slice(12)}-${second.slice(0, 4)}-${second.slice(4)}`;
}
