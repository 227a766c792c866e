import { RE2JS } from "re2js";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { isCidr, isStrictCidr } from "../address.ts";
import { memberSchema, resolved, type Schema, type SchemaSet } from "./schema-tree.ts";

/** The constraints that are checked; `schema[keyword]` is the bound that was broken. */
export type SchemaKeyword =
  | "type"
  | "enum"
  | "required"
  | "pattern"
  | "format"
  | "minimum"
  | "maximum"
  | "minLength"
  | "maxLength"
  | "minItems"
  | "maxItems"
  | "minProperties"
  | "maxProperties"
  | "oneOf"
  | "anyOf"
  | "x-kubernetes-list-type"
  | "startBeforeEnd"
  | "portsHaveNumbers";

/** One constraint that a value breaks. `path` is the element below the object; `key` the field that `required` misses. */
export type SchemaBreach = {
  readonly path: string;
  readonly keyword: SchemaKeyword;
  readonly schema: Schema;
  readonly value: Json;
  readonly key?: string;
};

/** More are counted nowhere: a list of 10,000 wrong elements is one mistake. */
export const MAX_BREACHES = 100;

type Check = { readonly set: SchemaSet; readonly breaches: SchemaBreach[] };

/**
 * Every constraint of a schema that a value breaks, at most `MAX_BREACHES`. A value of the wrong type breaks nothing
 * else. Patterns are RE2's, as in the API server: JavaScript's engine refuses one of Cilium's and takes exponential time
 * on another.
 * Upstream: k8s.io/apiextensions-apiserver pkg/apiserver/validation ValidateCustomResource, …/schema/listtype, …/schema/cel.
 */
export function checkBySchema(value: Json, schema: Schema, set: SchemaSet): readonly SchemaBreach[] {
  const check: Check = { set, breaches: [] };
  checkValue(value, "", resolved(schema, set), check);
  return check.breaches;
}

function checkValue(value: Json, path: string, schema: Schema, check: Check): void {
  if (check.breaches.length >= MAX_BREACHES) return;
  const report = (keyword: SchemaKeyword, key?: string): void => {
    check.breaches.push({ path, keyword, schema, value, ...(key === undefined ? {} : { key }) });
  };
  if (!isOfType(value, schema.type)) return isPassedOver(value, schema) ? undefined : report("type");
  if (schema.enum !== undefined && !schema.enum.includes(value)) report("enum");
  if (typeof value === "string") checkText(value, schema, report);
  else if (typeof value === "number") checkNumber(value, schema, report);
  else if (Array.isArray(value)) checkList(value, path, schema, { check, report });
  else if (isObject(value)) checkObject(value, path, schema, { check, report });
  checkChoices(value, schema, { check, report });
}

/** `strict-cidr` is what CEL's `isCIDR(self)` became, `sloppy-cidr` a NetworkPolicy's. */
const CIDR_FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  cidr: isCidr,
  "sloppy-cidr": isCidr,
  "strict-cidr": isStrictCidr,
};

/** The API server's validator takes any list for a text that has a format. The agent cannot read it then. */
function isPassedOver(value: Json, schema: Schema): boolean {
  return schema.format === "cidr" && Array.isArray(value);
}

function isOfType(value: Json, type: string | undefined): boolean {
  switch (type) {
    case undefined:
      return true;
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    default:
      return typeof value === type;
  }
}

type Report = (keyword: SchemaKeyword, key?: string) => void;

function checkText(text: string, schema: Schema, report: Report): void {
  if (schema.minLength !== undefined && codePoints(text, schema.minLength) < schema.minLength) report("minLength");
  if (schema.maxLength !== undefined && codePoints(text, schema.maxLength + 1) > schema.maxLength) {
    // The pattern would be matched against a text of any length.
    return report("maxLength");
  }
  if (schema.pattern !== undefined && !compiled(schema.pattern).matcher(text).find()) report("pattern");
  if (CIDR_FORMATS[schema.format ?? ""]?.(text) === false) report("format");
}

/** How many code points a text has, counted up to a limit. */
function codePoints(text: string, limit: number): number {
  if (text.length <= 1) return text.length;
  let count = 0;
  for (const _ of text) {
    count++;
    if (count >= limit) break;
  }
  return count;
}

const patterns = new Map<string, RE2JS>();

/** The patterns are the CRDs', a dozen in all. */
function compiled(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const fresh = RE2JS.compile(pattern);
  patterns.set(pattern, fresh);
  return fresh;
}

function checkNumber(value: number, schema: Schema, report: Report): void {
  if (schema.minimum !== undefined && value < schema.minimum) report("minimum");
  if (schema.maximum !== undefined && value > schema.maximum) report("maximum");
  if (schema.format === "int32" && !isWithin(value, 2 ** 31)) report("format");
  if (schema.format === "int64" && !isWithin(value, 2 ** 63)) report("format");
}

function isWithin(value: number, bound: number): boolean {
  return Number.isInteger(value) && value >= -bound && value < bound;
}

type Inside = { readonly check: Check; readonly report: Report };

function checkList(list: readonly Json[], path: string, schema: Schema, { check, report }: Inside): void {
  if (schema.minItems !== undefined && list.length < schema.minItems) report("minItems");
  if (schema.maxItems !== undefined && list.length > schema.maxItems) report("maxItems");
  const twin = twinIn(list, schema);
  if (twin !== null) {
    const value = list[twin] ?? null;
    check.breaches.push({ path: `${path}[${twin}]`, keyword: "x-kubernetes-list-type", schema, value });
  }
  if (schema.items === undefined) return;
  const items = resolved(schema.items, check.set);
  for (const [index, element] of list.entries()) {
    if (check.breaches.length >= MAX_BREACHES) return;
    checkValue(element, `${path}[${index}]`, items, check);
  }
}

/** Where a list names an element again. `set`: no two equal elements; `map`: no two with the same values of the keys. */
function twinIn(list: readonly Json[], schema: Schema): number | null {
  const type = schema["x-kubernetes-list-type"];
  if (type !== "set" && type !== "map") return null;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const seen = new Set<string>();
  for (const [index, element] of list.entries()) {
    const name = JSON.stringify(
      type === "map" && isObject(element) ? keys.map((key) => element[key] ?? null) : element,
    );
    if (seen.has(name)) return index;
    seen.add(name);
  }
  return null;
}

function checkObject(object: JsonObject, path: string, schema: Schema, { check, report }: Inside): void {
  const keys = Object.keys(object);
  for (const key of schema.required ?? []) if (!Object.hasOwn(object, key)) report("required", key);
  if (schema.minProperties !== undefined && keys.length < schema.minProperties) report("minProperties");
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties) report("maxProperties");
  if (schema.startBeforeEnd === true && !startsBeforeEnd(object)) report("startBeforeEnd");
  if (schema.portsHaveNumbers === true && hasNamedPortOutside(object)) report("portsHaveNumbers");
  for (const key of keys) {
    const member = memberSchema(schema, key, check.set);
    const value = object[key];
    if (member !== undefined && value !== undefined)
      checkValue(value, path === "" ? key : `${path}.${key}`, member, check);
  }
}

/** CEL: `self.start < self.end`. */
function startsBeforeEnd({ start, end }: JsonObject): boolean {
  return typeof start !== "number" || typeof end !== "number" || start < end;
}

/** CEL of an egress rule of ClusterNetworkPolicy: what lies outside the cluster has no named ports. */
function hasNamedPortOutside(rule: JsonObject): boolean {
  const holds = (list: Json | undefined, keys: readonly string[]): boolean =>
    Array.isArray(list) && list.some((one: Json) => isObject(one) && keys.some((key) => Object.hasOwn(one, key)));
  return holds(rule["to"], ["networks", "nodes", "domainNames"]) && holds(rule["protocols"], ["destinationNamedPort"]);
}

function checkChoices(value: Json, schema: Schema, { check, report }: Inside): void {
  const fitting = (branches: readonly Schema[]): number =>
    branches.filter((branch) => checkBySchema(value, branch, check.set).length === 0).length;
  if (schema.oneOf !== undefined && fitting(schema.oneOf) !== 1) report("oneOf");
  if (schema.anyOf !== undefined && fitting(schema.anyOf) === 0) report("anyOf");
}
