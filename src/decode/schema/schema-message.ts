import { isObject, type Json } from "#model/json.ts";
import { isAddress } from "../address.ts";
import { nearestName } from "../nearest.ts";
import type { SchemaBreach } from "./schema-check.ts";
import type { Schema } from "./schema-tree.ts";

/** One thing that the API server refuses, in words. `message` follows the path in a sentence. */
export type SchemaMessage = {
  readonly path: string;
  readonly message: string;
  readonly help: string;
  /** The Kubernetes minor whose API server is the first to refuse it; absent when all do. */
  readonly since?: string;
};

/** Says broken constraints for people, each once. */
export function schemaMessages(breaches: readonly SchemaBreach[]): readonly SchemaMessage[] {
  const messages = breaches.map(messageOf);
  return [...new Map(messages.map((one) => [`${one.path} ${one.message}`, one])).values()];
}

type Said = readonly [message: string, help: string];

function messageOf(breach: SchemaBreach): SchemaMessage {
  const [message, help] = said(breach);
  return { path: breach.path, message, help };
}

function said({ keyword, schema, value, path, key }: SchemaBreach): Said {
  switch (keyword) {
    case "type":
      return saidType(value, schema.type ?? "", path);
    case "enum":
      return saidEnum(value, (schema.enum ?? []).map(String));
    case "required":
      return [`lacks ${key}`, `add ${key}`];
    case "pattern":
      return [`is \`${shortened(value)}\``, saidPattern(schema.pattern ?? "")];
    case "format":
      return saidFormat(value, schema.format ?? "");
    case "oneOf":
      return saidChoice(value, schema.oneOf ?? []);
    case "anyOf":
      return saidChoice(value, schema.anyOf ?? []);
    case "x-kubernetes-list-type":
      return [
        `is \`${shortened(typeof value === "string" ? value : JSON.stringify(value))}\` again`,
        "give every element once",
      ];
    case "startBeforeEnd":
      return ["does not start before its end", "the start has to be smaller than the end"];
    case "portsHaveNumbers":
      return [
        "has a named port towards networks, nodes or domain names, which have none",
        "give the port's number: tcp.destinationPort.number",
      ];
    default:
      return saidBound(keyword, value, Number(schema[keyword]));
  }
}

type Bound = Extract<SchemaBreach["keyword"], `m${string}`>;

function saidBound(keyword: Bound, value: Json, limit: number): Said {
  switch (keyword) {
    case "maxItems":
      return [`has ${lengthOf(value)} elements`, limit === 0 ? "leave it out" : `at most ${limit} are allowed`];
    case "minItems":
      return [`has ${lengthOf(value)} elements`, `at least ${limit} ${limit === 1 ? "is" : "are"} needed`];
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
  }
}

const SHOWN = 80;

function shortened(value: Json): string {
  const text = String(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

/** What the CRDs' patterns mean, told apart by a part of them. */
const MEANT: readonly (readonly [part: string, help: string])[] = [
  ["\\PC*", "write it in one line, without tabs or other control characters"],
  ["EchoReply", "give the ICMP type's number (0 to 255) or its name, such as EchoRequest"],
  ["6553[0-5]", "a port is a number up to 65535 or the name of one; a range is port and endPort"],
  ["(\\*?\\*\\.)?", "write a host name; `*.` stands for one label in front and `**.` for any number of them"],
  ["[-a-zA-Z0-9_*]", "write a domain name of letters, digits, dashes and dots, with * for any part of it"],
  ["[-a-zA-Z0-9_]+[.]?", "write a domain name of letters, digits, dashes and dots; for a name with * use matchPattern"],
  ["(\\*\\.)?", "write a full domain name such as example.com; `*.` in front stands for everything below it"],
  [
    "[-A-Za-z0-9_.]*",
    "a label value has letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit",
  ],
  ["^[a-z0-9]([-a-z0-9]*", "write the name of a CiliumCIDRGroup: lower-case letters, digits, dashes and dots"],
];

/** A pattern itself is no help to most. */
function saidPattern(pattern: string): string {
  const meant = MEANT.find(([part]) => pattern.includes(part))?.[1];
  return meant === undefined ? `it has to match ${pattern}` : meant;
}

function saidType(value: Json, wanted: string, path: string): Said {
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
  return [`is ${found}, not ${noun}`, path === "" ? "see the CRD" : help];
}

function saidEnum(value: Json, choices: readonly string[]): Said {
  const near = nearestName(String(value), choices);
  return [
    `is \`${shortened(value)}\``,
    near === null ? `choose one of ${choices.join(", ")}` : `did you mean ${near}?`,
  ];
}

function saidFormat(value: Json, format: string): Said {
  if (!format.endsWith("cidr")) return [`is ${String(value)}, no ${format}`, `give it an ${format}`];
  const text = shortened(value);
  return [
    `is \`${text}\`, no CIDR`,
    isAddress(text) ? `add the prefix length: ${text}/${text.includes(":") ? 128 : 32}` : "mend the CIDR",
  ];
}

/** Choices in these CRDs are between required fields, or between integer and string. */
function saidChoice(value: Json, branches: readonly Schema[]): Said {
  const names = branches.flatMap((branch) => branch.required ?? []);
  if (names.length === 0) return [`is ${shortened(JSON.stringify(value))}`, "it has to be a number or a text"];
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
