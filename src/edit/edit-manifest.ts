import type { Json } from "#model/json.ts";
import type { Change, Target } from "./change.ts";
import { addPair, appendItem, replaceValue, type Text } from "./insert.ts";
import { type Found, locateObject, locatePath } from "./locate.ts";
import { readsAsMeant } from "./read-back.ts";
import { splice, type TextEdit } from "./splice.ts";
import { styleOf } from "./style.ts";

/** Longer documents are dumps, which nobody edits by hand; reading them twice for a change would take seconds. */
const MAX_LENGTH = 2_000_000;

/**
 * Changes one element of one object in YAML or JSON text and leaves every other line as it is: comments, order, quoting
 * and indentation stay, what is added follows the text's own style. The result is read back and compared with the
 * change made to the data; null when they differ, when the object or the element is not there, or when it stands in
 * an anchor, an alias or a merge (a change would reach further than asked).
 */
export function editManifest(source: string, target: Target, change: Change): string | null {
  const chunk = chunkOf(source, target);
  if (chunk === null) return null;
  const part = source.slice(chunk.start, chunk.end);
  const edited = editText(part, target, change);
  return edited === null ? null : source.slice(0, chunk.start) + edited + source.slice(chunk.end);
}

/** The same for several changes, one after the other; null when one of them cannot be made. */
export function editManifestAll(source: string, target: Target, changes: readonly Change[]): string | null {
  let text: string | null = source;
  for (const change of changes) text = text === null ? null : editManifest(text, target, change);
  return text;
}

/** Adds `value` to the list at `path`, for instance a name to `toFQDNs` or a rule to `spec.egress`. */
export function appendToList(source: string, target: Target, path: string, value: Json): string | null {
  return editManifest(source, target, { op: "append", path, value });
}

/** Gives the mapping at `path` a key, for instance `rules` to an element of `toPorts`, or a label to `matchLabels`. */
export function setKey(
  source: string,
  target: Target,
  at: { readonly path: string; readonly key: string },
  value: Json,
): string | null {
  return editManifest(source, target, { op: "set", path: at.path, key: at.key, value });
}

/** Puts `value` in the place of what stands at `path`, for instance another port. */
export function replaceAt(source: string, target: Target, path: string, value: Json): string | null {
  return editManifest(source, target, { op: "replace", path, value });
}

type Chunk = { readonly start: number; readonly end: number };

/** The document of the stream that holds the object: only that one is read. */
function chunkOf(source: string, target: Target): Chunk | null {
  const cuts = [...source.matchAll(/^---.*(?:\r?\n|$)/gm)];
  const bounds = [0, ...cuts.map((cut) => cut.index + cut[0].length)];
  const chunks = bounds.map((start, index) => ({ start, end: cuts[index]?.index ?? source.length }));
  return (
    chunks.findLast(({ start, end }) => {
      const text = source.slice(start, end);
      if (end - start > MAX_LENGTH || !text.includes(target.name)) return false;
      return locateObject(text, target) !== null;
    }) ?? null
  );
}

function editText(source: string, target: Target, change: Change): string | null {
  const object = locateObject(source, target);
  const found = object === null ? null : locatePath(object, change.path);
  if (found === null) return null;
  const edits = editsFor({ source, style: styleOf(source) }, found, change);
  if (edits === null) return null;
  const edited = splice(source, edits);
  return readsAsMeant(source, edited, target, change) ? edited : null;
}

function editsFor(text: Text, found: Found, change: Change): readonly TextEdit[] | null {
  const { place, missing } = found;
  switch (change.op) {
    case "append": {
      const [first, ...rest] = missing;
      return first === undefined
        ? appendItem(text, place, change.value)
        : addPair(text, place, first, nested(rest, [change.value]));
    }
    case "set": {
      if (change.key === undefined) return null;
      const [first, ...rest] = missing;
      if (first !== undefined) return addPair(text, place, first, nested([...rest, change.key], change.value));
      const old = locatePath(place.node, `${change.key}`);
      return old !== null && old.missing.length === 0 && old.place.parent === place.node
        ? replaceValue(text, old.place, change.value)
        : addPair(text, place, change.key, change.value);
    }
    case "replace":
      return missing.length > 0 ? null : replaceValue(text, place, change.value);
  }
}

function nested(keys: readonly string[], value: Json): Json {
  return keys.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
}
