import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { type Decoded, type Failure, fieldOf, type GoShape, type StructShape } from "./shape.ts";
import { numberText } from "../go-text.ts";

/**
 * Reads a JSON value into a Go type as encoding/json does: keys in sorted order (the text comes from a Go map), names
 * without regard to case, unknown fields dropped, null as the zero value. The result has the fields' own names.
 *
 * The first value of a wrong type is remembered and reading goes on; only the failure of a type's own UnmarshalJSON
 * ends it, and is reported even if a wrong type came before.
 * Upstream: encoding/json decode.go (decodeState.value, addErrorContext).
 */
export function unmarshal(shape: GoShape, value: Json, path: string): Decoded {
  const state: State = { saved: null };
  const decoded = decode(shape, value, { struct: null, fields: [], path, state });
  if ("failure" in decoded || state.saved === null) return decoded;
  return { failure: state.saved };
}

type State = { saved: Failure | null };

/** Where decoding stands: the struct and the names of the fields down to here, and the element's path. */
type Cursor = {
  readonly struct: string | null;
  readonly fields: readonly string[];
  readonly path: string;
  readonly state: State;
};

function decode(shape: GoShape, value: Json, at: Cursor): Decoded {
  if (shape.kind === "own") {
    const own = shape.unmarshal(value, at.path);
    return "failure" in own ? { failure: inContext(own.failure, at) } : own;
  }
  if (value === null) return { value: zero(shape) };
  if (shape.kind === "struct" && isObject(value)) return decodeStruct(shape, value, at);
  if (shape.kind === "map" && isObject(value)) return decodeMap(shape.value, value, at);
  if (shape.kind === "list" && Array.isArray(value)) return decodeList(shape, value, at);
  if (typeof value === shape.kind || (typeof value === "boolean" && shape.kind === "bool")) return { value };
  if (shape.kind === "integer" && typeof value === "number") {
    if (Number.isInteger(value) && value >= shape.min && value <= shape.max) return { value };
    return mismatch(shape, `number ${numberText(value)}`, at);
  }
  return mismatch(shape, kindOf(value), at);
}

/** What null leaves behind in a slice's element: the zero value of its type. */
function zero(shape: GoShape): Json {
  switch (shape.kind) {
    case "string":
      return "";
    case "bool":
      return false;
    case "integer":
      return 0;
    case "struct":
      return {};
    case "list":
    case "map":
    case "own":
      return null;
  }
}

/** Remembers the first wrong type; the value is left out and reading goes on. */
function mismatch(shape: Exclude<GoShape, { kind: "own" }>, value: string, at: Cursor): Decoded {
  const wants = shape.kind;
  const failure: Failure = { kind: "type", value, go: shape.go, wants, struct: "", field: "", path: at.path };
  at.state.saved ??= inContext(failure, at);
  return { value: null };
}

/** Upstream: addErrorContext. The outer decoder's struct replaces the inner one's; field names add up. */
function inContext(failure: Failure, at: Cursor): Failure {
  if (failure.kind !== "type" || at.struct === null) return failure;
  const fields = failure.field === "" ? at.fields : [...at.fields, failure.field];
  return { ...failure, struct: at.struct, field: fields.join(".") };
}

function decodeStruct(shape: StructShape, value: JsonObject, at: Cursor): Decoded {
  const members: [string, Json][] = [];
  for (const key of Object.keys(value).sort()) {
    const field = fieldOf(shape, key);
    const member = value[key];
    // null leaves the field as it was: absent.
    if (field === undefined || member === undefined || member === null) continue;
    const decoded = decode(field.shape, member, {
      struct: shape.name,
      fields: [...at.fields, ...field.through, field.name],
      path: at.path === "" ? key : `${at.path}.${key}`,
      state: at.state,
    });
    if ("failure" in decoded) return decoded;
    if (decoded.value !== null) members.push([field.name, decoded.value]);
  }
  return { value: Object.fromEntries(members) };
}

function decodeMap(shape: GoShape, value: JsonObject, at: Cursor): Decoded {
  const members: [string, Json][] = [];
  for (const key of Object.keys(value).sort()) {
    const decoded = decode(shape, value[key] ?? null, { ...at, path: `${at.path}.${key}` });
    if ("failure" in decoded) return decoded;
    members.push([key, decoded.value]);
  }
  return { value: Object.fromEntries(members) };
}

function decodeList(shape: Extract<GoShape, { kind: "list" }>, value: readonly Json[], at: Cursor): Decoded {
  const elements: Json[] = [];
  for (const [index, element] of value.entries()) {
    if (element === null && shape.pointers) {
      elements.push(null);
      continue;
    }
    const decoded = decode(shape.element, element, { ...at, path: `${at.path}[${index}]` });
    if ("failure" in decoded) return decoded;
    elements.push(decoded.value);
  }
  return { value: elements };
}

function kindOf(value: Json): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

/** The failure as Go prints it. */
export function failureText(failure: Failure): string {
  if (failure.kind === "other") return failure.text;
  const where =
    failure.struct !== "" || failure.field !== ""
      ? `Go struct field ${failure.struct}.${failure.field} of type`
      : "Go value of type";
  return `json: cannot unmarshal ${failure.value} into ${where} ${failure.go}`;
}
