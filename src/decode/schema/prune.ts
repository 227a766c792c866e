import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { nearestName } from "../nearest.ts";
import { memberSchema, resolved, type Schema, type SchemaSet } from "./schema-tree.ts";

/** A field that the schema does not have: dropped by the API server without a word. */
export type UnknownField = {
  /** Element path of the field below the object. */
  readonly path: string;
  readonly key: string;
  /** What was probably meant, in words; null when nothing is near. */
  readonly meant: string | null;
};

export type Pruned = { readonly value: JsonObject; readonly unknown: readonly UnknownField[] };

type Step = { readonly path: string; readonly schema: Schema };
type Walk = { readonly set: SchemaSet; readonly unknown: UnknownField[]; readonly above: readonly Step[] };

/**
 * Does to an object what the API server does before it judges it: unknown fields are dropped, defaults set. `metadata`
 * has its own rules there and is kept. Values that need no change are returned as they are.
 * Upstream: k8s.io/apiextensions-apiserver pkg/apiserver/schema/pruning, …/defaulting.
 */
export function prune(value: JsonObject, schema: Schema, set: SchemaSet): Pruned {
  const unknown: UnknownField[] = [];
  const pruned = pruneObject(value, "", resolved(schema, set), { set, unknown, above: [] });
  return { value: pruned, unknown };
}

function pruneValue(value: Json, path: string, schema: Schema, walk: Walk): Json {
  if (Array.isArray(value)) {
    // A list where none belongs: nothing in it is known.
    const items = schema.items === undefined ? {} : resolved(schema.items, walk.set);
    return mapUnlessSame(value, (element, index) => pruneValue(element, `${path}[${index}]`, items, walk));
  }
  return isObject(value) ? pruneObject(value, path, schema, walk) : value;
}

function mapUnlessSame(list: readonly Json[], change: (element: Json, index: number) => Json): readonly Json[] {
  const changed = list.map(change);
  return changed.every((element, index) => element === list[index]) ? list : changed;
}

function pruneObject(value: JsonObject, path: string, schema: Schema, walk: Walk): JsonObject {
  if (schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true) return value;
  const inner: Walk = { ...walk, above: [...walk.above, { path, schema }] };
  const kept = new Map<string, Json>();
  let same = true;
  for (const [key, member] of Object.entries(value)) {
    const below = path === "" ? key : `${path}.${key}`;
    const known = memberSchema(schema, key, walk.set);
    if (known === undefined) {
      walk.unknown.push({ path: below, key, meant: meaningOf(key, inner) });
      same = false;
      continue;
    }
    const pruned = path === "" && key === "metadata" ? member : pruneValue(member, below, known, inner);
    kept.set(key, pruned);
    if (pruned !== member) same = false;
  }
  for (const [key, member] of Object.entries(schema.properties ?? {})) {
    const standard = resolved(member, walk.set).default;
    if (standard === undefined || kept.has(key)) continue;
    kept.set(key, standard);
    same = false;
  }
  return same ? value : Object.fromEntries(kept);
}

/** A field of that name further up or down (wrong indentation), else the nearest name here. */
function meaningOf(key: string, walk: Walk): string | null {
  const here = walk.above.at(-1);
  if (here === undefined) return null;
  const names = Object.keys(here.schema.properties ?? {});
  const near = nearestName(key, names);
  if (near !== null && near.toLowerCase() === key.toLowerCase()) return `did you mean ${near}?`;
  for (const step of walk.above.slice(0, -1).toReversed()) {
    if (step.path !== "" && Object.hasOwn(step.schema.properties ?? {}, key)) {
      return `${key} belongs to ${step.path}, further out: mind the indentation`;
    }
  }
  for (const name of names) {
    const member = memberSchema(here.schema, name, walk.set);
    const inside = member?.items === undefined ? member : resolved(member.items, walk.set);
    if (Object.hasOwn(inside?.properties ?? {}, key)) return `${key} belongs below ${name}, further in`;
  }
  return near === null ? null : `did you mean ${near}?`;
}
