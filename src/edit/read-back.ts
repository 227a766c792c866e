import { type Document, parseAllDocuments } from "yaml";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Change, Target } from "./change.ts";
import { changeJson } from "./change-json.ts";

/** True when the edited text's objects are the old ones with the change made to the target, and nothing else. */
export function readsAsMeant(
  before: readonly Json[],
  after: readonly Json[] | null,
  target: Target,
  change: Change,
): boolean {
  if (after === null || before.length !== after.length) return false;
  const index = before.findLastIndex((value) => isObject(value) && holdsTarget(value, target));
  return before.every((value, at) => {
    const wanted = at === index && isObject(value) ? changedIn(value, target, change) : value;
    return wanted !== undefined && sameJson(wanted, after[at] ?? null);
  });
}

/** What the documents of a text hold; null when one cannot be read. */
export function objectsIn(source: string): readonly Json[] | null {
  const documents = parseAllDocuments(source, {
    version: "1.1",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const values: Json[] = [];
  for (const document of documents) {
    if (document.errors.length > 0) return null;
    const value = valueOf(document);
    if (value === undefined) return null;
    values.push(value);
  }
  return values;
}

/** undefined where an alias stands for nothing, or for too much. */
function valueOf(document: Document): Json | undefined {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

/** As `locateObject`: what has neither kind nor name is meant by a target without. */
function isTarget(object: JsonObject, target: Target): boolean {
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  if ((object["kind"] ?? "") !== target.kind || (metadata["name"] ?? "") !== target.name) return false;
  return target.namespace === null || (metadata["namespace"] ?? "default") === target.namespace;
}

function holdsTarget(object: JsonObject, target: Target): boolean {
  const items = object["items"];
  if (!Array.isArray(items)) return isTarget(object, target);
  return items.some((item: Json) => isObject(item) && holdsTarget(item, target));
}

function changedIn(object: JsonObject, target: Target, change: Change): Json | undefined {
  const items = object["items"];
  if (!Array.isArray(items)) return changeJson(object, change);
  const index = items.findLastIndex((item: Json) => isObject(item) && holdsTarget(item, target));
  const held: Json = items[index] ?? null;
  const inner = isObject(held) ? changedIn(held, target, change) : undefined;
  return inner === undefined ? undefined : { ...object, items: items.with(index, inner) };
}

function sameJson(left: Json, right: Json): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((value: Json, index) => sameJson(value, right[index] ?? null));
  }
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    return keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key] ?? null, right[key] ?? null));
  }
  return left === right;
}
