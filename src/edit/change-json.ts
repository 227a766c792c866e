import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Change } from "./change.ts";

/**
 * The data with a change made; undefined where the path leads nowhere or to something that the change does not fit.
 * Paths are read as `locatePath` reads them in a text: keys may hold dots, the longest key counts, mappings that are
 * missing are made.
 */
export function changeJson(value: Json, change: Change): Json | undefined {
  return changeAt(value, change.path, change);
}

function changeAt(value: Json, path: string, change: Change): Json | undefined {
  if (path === "") return changedValue(value, change);
  const index = /^\[(\d+)\]\.?/.exec(path);
  if (index !== null) {
    return Array.isArray(value) ? changeItem(value, Number(index[1]), path.slice(index[0].length), change) : undefined;
  }
  if (value !== null && !isObject(value)) return undefined;
  return changeMember(value ?? {}, path, change);
}

function changeItem(list: readonly Json[], at: number, rest: string, change: Change): Json | undefined {
  const old = list[at];
  if (old === undefined) return undefined;
  if (rest === "" && change.op === "remove") return list.filter((_, index) => index !== at);
  const made = changeAt(old, rest, change);
  return made === undefined ? undefined : list.map((item, index) => (index === at ? made : item));
}

function changeMember(object: JsonObject, path: string, change: Change): Json | undefined {
  const key = longestKey(object, path);
  const rest = path.slice((key ?? path.split(".")[0] ?? "").length).replace(/^\./, "");
  if (change.op === "remove" && rest === "") return key === null ? undefined : without(object, key);
  if (key === null && (path.includes("[") || change.op === "remove" || change.op === "replace")) return undefined;
  const name = key ?? path.split(".")[0] ?? "";
  const made = changeAt(object[name] ?? null, rest, change);
  return made === undefined ? undefined : { ...object, [name]: made };
}

function longestKey(object: JsonObject, path: string): string | null {
  const keys = Object.keys(object).filter(
    (key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`),
  );
  return keys.toSorted((left, right) => right.length - left.length)[0] ?? null;
}

function without(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = object;
  return rest;
}

function changedValue(old: Json, change: Change): Json | undefined {
  switch (change.op) {
    case "append":
      if (old === null) return [change.value];
      return Array.isArray(old) ? [...old, change.value] : undefined;
    case "set":
      if (change.key === undefined || !(old === null || isObject(old))) return undefined;
      return { ...old, [change.key]: change.value };
    case "replace":
      return change.value;
    case "remove":
      return undefined;
  }
}
