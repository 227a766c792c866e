import { FIELD_NUMBERS, RESERVED_NUMBERS } from "../generated/field-numbers.table.ts";
import { descriptorOf, enumOf, type Field } from "../schema.ts";

/** How a field's value is laid out in protobuf, and how protojson writes it. */
export const WireKind = {
  string: 0,
  bool: 1,
  uint32: 2,
  int32: 3,
  uint64: 4,
  int64: 5,
  double: 6,
  enum: 7,
  message: 8,
  /** Messages that protojson writes as plain values. */
  time: 9,
  boolValue: 10,
  uint32Value: 11,
  int32Value: 12,
  any: 13,
  fieldMask: 14,
} as const;

/** Upstream: protobuf's wire types. */
export const WireType = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

export type WireField = {
  readonly name: string;
  readonly number: number;
  readonly kind: number;
  readonly wireType: number;
  readonly isRepeated: boolean;
  /** `"name":` */
  readonly key: Uint8Array;
  readonly message: WirePlan | null;
  /** Of an enum: quoted names by number, numbers by name. */
  readonly names: ReadonlyMap<number, Uint8Array>;
  readonly numbers: ReadonlyMap<string, number>;
  /** Indexes of the other fields of its oneof. */
  readonly others: readonly number[];
  /** Whether equal bytes come again so often that what they mean is remembered. */
  readonly isRemembered: boolean;
};

/** A message made ready for reading and writing bytes; fields in the order of their declaration. */
export type WirePlan = {
  readonly name: string;
  readonly fields: readonly WireField[];
  /** Index of a field by its number below 64, -1 for none; others in `large`. */
  readonly small: Int16Array;
  readonly large: ReadonlyMap<number, number>;
  readonly reserved: ReadonlySet<number>;
  /** Of a flow: index of the first field after its ends. That and those after it repeat together. -1 for other messages. */
  readonly tail: number;
  /** Index of the uuid, which may stand among them; -1 for none. */
  readonly uuid: number;
  /** Indexes in the order of the numbers: the order in which Go writes them. */
  readonly byNumber: readonly number[];
};

const KINDS: Readonly<Record<string, number>> = {
  string: WireKind.string,
  bool: WireKind.bool,
  uint32: WireKind.uint32,
  int32: WireKind.int32,
  uint64: WireKind.uint64,
  int64: WireKind.int64,
  double: WireKind.double,
  Timestamp: WireKind.time,
  BoolValue: WireKind.boolValue,
  UInt32Value: WireKind.uint32Value,
  Int32Value: WireKind.int32Value,
  Any: WireKind.any,
  FieldMask: WireKind.fieldMask,
};

/** Of the service that says whether a server is well. Upstream: grpc.health.v1 health.proto. */
const HEALTH_NUMBERS: Readonly<Record<string, string>> = {
  HealthCheckRequest: "service=1",
  HealthCheckResponse: "status=1",
};

const REMEMBERED = new Set(["Endpoint", "Policy", "Service", "Emitter", "NetworkInterface", "CiliumEventType"]);

const plans = new Map<string, WirePlan>();
const encoder = new TextEncoder();

/** The message of this name, made ready once. Throws for one that the tables do not know. */
export function wirePlan(name: string): WirePlan {
  const known = plans.get(name);
  if (known !== undefined) return known;
  const numbers = numbersOf(name);
  const { fields: declared } = descriptorOf(name);
  const fields = declared.map((field) => wireField(field, numbers.get(field.name), declared));
  const plan: WirePlan = {
    name,
    fields,
    small: Int16Array.from({ length: 64 }, (_, number) => fields.findIndex((field) => field.number === number)),
    large: new Map(fields.map((field, index): [number, number] => [field.number, index])),
    reserved: new Set(RESERVED_NUMBERS[name] ?? []),
    tail: name === "Flow" ? fields.findIndex((field) => field.name === "Type") : -1,
    uuid: name === "Flow" ? fields.findIndex((field) => field.name === "uuid") : -1,
    byNumber: fields
      .map((field, index) => ({ number: field.number, index }))
      .sort((a, b) => a.number - b.number)
      .map(({ index }) => index),
  };
  plans.set(name, plan);
  return plan;
}

function numbersOf(message: string): ReadonlyMap<string, number> {
  const text = FIELD_NUMBERS[message] ?? HEALTH_NUMBERS[message];
  if (text === undefined) throw new Error(`no field numbers of ${message}`);
  return new Map(
    text.split(" ").map((pair): [string, number] => {
      const [name = "", number = ""] = pair.split("=");
      return [name, Number(number)];
    }),
  );
}

const NO_NAMES: ReadonlyMap<number, Uint8Array> = new Map();
const NO_NUMBERS: ReadonlyMap<string, number> = new Map();

function wireField(field: Field, number: number | undefined, all: readonly Field[]): WireField {
  if (number === undefined) throw new Error(`no number of ${field.name}`);
  const kind = kindOf(field);
  const values = field.kind === "enum" ? enumOf(field.type) : null;
  return {
    name: field.name,
    number,
    kind,
    wireType: wireTypeOf(kind),
    isRepeated: field.isRepeated,
    key: encoder.encode(`"${field.name}":`),
    message: kind === WireKind.message ? wirePlan(field.type) : null,
    names:
      values === null
        ? NO_NAMES
        : new Map([...values.names].map(([value, name]): [number, Uint8Array] => [value, encoder.encode(`"${name}"`)])),
    numbers: values === null ? NO_NUMBERS : values.numbers,
    others: all.flatMap((other, index) =>
      field.group !== null && other.group === field.group && other !== field ? [index] : [],
    ),
    isRemembered: REMEMBERED.has(field.type),
  };
}

function kindOf({ kind, type }: Field): number {
  if (kind === "enum") return WireKind.enum;
  if (kind === "message") return WireKind.message;
  const known = KINDS[type];
  if (known === undefined) throw new Error(`no wire kind of ${type}`);
  return known;
}

function wireTypeOf(kind: number): number {
  if (kind === WireKind.double) return WireType.fixed64;
  const isVarint = (kind >= WireKind.bool && kind <= WireKind.int64) || kind === WireKind.enum;
  return isVarint ? WireType.varint : WireType.bytes;
}
