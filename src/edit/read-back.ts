import { parseAllDocuments } from "yaml";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Change, Target } from "./change.ts";

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
    return wanted !== null && sameJson(wanted, after[at] ?? null);
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
    const value: Json = document.toJS();
    values.push(value);
  }
  return values;
}

function isTarget(object: JsonObject, target: Target): boolean {
  const metadata = object["metadata"];
  if (!isObject(metadata) || object["kind"] !== target.kind || metadata["name"] !== target.name) return false;
  return target.namespace === null || (metadata["namespace"] ?? "default") === target.namespace;
}

function holdsTarget(object: JsonObject, target: Target): boolean {
  const items = object["items"];
  if (!Array.isArray(items)) return isTarget(object, target);
  return items.some((item: Json) => isObject(item) && holdsTarget(item, target));
}

function changedIn(object: JsonObject, target: Target, change: Change): Json {
  const items = object["items"];
  if (!Array.isArray(items)) return changed(object, change.path, change);
  const index = items.findLastIndex((item: Json) => isObject(item) && holdsTarget(item, target));
  const inner = items.map((item: Json, at) =>
    at === index && isObject(item) ? changedIn(item, target, change) : item,
  );
  return { ...object, items: inner };
}

/** The change made to the data, path by path as `locatePath` reads it. */
function changed(value: Json, path: string, change: Change): Json {
  if (path === "") return changedValue(value, change);
  const index = /^\[(\d+)\]\.?/.exec(path);
  if (index !== null && Array.isArray(value)) {
    return value.map((item: Json, at) =>
      at === Number(index[1]) ? changed(item, path.slice(index[0].length), change) : item,
    );
  }
  const object = isObject(value) ? value : {};
  const keys = Object.keys(object).filter(
    (key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`),
  );
  const key = keys.toSorted((left, right) => right.length - left.length)[0] ?? path.split(".")[0] ?? "";
  const rest = path.slice(key.length).replace(/^\./, "");
  return { ...object, [key]: changed(object[key] ?? null, rest, change) };
}

/** null where the change does not fit what is there. */
function changedValue(old: Json, change: Change): Json {
  switch (change.op) {
    case "append":
      if (old === null) return [change.value];
      return Array.isArray(old) ? [...old, change.value] : null;
    case "set":
      if (old === null) return { [change.key ?? ""]: change.value };
      return isObject(old) ? { ...old, [change.key ?? ""]: change.value } : null;
    case "replace":
      return change.value;
  }
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
