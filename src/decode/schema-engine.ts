import { Ajv, type ErrorObject } from "ajv";
import { RE2JS } from "re2js";
import type { Json } from "#model/json.ts";
import { isCidr } from "./address.ts";
import type { Schema, SchemaSet } from "./schema-tree.ts";

export type SchemaError = ErrorObject;

/** Judges values of one kind by its schema. */
export type SchemaTest = (value: Json) => readonly SchemaError[];

/** Compiles the schema of a kind at the first call. `null` when the set does not have it. */
export function schemaTests(set: SchemaSet): (kind: string, version: string) => SchemaTest | null {
  const ajv = engine();
  ajv.addSchema({ $id: "set", ...set });
  const compiled = new Map<string, SchemaTest | null>();
  return (kind, version) => {
    const name = `${kind}/${version}`;
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const schema: Schema | undefined = set.kinds[kind]?.[version];
    const test = schema === undefined ? null : testOf(ajv, `set#/kinds/${kind}/${version}`);
    compiled.set(name, test);
    return test;
  };
}

function testOf(ajv: Ajv, reference: string): SchemaTest {
  const validate = ajv.compile({ $ref: reference });
  return (value) => (validate(value) ? [] : (validate.errors ?? []));
}

/**
 * Patterns are RE2's, as in the API server: JavaScript's engine refuses one of Cilium's and takes exponential time on
 * another. The regular expressions need a `toString` of their own: ajv shares those that print alike.
 */
function engine(): Ajv {
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
    logger: false,
    code: { regExp: Object.assign(regExpOf, { code: "regExp" }) },
  });
  ajv.addFormat("cidr", isCidr);
  ajv.addFormat("int32", { type: "number", validate: (value) => within(value, 2 ** 31) });
  ajv.addFormat("int64", { type: "number", validate: (value) => within(value, 2 ** 63) });
  for (const format of ["date-time", "idn-hostname"]) ajv.addFormat(format, true);
  ajv.addKeyword({ keyword: "x-kubernetes-list-type", type: "array", validate: hasNoTwins });
  ajv.addKeyword({ keyword: "startBeforeEnd", type: "object", validate: startsBeforeEnd });
  return ajv;
}

function regExpOf(pattern: string): { readonly test: (text: string) => boolean; readonly toString: () => string } {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.matcher(text).find(), toString: () => `/${pattern}/` };
}

function within(value: number, bound: number): boolean {
  return Number.isInteger(value) && value >= -bound && value < bound;
}

/** `set`: no two equal elements. Maps (`list-map-keys`) are in statuses only and left alone. */
function hasNoTwins(listType: unknown, list: readonly unknown[]): boolean {
  return listType !== "set" || new Set(list.map((element) => JSON.stringify(element))).size === list.length;
}

function startsBeforeEnd(_: unknown, range: { readonly start?: unknown; readonly end?: unknown }): boolean {
  return typeof range.start !== "number" || typeof range.end !== "number" || range.start < range.end;
}
