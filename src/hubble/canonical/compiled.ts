import { NameTable } from "#decode/flow/flow-memo.ts";
import { type Descriptor, descriptorOf, enumOf, type Field } from "../schema.ts";

/** How a value is written. */
export const Kind = {
  string: 0,
  flag: 1,
  flagWrapper: 2,
  unsigned: 3,
  signed: 4,
  long: 5,
  enum: 6,
  time: 7,
  message: 8,
  any: 9,
  numberWrapper: 10,
  /** What canonical lines of flows do not hold: the line is read with care. */
  other: 11,
} as const;

/** A field made ready for reading bytes. */
export type CompiledField = {
  readonly kind: number;
  readonly isRepeated: boolean;
  /** A bit for the oneof it belongs to; 0 for none. */
  readonly group: number;
  readonly message: CompiledMessage | null;
  readonly values: NameTable | null;
  /** Of an enum: the number of its zero in `values`, which is left out when printed. */
  readonly zero: number;
};

export type CompiledMessage = {
  readonly fields: readonly CompiledField[];
  /** Proto names only: others are not canonical. */
  readonly names: NameTable;
};

const compiled = new Map<string, CompiledMessage>();

/** The message of this name, made ready once. */
export function compiledMessage(name: string): CompiledMessage {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const descriptor = descriptorOf(name);
  const message = {
    fields: descriptor.fields.map((field) => compiledField(field, descriptor)),
    names: new NameTable(new Map(descriptor.fields.map((field, index): [string, number] => [field.name, index]))),
  };
  compiled.set(name, message);
  return message;
}

function compiledField(field: Field, descriptor: Descriptor): CompiledField {
  const groups = [...new Set(descriptor.fields.map((one) => one.group))].filter((group) => group !== null);
  return {
    kind: kindOf(field),
    isRepeated: field.isRepeated,
    group: field.group === null ? 0 : 1 << groups.indexOf(field.group),
    message: field.kind === "message" ? compiledMessage(field.type) : null,
    values: field.kind === "enum" ? new NameTable(enumOf(field.type).numbers) : null,
    zero: field.kind === "enum" && !field.isRepeated ? 0 : -1,
  };
}

const KINDS: Readonly<Record<string, number>> = {
  string: Kind.string,
  bool: Kind.flag,
  BoolValue: Kind.flagWrapper,
  uint32: Kind.unsigned,
  int32: Kind.signed,
  uint64: Kind.long,
  int64: Kind.long,
  Timestamp: Kind.time,
  Any: Kind.any,
  Int32Value: Kind.numberWrapper,
  UInt32Value: Kind.numberWrapper,
};

function kindOf({ kind, type }: Field): number {
  if (kind === "message") return Kind.message;
  return kind === "enum" ? Kind.enum : (KINDS[type] ?? Kind.other);
}
