import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
} from "yaml";
import type { Target } from "./change.ts";

/** A mapping or list, or the scalar that stands at a path. */
export type Place = {
  readonly node: Node;
  /** The pair whose value it is; null for elements of lists and the object itself. */
  readonly pair: Pair<Node, Node | null> | null;
  /** Where the mapping or list stands that holds it; null for the object itself. */
  readonly parent: Place | null;
};

/** What a path leads to: all of it, or as far as it goes and the keys that are missing. */
export type Found = { readonly place: Place; readonly missing: readonly string[] };

/** The object of a target in a text, the last one when it is given twice; null when it is not there or unreadable. */
export function locateObject(source: string, target: Target): Node | null {
  const documents = parseAllDocuments(source, {
    version: "1.1",
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  let found: Node | null = null;
  for (const document of documents) {
    if (document.errors.length > 0) return null;
    if (isMap(document.contents)) found = objectIn(document.contents, target, document) ?? found;
  }
  return found;
}

function objectIn(map: YAMLMap<unknown, unknown>, target: Target, document: Document): Node | null {
  const items = map.get("items", true);
  const kind = textOf(map.get("kind", true), document);
  if (isSeq(items) && kind.endsWith("List")) {
    const found = items.items.map((item) => (isMap(item) ? objectIn(item, target, document) : null));
    return found.findLast((node) => node !== null) ?? null;
  }
  const metadata = map.get("metadata", true);
  const at = (key: string) => (isMap(metadata) ? textOf(metadata.get(key, true), document) : "");
  const here = kind === target.kind && at("name") === target.name;
  return here && (target.namespace === null || (at("namespace") || "default") === target.namespace) ? map : null;
}

/** The text of a scalar or of the scalar that an alias stands for. */
function textOf(value: unknown, document: Document | null): string {
  const node = isAlias(value) && document !== null ? value.resolve(document) : value;
  return isScalar(node) ? String(node.value) : "";
}

/**
 * Follows an element path below an object. null where it leads into an alias or a merge key (a change there would
 * change other places too; the alias itself may be replaced), through a scalar, or to an element that does not exist.
 */
export function locatePath(object: Node, path: string): Found | null {
  let place: Place = { node: object, pair: null, parent: null };
  let rest = path;
  while (rest !== "") {
    const index = /^\[(\d+)\]\.?/.exec(rest);
    if (index !== null) {
      const item: unknown = isSeq(place.node) ? place.node.items[Number(index[1])] : undefined;
      if (!isNode(item) || (isAlias(item) && rest !== index[0])) return null;
      place = { node: item, pair: null, parent: place };
      rest = rest.slice(index[0].length);
      continue;
    }
    const pair = isMap(place.node) ? pairFor(place.node, rest) : null;
    if (pair === null) return absent(place, rest);
    rest = rest.slice(pair.length).replace(/^\./, "");
    const value: Node | null = pair.value.value;
    if (isAlias(value) && rest !== "") return null;
    if (value === null)
      return rest === "" || !rest.includes("[") ? absent(place, pair.text + (rest && `.${rest}`)) : null;
    place = { node: value, pair: pair.value, parent: place };
  }
  return { place, missing: [] };
}

/** Keys may hold dots: the longest key that the path begins with is meant. */
function pairFor(
  map: YAMLMap<unknown, unknown>,
  path: string,
): { readonly value: Pair<Node, Node | null>; readonly text: string; readonly length: number } | null {
  let best: { readonly value: Pair<Node, Node | null>; readonly text: string; readonly length: number } | null = null;
  for (const pair of map.items) {
    if (!isNodePair(pair)) continue;
    const text = textOf(pair.key, null);
    const ends = path.length === text.length || path[text.length] === "." || path[text.length] === "[";
    // The last one of a key given twice counts.
    if (path.startsWith(text) && ends && text.length >= (best?.length ?? 0)) {
      best = { value: pair, text, length: text.length };
    }
  }
  return best;
}

function isNodePair(value: unknown): value is Pair<Node, Node | null> {
  return isPair(value) && isNode(value.key);
}

function absent(place: Place, rest: string): Found | null {
  if (rest.includes("[")) return null;
  return isMap(place.node) ? { place, missing: rest.split(".") } : null;
}

/** True for what stands in a text: a mapping, a list, a scalar or an alias. */
export function isNode(node: unknown): node is Node {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node);
}

/** Where a node's text begins. */
export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Where a node's text ends, without comments and blank lines after it. A block scalar ends with its last line's break. */
export function endOf(node: Node): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last === undefined) return node.range?.[1] ?? 0;
    const value = last.value;
    if (isNode(value) && !isEmptyText(value)) return endOf(value);
    return colonAfter(node, last.key);
  }
  if (isSeq(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return isNode(last) && !isEmptyText(last) ? endOf(last) : (node.range?.[1] ?? 0);
  }
  return node.range?.[1] ?? 0;
}

/** True for what stands where nothing is written: `key:` and then the end of the line. */
export function isEmptyText(node: Node): boolean {
  return isScalar(node) && node.range !== undefined && node.range !== null && node.range[0] === node.range[1];
}

function colonAfter(map: Node, key: unknown): number {
  const end = isNode(key) ? (key.range?.[1] ?? 0) : 0;
  return Math.min(end + 1, map.range?.[1] ?? end + 1);
}
