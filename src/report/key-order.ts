import { isObject, type Json, type JsonObject } from "#model/json.ts";

/**
 * Puts the keys of a JSON value in the order in which its JSON Schema declares them; keys it does not declare follow in
 * alphabetical order. So the output is the same text in every run, whatever order the code made the fields in.
 */
export type KeyOrder = (value: Json) => Json;

/** Reads the subset of JSON Schema that ringfence's own schemas use: properties, items, $ref, anyOf, oneOf by `kind`. */
export function keyOrder(root: JsonObject, at: JsonObject): KeyOrder {
  return (value) => ordered(value, at, root);
}

function ordered(value: Json, schema: JsonObject, root: JsonObject): Json {
  if (value === null || typeof value !== "object") return value;
  const node = nodeFor(value, schema, root);
  if (!isObject(value)) return listItems(value).map((item) => ordered(item, childOf(node, "items"), root));
  const properties = childOf(node, "properties");
  const declared = Object.keys(properties).filter((key) => value[key] !== undefined);
  const others = Object.keys(value).filter((key) => properties[key] === undefined);
  const rest = childOf(node, "additionalProperties");
  const entries = [...declared, ...others.sort()].map((key): [string, Json] => {
    const property = properties[key];
    return [key, ordered(value[key] ?? null, isObject(property) ? property : rest, root)];
  });
  return Object.fromEntries(entries);
}

function listItems(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function childOf(node: JsonObject, key: string): JsonObject {
  const child = node[key];
  return isObject(child) ? child : {};
}

/** The schema that speaks of this value: references followed, `null` alternatives passed over. */
function nodeFor(value: Json, schema: JsonObject, root: JsonObject): JsonObject {
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    return nodeFor(value, childOf(childOf(root, "$defs"), reference.replace("#/$defs/", "")), root);
  }
  const choices = [...listItems(schema["anyOf"] ?? null), ...listItems(schema["oneOf"] ?? null)].filter(isObject);
  if (choices.length === 0) return schema;
  const nodes = choices.map((choice) => nodeFor(value, choice, root));
  return nodes.find((node) => speaksOf(node, value)) ?? {};
}

function speaksOf(node: JsonObject, value: Json): boolean {
  if (node["type"] === "null") return false;
  const kind = childOf(childOf(node, "properties"), "kind")["const"];
  return kind === undefined || (isObject(value) && value["kind"] === kind);
}
