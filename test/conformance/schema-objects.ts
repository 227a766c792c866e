import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { resolved, type Schema, type SchemaSet } from "#decode/schema/schema-tree.ts";

/** An object with one constraint of its schema broken, or with one field set and nothing broken. */
export type SchemaCase = {
  /** The element that breaks it, or that is set. */
  readonly path: string;
  /** The keyword that is broken; null for a whole object. */
  readonly breaks: string | null;
  readonly object: JsonObject;
};

/**
 * Walks the schema of a kind: one object for each field, and one for each constraint of each field that breaks it and
 * nothing else. Statuses are left out: the API server takes them from nobody but the agent.
 */
export function schemaCases(kind: string, version: string, set: SchemaSet): readonly SchemaCase[] {
  const schema = set.kinds[kind]?.[version];
  if (schema === undefined) return [];
  const root = { apiVersion: `${GROUPS[kind] ?? "cilium.io"}/${version}`, kind, metadata: { name: "x" } };
  return walk(resolved(schema, set), "", set)
    .filter(({ path }) => !/^(status|metadata|apiVersion|kind)\b/.test(path))
    .flatMap(({ path, breaks, value }) => (isObject(value) ? [{ path, breaks, object: { ...value, ...root } }] : []));
}

const GROUPS: Readonly<Record<string, string>> = { ClusterNetworkPolicy: "policy.networking.k8s.io" };

type Variant = { readonly path: string; readonly breaks: string | null; readonly value: Json };

function walk(schema: Schema, path: string, set: SchemaSet): readonly Variant[] {
  const own = ownBreaks(schema, set).map(([breaks, value]): Variant => ({ path, breaks, value }));
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, member]) => {
    if (path === "" && ["status", "metadata", "apiVersion", "kind"].includes(key)) return [];
    return walk(resolved(member, set), path === "" ? key : `${path}.${key}`, set).map((variant) => ({
      ...variant,
      value: withMember(schema, key, variant.value, set),
    }));
  });
  const inList =
    schema.items === undefined || schema.maxItems === 0
      ? []
      : walk(resolved(schema.items, set), `${path}[0]`, set).map((variant) => ({ ...variant, value: [variant.value] }));
  const other = schema.additionalProperties;
  const inMap =
    typeof other !== "object"
      ? []
      : walk(resolved(other, set), `${path}.a`, set).map((variant) => ({ ...variant, value: { a: variant.value } }));
  return [{ path, breaks: null, value: whole(schema, set) }, ...own, ...below, ...inList, ...inMap];
}

/** A whole object with one member as given; of a choice between fields the branch of that field. */
function withMember(schema: Schema, key: string, value: Json, set: SchemaSet): JsonObject {
  const base = whole(schema, set);
  const kept = Object.entries(isObject(base) ? base : {}).filter(([name]) => {
    if (name === key || (schema.required ?? []).includes(name)) return true;
    if (schema.maxProperties === 1) return false;
    const named = (schema.oneOf ?? []).flatMap((branch) => branch.required ?? []);
    return !(named.includes(key) && named.includes(name));
  });
  const isEnd = schema.startBeforeEnd === true && key === "end" && value === 1;
  return { ...Object.fromEntries(kept), [key]: isEnd ? 2 : value };
}

/** The least value that a schema takes. */
function whole(schema: Schema, set: SchemaSet): Json {
  if (schema.enum !== undefined) return schema.enum[0] ?? null;
  if (schema["x-kubernetes-int-or-string"] === true) return 1;
  switch (schema.type) {
    case "boolean":
      return true;
    case "integer":
      return schema.minimum ?? 1;
    case "array":
      return (schema.minItems ?? 0) > 0 ? [whole(resolved(schema.items ?? {}, set), set)] : [];
    case "object":
      return wholeObject(schema, set);
    default:
      return wholeText(schema);
  }
}

function wholeObject(schema: Schema, set: SchemaSet): JsonObject {
  const chosen = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((branch) => branch.required?.[0] ?? []);
  const first =
    schema.oneOf === undefined
      ? chosen.slice(0, 1)
      : chosen.filter((_, index) => index === 0 || index === schema.oneOf?.length);
  const least = (schema.minProperties ?? 0) > 0 ? Object.keys(schema.properties ?? {}).slice(-1) : [];
  const keys = [...new Set([...(schema.required ?? []), ...first, ...least])];
  const members = keys.flatMap((key) => {
    const member = schema.properties?.[key];
    return member === undefined ? [] : [[key, whole(resolved(member, set), set)] as const];
  });
  const range = schema.startBeforeEnd === true ? { start: 1, end: 2 } : {};
  return { ...Object.fromEntries(members), ...range };
}

function wholeText(schema: Schema): string {
  if (schema.format?.endsWith("cidr") === true) return "10.0.0.0/8";
  if (schema.format === "date-time") return "2026-01-01T00:00:00Z";
  if (schema.pattern?.includes("6553") === true) return "80";
  return schema.pattern?.includes("\\.)+") === true ? "a.org" : "a";
}

/** Values that break one constraint of the schema itself. */
function ownBreaks(schema: Schema, set: SchemaSet): readonly (readonly [string, Json])[] {
  return [
    ...typeBreaks(schema),
    ...scalarBreaks(schema),
    ...listBreaks(schema, set),
    ...(schema.type === "object" ? objectBreaks(schema, set) : []),
  ];
}

const WRONG_TYPES: Readonly<Record<string, readonly Json[]>> = {
  string: [5, true, {}, []],
  integer: ["5", 1.5, true],
  boolean: ["true", 1],
  array: [{}, "x"],
  object: ["x", [], 5],
};

function typeBreaks(schema: Schema): readonly (readonly [string, Json])[] {
  if (schema["x-kubernetes-int-or-string"] === true)
    return [
      ["anyOf", 1.5],
      ["anyOf", true],
      ["anyOf", {}],
    ];
  const wrong = WRONG_TYPES[schema.type ?? ""] ?? [];
  // The API server takes a list for a text that has the format cidr.
  const refused = schema.format === "cidr" ? wrong.filter((value) => !Array.isArray(value)) : wrong;
  return refused.map((value) => ["type", value] as const);
}

function scalarBreaks(schema: Schema): readonly (readonly [string, Json])[] {
  const breaks: (readonly [string, Json])[] = [];
  if (schema.enum !== undefined) breaks.push(["enum", schema.type === "integer" ? 99 : "Bogus"]);
  if (schema.pattern !== undefined) breaks.push(["pattern", schema.pattern.includes("PC") ? "a\tb" : "a b!"]);
  if (schema.format?.endsWith("cidr") === true) breaks.push(["format", "10.0.0.0"], ["format", "10.0.0.0/33"]);
  if (schema.format === "int32") breaks.push(["format", 2 ** 31]);
  if (schema.minimum !== undefined) breaks.push(["minimum", schema.minimum - 1]);
  if (schema.maximum !== undefined) breaks.push(["maximum", schema.maximum + 1]);
  if (schema.maxLength !== undefined) breaks.push(["maxLength", longText(schema, schema.maxLength + 1)]);
  if ((schema.minLength ?? 0) > 0) breaks.push(["minLength", ""]);
  return breaks;
}

/** A text of that length that fits the pattern. */
function longText(schema: Schema, length: number): string {
  if (schema.pattern?.includes("\\.)+") === true)
    return "a."
      .repeat(length)
      .slice(0, length - 1)
      .padEnd(length, "a");
  return "a".repeat(length);
}

function listBreaks(schema: Schema, set: SchemaSet): readonly (readonly [string, Json])[] {
  if (schema.type !== "array" || schema.items === undefined) return [];
  const element = whole(resolved(schema.items, set), set);
  const breaks: (readonly [string, Json])[] = [["type", [null]]];
  if ((schema.minItems ?? 0) > 0) breaks.push(["minItems", []]);
  if (schema.maxItems !== undefined) {
    const many = Array.from({ length: schema.maxItems + 1 }, (_, index) => distinct(element, index));
    breaks.push(["maxItems", many]);
  }
  if (["set", "map"].includes(schema["x-kubernetes-list-type"] ?? "")) {
    breaks.push(["x-kubernetes-list-type", [element, element]]);
  }
  return breaks;
}

function distinct(element: Json, index: number): Json {
  if (element === "10.0.0.0/8") return `10.${index}.0.0/16`;
  if (element === "a.org") return `a${index}.org`;
  return element;
}

function objectBreaks(schema: Schema, set: SchemaSet): readonly (readonly [string, Json])[] {
  const full = whole(schema, set);
  if (!isObject(full)) return [];
  const without = (keys: readonly string[]): JsonObject =>
    Object.fromEntries(Object.entries(full).filter(([key]) => !keys.includes(key)));
  const required = (schema.required ?? []).filter((key) => key !== "metadata");
  const breaks: (readonly [string, Json])[] = required.map((key) => ["required", without([key])]);
  const choice = (branches: readonly Schema[] | undefined): readonly string[] =>
    (branches ?? []).flatMap((branch) => branch.required ?? []);
  if (choice(schema.oneOf).length > 0) {
    breaks.push(["oneOf", without(choice(schema.oneOf))]);
    breaks.push(["oneOf", { ...full, ...everyMember(choice(schema.oneOf), schema, set) }]);
  }
  if (choice(schema.anyOf).length > 0) breaks.push(["anyOf", without(choice(schema.anyOf))]);
  if ((schema.minProperties ?? 0) > 0) breaks.push(["minProperties", {}]);
  if (schema.maxProperties !== undefined && Object.keys(schema.properties ?? {}).length > schema.maxProperties) {
    breaks.push(["maxProperties", everyMember(Object.keys(schema.properties ?? {}), schema, set)]);
  }
  if (schema.startBeforeEnd === true) breaks.push(["startBeforeEnd", { ...full, start: 2, end: 2 }]);
  if (schema.portsHaveNumbers === true) {
    const rule = { to: [{ networks: ["10.0.0.0/8"] }], protocols: [{ destinationNamedPort: "web" }] };
    breaks.push(["portsHaveNumbers", { ...full, ...rule }]);
  }
  return breaks;
}

function everyMember(keys: readonly string[], schema: Schema, set: SchemaSet): JsonObject {
  const members = keys.flatMap((key) => {
    const member = schema.properties?.[key];
    return member === undefined ? [] : [[key, whole(resolved(member, set), set)] as const];
  });
  return Object.fromEntries(members);
}
