import type { Json } from "#model/json.ts";
import { isInRange, parseRfc3339, timestampText } from "../go-time.ts";
import type { Message } from "../message.ts";
import { type Descriptor, descriptorOf, enumOf, type Field } from "../schema.ts";
import { type JsonNode, ProtoError, parseJsonNode, placeText } from "./parse.ts";

export type ReadOptions = {
  /** Passes over fields that the schema does not have; else they are errors. */
  readonly discardUnknown: boolean;
};

/**
 * Reads the protojson text of a message into its canonical form (see `Message`): what Go's reader accepts and its writer
 * prints again. Throws ProtoError for what Go's reader refuses. Upstream: protojson.UnmarshalOptions.Unmarshal.
 */
export function readProtojson(text: string, message: string, options: ReadOptions): Message {
  return readProtojsonNode(parseJsonNode(text), message, { text, ...options });
}

export type ReadContext = ReadOptions & { readonly text: string };

export function readProtojsonNode(node: JsonNode, message: string, context: ReadContext): Message {
  if (node.kind !== "object") throw unexpectedToken(node, context);
  const descriptor = descriptorOf(message);
  return inOrder(descriptor, readMembers(node, descriptor, context));
}

type ObjectNode = Extract<JsonNode, { kind: "object" }>;

function readMembers(node: ObjectNode, descriptor: Descriptor, context: ReadContext): ReadonlyMap<Field, Json> {
  const values = new Map<Field, Json>();
  const seen = new Set<Field>();
  const groups = new Set<string>();
  for (const { name, at, value } of node.members) {
    const field = descriptor.byName.get(name);
    if (field === undefined) {
      if (context.discardUnknown) continue;
      throw problem(`unknown field ${JSON.stringify(name)}`, at, context);
    }
    if (seen.has(field)) throw problem(`duplicate field ${JSON.stringify(name)}`, at, context);
    seen.add(field);
    if (value.kind === "null") continue;
    if (field.group !== null) {
      const group = `flow.${descriptor.name}.${field.group}`;
      if (groups.has(group)) {
        throw problem(`error parsing ${JSON.stringify(name)}, oneof ${group} is already set`, at, context);
      }
      groups.add(group);
    }
    const read = readField(value, field, context);
    if (read !== undefined) values.set(field, read);
  }
  return values;
}

/** In declaration order, whatever the text's order: so that printing needs no schema. */
function inOrder(descriptor: Descriptor, values: ReadonlyMap<Field, Json>): Message {
  const message: Record<string, Json> = {};
  for (const field of descriptor.fields) {
    const value = values.get(field);
    if (value !== undefined) message[field.name] = value;
  }
  return message;
}

/** undefined for a value that is left out when printed: zeros, empty lists. */
function readField(node: JsonNode, field: Field, context: ReadContext): Json | undefined {
  if (!field.isRepeated) {
    const value = readSingle(node, field, context);
    return value === undefined || (field.group === null && isZero(value, field)) ? undefined : value;
  }
  if (node.kind !== "list") throw unexpectedToken(node, context);
  const items = node.items.map((item) => readSingle(item, field, context)).filter((item) => item !== undefined);
  return items.length === 0 ? undefined : items;
}

function isZero(value: Json, field: Field): boolean {
  if (field.kind === "message" || field.type.endsWith("Value") || field.type === "Timestamp") return false;
  if (field.kind === "enum") return value === enumOf(field.type).names.get(0);
  return value === "" || value === 0 || value === false || (value === "0" && field.type.endsWith("64"));
}

/** undefined for an enum's value of a name that is not known, which is passed over like an unknown field. */
function readSingle(node: JsonNode, field: Field, context: ReadContext): Json | undefined {
  if (field.kind === "message") return readProtojsonNode(node, field.type, context);
  if (field.kind === "enum" && node.kind === "string" && context.discardUnknown && !isKnown(node.value, field)) {
    return undefined;
  }
  const value = field.kind === "enum" ? readEnum(node, field) : readScalar(node, field, context);
  if (value === undefined) throw invalidValue(node, field, context);
  return value;
}

function isKnown(name: string, field: Field): boolean {
  return enumOf(field.type).numbers.has(name);
}

function readEnum(node: JsonNode, field: Field): Json | undefined {
  const { names, numbers } = enumOf(field.type);
  if (node.kind === "string") return numbers.has(node.value) ? node.value : undefined;
  if (node.kind !== "number") return undefined;
  const number = integerOf(node.text);
  if (number === undefined || number < -(1n << 31n) || number >= 1n << 31n) return undefined;
  return names.get(Number(number)) ?? Number(number);
}

function readScalar(node: JsonNode, field: Field, context: ReadContext): Json | undefined {
  switch (field.type) {
    case "string":
      return node.kind === "string" ? node.value : undefined;
    case "bool":
    case "BoolValue":
      return node.kind === "bool" ? node.text === "true" : undefined;
    case "Timestamp":
      return readTimestamp(node, context);
    case "double":
      return readDouble(node);
    case "Any":
      return readAny(node, context);
    default:
      return readInteger(node, field.type.replace("Value", "").toLowerCase());
  }
}

const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int32: [-(1n << 31n), (1n << 31n) - 1n],
  uint32: [0n, (1n << 32n) - 1n],
  int64: [-(1n << 63n), (1n << 63n) - 1n],
  uint64: [0n, (1n << 64n) - 1n],
};

function readInteger(node: JsonNode, type: string): Json | undefined {
  const range = RANGES[type];
  if (range === undefined) throw new Error(`no scalar ${type}`);
  const value =
    node.kind === "number" ? integerOf(node.text) : node.kind === "string" ? integerOf(node.value) : undefined;
  if (value === undefined || value < range[0] || value > range[1]) return undefined;
  return type.endsWith("64") ? value.toString() : Number(value);
}

/** `12`, `1.20e1`: any JSON number that is whole. */
function integerOf(text: string): bigint | undefined {
  const match = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([-+]?\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/0+$/, "");
  const power = Number(exponent) + whole.length - digits.length;
  if (digits === "" || /^0+$/.test(digits)) return 0n;
  if (power < 0 || power > 40) return undefined;
  return BigInt(`${sign}${digits}${"0".repeat(power)}`);
}

function readDouble(node: JsonNode): Json | undefined {
  if (node.kind === "number") return Number(node.text);
  if (node.kind !== "string") return undefined;
  if (["NaN", "Infinity", "-Infinity"].includes(node.value)) return node.value;
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(node.value) ? Number(node.value) : undefined;
}

function readTimestamp(node: JsonNode, context: ReadContext): Json {
  if (node.kind !== "string") throw unexpectedToken(node, context);
  const moment = parseRfc3339(node.value);
  if (moment === null || /[.,]\d{10}/.test(node.value)) {
    throw problem(`invalid google.protobuf.Timestamp value ${node.text}`, node.at, context);
  }
  if (!isInRange(moment)) {
    throw problem(`google.protobuf.Timestamp value out of range: ${node.text}`, node.at, context);
  }
  return timestampText(moment);
}

/** Only the empty one: no message of Hubble's is packed into an extension by any released program. */
function readAny(node: JsonNode, context: ReadContext): Json | undefined {
  if (node.kind !== "object") throw unexpectedToken(node, context);
  const url = node.members.find((member) => member.name === "@type")?.value;
  if (node.members.length === 0) return {};
  if (url === undefined) throw problem('missing "@type" field', node.at, context);
  throw problem(`unable to resolve ${url.text}: "not found"`, url.at, context);
}

function problem(message: string, at: number, { text }: ReadContext): ProtoError {
  return new ProtoError(`proto: ${placeText(text, at)}: ${message}`);
}

function invalidValue(node: JsonNode, field: Field, context: ReadContext): ProtoError {
  const kind = field.kind === "enum" ? "enum" : field.type.replace("Value", "").toLowerCase();
  return problem(`invalid value for ${kind} field ${field.jsonName}: ${node.text}`, node.at, context);
}

function unexpectedToken(node: JsonNode, { text }: ReadContext): ProtoError {
  return new ProtoError(`proto: syntax error ${placeText(text, node.at)}: unexpected token ${node.text}`);
}
