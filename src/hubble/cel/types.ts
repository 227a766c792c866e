import type { Field } from "../schema.ts";

/** The type of a CEL expression. */
export type CelType =
  | { readonly kind: "bool" | "int" | "uint" | "double" | "string" | "null" | "dyn" | "timestamp" | "duration" }
  | { readonly kind: "list" | "wrapper"; readonly of: CelType }
  | { readonly kind: "message"; readonly name: string };

export const BOOL: CelType = { kind: "bool" };
export const INT: CelType = { kind: "int" };
export const UINT: CelType = { kind: "uint" };
export const DOUBLE: CelType = { kind: "double" };
export const STRING: CelType = { kind: "string" };
export const NULL: CelType = { kind: "null" };
export const DYN: CelType = { kind: "dyn" };
export const TIMESTAMP: CelType = { kind: "timestamp" };
export const DURATION: CelType = { kind: "duration" };

/** As errors write it. Upstream: types.Type.String. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case "list":
    case "wrapper":
      return `${type.kind}(${typeText(type.of)})`;
    case "message":
      return `flow.${type.name}`;
    default:
      return type.kind;
  }
}

/** Whether a value of one type may stand where the other is wanted; dyn is every type, null every message and wrapper. */
export function isAssignable(wanted: CelType, given: CelType): boolean {
  if (wanted.kind === "dyn" || given.kind === "dyn") return true;
  if (given.kind === "null") return wanted.kind === "null" || isNullable(wanted);
  if (wanted.kind === "wrapper") return isAssignable(wanted.of, given.kind === "wrapper" ? given.of : given);
  if (given.kind === "wrapper") return isAssignable(wanted, given.of);
  if (wanted.kind === "list") return given.kind === "list" && isAssignable(wanted.of, given.of);
  if (wanted.kind === "message") return given.kind === "message" && wanted.name === given.name;
  return wanted.kind === given.kind;
}

function isNullable({ kind }: CelType): boolean {
  return kind === "wrapper" || kind === "message" || kind === "timestamp" || kind === "duration";
}

/** Whether two types may be compared. */
export function areComparable(a: CelType, b: CelType): boolean {
  return isAssignable(a, b) || isAssignable(b, a);
}

const SCALARS: Readonly<Record<string, CelType>> = {
  string: STRING,
  bool: BOOL,
  uint32: UINT,
  uint64: UINT,
  int32: INT,
  int64: INT,
  double: DOUBLE,
  Timestamp: TIMESTAMP,
  BoolValue: { kind: "wrapper", of: BOOL },
  Int32Value: { kind: "wrapper", of: INT },
  UInt32Value: { kind: "wrapper", of: UINT },
};

/** The type of a message's field. */
export function fieldType(field: Field): CelType {
  const single: CelType =
    field.kind === "message"
      ? { kind: "message", name: field.type }
      : field.kind === "enum"
        ? INT
        : (SCALARS[field.type] ?? DYN);
  return field.isRepeated ? { kind: "list", of: single } : single;
}
