import type { Json } from "#model/json.ts";
import type { Change, Target } from "./change.ts";
import { addPair, appendItem, replaceValue, type Text } from "./insert.ts";
import { type Found, locateObject, locatePath } from "./locate.ts";
import type { Node } from "yaml";
import { objectsIn, readsAsMeant } from "./read-back.ts";
import { removeElement } from "./remove.ts";
import { splice, type TextEdit } from "./splice.ts";
import { styleOf } from "./style.ts";

/** Longer documents are dumps, which nobody edits by hand; reading them twice for a change would take seconds. */
const MAX_LENGTH = 2_000_000;

/**
 * Changes one element of one object in YAML or JSON text and leaves every other line as it is: comments, order, quoting
 * and indentation stay, what is added follows the text's own style. The result is read back and compared with the
 * change made to the data; null when they differ, when the object or the element is not there, or when it stands in
 * an anchor, an alias or a merge (a change would reach further than asked). `documents`: what was found and read before,
 * for a caller that tries many changes of the same text.
 */
export function editManifest(
  source: string,
  target: Target,
  change: Change,
  documents: Documents = new Map(),
): string | null {
  const chunk = chunkOf(source, target, documents);
  if (chunk === null) return null;
  const edited = editText(chunk, target, change);
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

/** Takes the list item or the key at `path` away. */
export function removeAt(source: string, target: Target, path: string): string | null {
  return editManifest(source, target, { op: "remove", path });
}

/** A document of a stream that holds an object: where it stands, its text, the object's node, and all of it as data. */
type Chunk = {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly object: Node;
  readonly values: readonly Json[] | null;
};

/** Documents by their stream and the object that they hold. A node is only read, never changed. */
export type Documents = Map<string, Map<string, Chunk | null>>;

/** The document of the stream that holds the object: only that one is read. */
function chunkOf(source: string, target: Target, documents: Documents): Chunk | null {
  const ofSource = documents.get(source) ?? new Map<string, Chunk | null>();
  documents.set(source, ofSource);
  const key = `${target.kind}/${target.namespace ?? ""}/${target.name}`;
  const known = ofSource.get(key);
  if (known !== undefined) return known;
  const found = findChunk(source, target);
  ofSource.set(key, found);
  return found;
}

function findChunk(source: string, target: Target): Chunk | null {
  const cuts = [...source.matchAll(/^---.*(?:\r?\n|$)/gm)];
  const bounds = [0, ...cuts.map((cut) => cut.index + cut[0].length)];
  const chunks = bounds.map((start, index) => ({ start, end: cuts[index]?.index ?? source.length }));
  for (const { start, end } of chunks.toReversed()) {
    const text = source.slice(start, end);
    if (text.length > MAX_LENGTH || !text.includes(target.name)) continue;
    const object = locateObject(text, target);
    if (object !== null) return { start, end, text, object, values: objectsIn(text) };
  }
  return null;
}

function editText(chunk: Chunk, target: Target, change: Change): string | null {
  const { text: source, object, values } = chunk;
  const found = locatePath(object, change.path);
  if (found === null || values === null) return null;
  const edits = editsFor({ source, style: styleOf(source) }, found, change);
  if (edits === null) return null;
  const edited = splice(source, edits);
  return readsAsMeant(values, objectsIn(edited), target, change) ? edited : null;
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
      return old !== null && old.missing.length === 0 && old.place.parent?.node === place.node
        ? replaceValue(text, old.place, change.value)
        : addPair(text, place, change.key, change.value);
    }
    case "replace":
      return missing.length > 0 ? null : replaceValue(text, place, change.value);
    case "remove":
      return missing.length > 0 ? null : removeElement(text, place);
  }
}

function nested(keys: readonly string[], value: Json): Json {
  return keys.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
}
