import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Rehearsal } from "#model/rehearsal.ts";
import { keyOrder } from "./key-order.ts";
import schema from "./schema/rehearsal.schema.json" with { type: "json" };

/**
 * The rehearsal as JSON, described by `schema/rehearsal.schema.json`: keys in the schema's order, each element of a
 * long list on a line of its own, so that two runs diff well and `grep` finds whole records.
 */
export function reportJson(rehearsal: Rehearsal): string {
  return [...reportJsonChunks(rehearsal)].join("");
}

/** The same text in pieces: with `--all` it can be larger than one string may be. */
export function reportJsonChunks(rehearsal: Rehearsal): Generator<string> {
  return jsonChunks(rehearsal, schema);
}

/** A value in the order of its JSON Schema, in pieces. */
export function* jsonChunks(value: JsonObject, root: JsonObject): Generator<string> {
  const properties = root["properties"];
  const known = isObject(properties) ? properties : {};
  const declared = Object.keys(known).filter((key) => value[key] !== undefined);
  const others = Object.keys(value).filter((key) => !Object.hasOwn(known, key));
  let separator = "{\n";
  for (const key of [...declared, ...others.sort()]) {
    yield `${separator}  ${JSON.stringify(key)}: `;
    yield* valueChunks(value[key] ?? null, childSchema(root, key), root);
    separator = ",\n";
  }
  yield "\n}\n";
}

function childSchema(root: JsonObject, key: string): JsonObject {
  const properties = root["properties"];
  const child = isObject(properties) ? properties[key] : undefined;
  return isObject(child) ? child : {};
}

function* valueChunks(value: Json, schemaOfValue: JsonObject, root: JsonObject): Generator<string> {
  if (!Array.isArray(value)) {
    const order = keyOrder(root, schemaOfValue);
    yield JSON.stringify(order(value), null, 2).replaceAll("\n", "\n  ");
    return;
  }
  const items = schemaOfValue["items"];
  const order = keyOrder(root, isObject(items) ? items : {});
  yield "[";
  let separator = "\n    ";
  for (const item of value) {
    yield separator + JSON.stringify(order(item));
    separator = ",\n    ";
  }
  yield value.length === 0 ? "]" : "\n  ]";
}
