import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { isCidr, isPlainCidr, isStrictSubset } from "../address.ts";
import { numberAt, objectsAt, textAt, textsAt, valueAt } from "../field.ts";
import { isLabelKey, isLabelValue } from "./label-syntax.ts";
import type { SchemaMessage } from "./schema-message.ts";

/**
 * What the API server has against a NetworkPolicy whose types are right. A CIDR with bits beyond its length is refused
 * by API servers from 1.36 on, and taken with a warning before.
 * Upstream: k8s.io/kubernetes pkg/apis/networking/validation ValidateNetworkPolicySpec.
 */
export function networkPolicyProblems(value: JsonObject): readonly SchemaMessage[] {
  const spec = valueAt(value, "spec");
  return [
    ...selectorProblems(valueAt(spec, "podSelector"), "spec.podSelector"),
    ...ruleProblems(spec, "ingress", "from"),
    ...ruleProblems(spec, "egress", "to"),
  ];
}

/**
 * A NetworkPolicy with the defaults that the API server writes into it: `protocol: TCP`, and `policyTypes` Ingress, with
 * Egress where egress rules are. Upstream: k8s.io/kubernetes pkg/apis/networking/v1 SetDefaults_NetworkPolicy.
 */
export function withDefaults(value: JsonObject): JsonObject {
  const given = valueAt(value, "spec") ?? {};
  if (!isObject(given)) return value;
  const rules = (["ingress", "egress"] as const).flatMap((field) => {
    const list = given[field];
    return Array.isArray(list) ? [[field, list.map(withProtocols)] as const] : [];
  });
  const types = objectsAt(given, "egress").length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  const needsTypes = !("policyTypes" in given) || isEmptyList(given["policyTypes"]);
  const spec = {
    podSelector: {},
    ...given,
    ...Object.fromEntries(rules),
    ...(needsTypes ? { policyTypes: types } : {}),
  };
  return { ...value, spec };
}

function isEmptyList(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}

function withProtocols(rule: Json): Json {
  if (!isObject(rule) || !Array.isArray(rule["ports"])) return rule;
  const ports = rule["ports"].map((port: Json) =>
    isObject(port) && port["protocol"] === undefined ? { ...port, protocol: "TCP" } : port,
  );
  return { ...rule, ports };
}

type RuleField = "ingress" | "egress";

function ruleProblems(spec: Json | undefined, field: RuleField, peers: "from" | "to"): readonly SchemaMessage[] {
  return objectsAt(spec, field).flatMap((rule, index) => {
    const path = `spec.${field}[${index}]`;
    return [
      ...objectsAt(rule, "ports").flatMap((port, at) => portProblems(port, `${path}.ports[${at}]`)),
      ...objectsAt(rule, peers).flatMap((peer, at) => peerProblems(peer, `${path}.${peers}[${at}]`)),
    ];
  });
}

function portProblems(port: JsonObject, path: string): readonly SchemaMessage[] {
  const number = port["port"];
  const end = numberAt(port, "endPort");
  if (typeof number === "string") {
    return [
      ...(end === undefined ? [] : [problem(`${path}.endPort`, "stands beside a named port", NUMERIC_RANGE)]),
      ...(isPortName(number) ? [] : [problem(`${path}.port`, `is \`${number}\``, namedPortHelp(number))]),
    ];
  }
  if (typeof number !== "number") {
    return end === undefined ? [] : [problem(`${path}.endPort`, "stands without a port", NUMERIC_RANGE)];
  }
  const bad = isPortNumber(number) ? [] : [problem(`${path}.port`, `is ${number}`, PORT_NUMBER)];
  if (end === undefined) return bad;
  if (!isPortNumber(end)) return [...bad, problem(`${path}.endPort`, `is ${end}`, PORT_NUMBER)];
  if (end >= number) return bad;
  return [...bad, problem(`${path}.endPort`, `is ${end}, below port ${number}`, "write the smaller number as port")];
}

const PORT_NUMBER = "a port is a number from 1 to 65535; for every port leave ports out";
const NUMERIC_RANGE = "a range is port and endPort, both numbers";

function isPortNumber(number: number): boolean {
  return number >= 1 && number <= 65535;
}

/** Upstream: apimachinery IsValidPortName: lower case only, other than the agent. */
function isPortName(name: string): boolean {
  return name.length <= 15 && /^[-a-z0-9]+$/.test(name) && /[a-z]/.test(name) && !/--|^-|-$/.test(name);
}

function namedPortHelp(name: string): string {
  if (/^\d+$/.test(name)) return `write the number without quotes: ${Number(name)}`;
  return "the name of a port has at most 15 lower-case letters, digits and single dashes, a letter among them";
}

function peerProblems(peer: JsonObject, path: string): readonly SchemaMessage[] {
  const block = valueAt(peer, "ipBlock");
  const selectors = ["podSelector", "namespaceSelector"].filter((field) => peer[field] !== undefined);
  const both = problem(path, `has ipBlock beside ${selectors.join(" and ")}`, "write them as two peers");
  return [
    ...selectors.flatMap((field) => selectorProblems(peer[field], `${path}.${field}`)),
    ...(isObject(block) ? blockProblems(block, `${path}.ipBlock`) : []),
    ...(block !== undefined && selectors.length > 0 ? [both] : []),
  ];
}

function blockProblems(block: JsonObject, path: string): readonly SchemaMessage[] {
  const cidr = textAt(block, "cidr");
  if (cidr === undefined || !isCidr(cidr)) return [];
  const all = [[`${path}.cidr`, cidr] as const, ...textsAt(block, "except").map(exceptOf(path))];
  return all.flatMap(([at, text], index) => {
    if (!isCidr(text)) return [];
    const odd = isPlainCidr(text) ? [] : [{ ...problem(at, `is \`${text}\``, PLAIN_CIDR), since: "1.36" }];
    if (index === 0 || isStrictSubset(text, cidr)) return odd;
    return [...odd, problem(at, `is \`${text}\`, not a part of ${cidr}`, `except takes parts of ${cidr} away`)];
  });
}

function exceptOf(path: string): (text: string, index: number) => readonly [string, string] {
  return (text, index) => [`${path}.except[${index}]`, text];
}

const PLAIN_CIDR =
  "write the network's own address: no bits beyond the prefix length, no leading zeros, IPv4 not as IPv6";

function selectorProblems(selector: Json | undefined, path: string): readonly SchemaMessage[] {
  const labels = valueAt(selector, "matchLabels");
  return [
    ...Object.entries(isObject(labels) ? labels : {}).flatMap(([key, value]) =>
      labelProblems(key, value, `${path}.matchLabels.${key}`),
    ),
    ...objectsAt(selector, "matchExpressions").flatMap((expression, index) =>
      expressionProblems(expression, `${path}.matchExpressions[${index}]`),
    ),
  ];
}

function expressionProblems(expression: JsonObject, path: string): readonly SchemaMessage[] {
  const operator = textAt(expression, "operator") ?? "";
  const values = textsAt(expression, "values");
  const key = textAt(expression, "key");
  const counts = [
    ...(/^(In|NotIn)$/.test(operator) && values.length === 0
      ? [problem(path, `has ${operator} without values`, "give the values, or use Exists or DoesNotExist")]
      : []),
    ...(/^(Exists|DoesNotExist)$/.test(operator) && values.length > 0
      ? [problem(`${path}.values`, `stand beside ${operator}`, "remove the values, or use In or NotIn")]
      : []),
  ];
  return [
    ...counts,
    ...(key === undefined || isLabelKey(key) ? [] : [problem(`${path}.key`, `is \`${key}\``, LABEL_KEY)]),
    ...values.flatMap((value, index) => valueProblems(value, `${path}.values[${index}]`)),
  ];
}

const LABEL_KEY =
  "a label key is a name of at most 63 letters, digits, `-`, `_` and `.`, with a domain and `/` before it if need be";
const LABEL_VALUE =
  "a label value has at most 63 letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit";

/** What is wrong with a label: of a selector, or of an object itself. */
export function labelProblems(key: string, value: Json, path: string): readonly SchemaMessage[] {
  return [
    ...(isLabelKey(key) ? [] : [problem(path, `has the key \`${key}\``, LABEL_KEY)]),
    ...(typeof value === "string" ? valueProblems(value, path) : []),
  ];
}

const SHOWN = 80;

function valueProblems(value: string, path: string): readonly SchemaMessage[] {
  if (isLabelValue(value)) return [];
  return [problem(path, `is \`${value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value}\``, LABEL_VALUE)];
}

function problem(path: string, message: string, help: string): SchemaMessage {
  return { path, message, help };
}
