import { isObject, type Json } from "#model/json.ts";
import { isAddress } from "./address.ts";
import { nearestName } from "./nearest.ts";
import type { SchemaError } from "./schema-engine.ts";
import type { Schema } from "./schema-tree.ts";

/** One thing that the API server refuses, in words. `message` follows the path in a sentence. */
export type SchemaMessage = { readonly path: string; readonly message: string; readonly help: string };

/**
 * Says the validator's errors for people: one for each place, the branches of a choice folded into the choice itself.
 */
export function schemaMessages(errors: readonly SchemaError[]): readonly SchemaMessage[] {
  const told = errors.filter((error) => !/\/(oneOf|anyOf)\/\d+\//.test(error.schemaPath) && !isPlaceholder(error.data));
  const wrongTypes = new Set(told.filter((error) => error.keyword === "type").map((error) => error.instancePath));
  const messages = told
    .filter((error) => error.keyword === "type" || !wrongTypes.has(error.instancePath))
    .map(messageOf);
  return [...new Map(messages.map((one) => [`${one.path} ${one.message}`, one])).values()];
}

/** What Flux or envsubst will put there cannot be judged; the placeholder has a finding of its own. */
function isPlaceholder(value: unknown): boolean {
  return typeof value === "string" && /\$\{[A-Za-z_]/.test(value);
}

/** `/spec/egress/0/toPorts` → `spec.egress[0].toPorts`. */
function elementPath(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === "" ? part : `${path}.${part}`), "");
}

type Said = readonly [message: string, help: string];

function messageOf(error: SchemaError): SchemaMessage {
  const [message, help] = said(error);
  return { path: elementPath(error.instancePath), message, help };
}

function said(error: SchemaError): Said {
  const value = error.data as Json;
  const limit = String(error.schema);
  switch (error.keyword) {
    case "type":
      return saidType(value, limit, error);
    case "enum":
      return saidEnum(value, (error.schema as readonly Json[]).map(String));
    case "required":
      return saidMissing(String((error.params as { readonly missingProperty?: unknown }).missingProperty));
    case "pattern":
      return [`is \`${String(value)}\``, `it has to match ${limit}`];
    case "format":
      return saidFormat(value, limit);
    case "oneOf":
    case "anyOf":
      return saidChoice(value, error.schema as readonly Schema[]);
    case "maxItems":
      return [`has ${lengthOf(value)} elements`, limit === "0" ? "leave it out" : `at most ${limit} are allowed`];
    case "minItems":
      return [`has ${lengthOf(value)} elements`, `at least ${limit} are needed`];
    case "maxLength":
      return [`is longer than ${limit} characters`, "shorten it"];
    case "minLength":
      return ["is empty", "give it a value"];
    case "maximum":
      return [`is ${String(value)}`, `at most ${limit} is allowed`];
    case "minimum":
      return [`is ${String(value)}`, `at least ${limit} is needed`];
    case "maxProperties":
      return [`has ${keysOf(value).join(" and ")}`, `at most ${limit} of its fields may be set`];
    case "minProperties":
      return ["has no field set", `set at least ${limit}`];
    case "x-kubernetes-list-type":
      return ["names an element twice", "give every element once"];
    case "startBeforeEnd":
      return ["does not start before its end", "the start has to be smaller than the end"];
    default:
      return [error.message ?? "is refused", "see the CRD"];
  }
}

function saidType(value: Json, wanted: string, error: SchemaError): Said {
  if (wanted === "string" && (typeof value === "number" || typeof value === "boolean")) {
    return [`is the ${typeof value} ${String(value)}, not a text`, `write it in quotes: "${String(value)}"`];
  }
  const noun = wanted === "array" ? "a list" : `${/^[aeio]/.test(wanted) ? "an" : "a"} ${wanted}`;
  const found =
    value === null
      ? "null"
      : Array.isArray(value)
        ? "a list"
        : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
  const help =
    wanted === "array" ? "begin each element with `- `" : value === null ? "delete the empty element" : "see the CRD";
  return [`is ${found}, not ${noun}`, error.instancePath === "" ? "see the CRD" : help];
}

function saidEnum(value: Json, choices: readonly string[]): Said {
  const near = nearestName(String(value), choices);
  return [`is \`${String(value)}\``, near === null ? `choose one of ${choices.join(", ")}` : `did you mean ${near}?`];
}

function saidMissing(key: string): Said {
  return [`lacks ${key}`, `add ${key}`];
}

function saidFormat(value: Json, format: string): Said {
  if (format !== "cidr") return [`is ${String(value)}, no ${format}`, `give it a ${format}`];
  const text = String(value);
  return [
    `is \`${text}\`, no CIDR`,
    isAddress(text) ? `add the prefix length: ${text}/${text.includes(":") ? 128 : 32}` : "mend the CIDR",
  ];
}

/** Choices in these CRDs are between required fields, or between integer and string. */
function saidChoice(value: Json, branches: readonly Schema[]): Said {
  const names = branches.flatMap((branch) => branch.required ?? []);
  if (names.length === 0) return [`is ${JSON.stringify(value)}`, "it has to be a number or a text"];
  const given = keysOf(value).filter((key) => names.includes(key));
  if (given.length === 0) return [`lacks ${names.join(" or ")}`, `add one of ${names.join(", ")}`];
  return [`has ${given.join(" and ")}`, `keep one of them`];
}

function keysOf(value: Json): readonly string[] {
  return isObject(value) ? Object.keys(value) : [];
}

function lengthOf(value: Json): number {
  return Array.isArray(value) ? value.length : 0;
}
