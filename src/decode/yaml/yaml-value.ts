import {
  type Alias,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { Json } from "#model/json.ts";
import { keyText, readScalar } from "./scalar.ts";
import { setKey, TextProblem } from "../objects/source-object.ts";

/** What reading a YAML tree yields besides the value, filled as the tree is walked. */
export type YamlNotes = {
  /** Element path → offset; null when positions are not wanted. */
  readonly offsets: Record<string, number> | null;
  readonly duplicates: { readonly key: string; readonly offset: number }[];
};

type Walk = YamlNotes & {
  readonly root: Node | null;
  targets: ReadonlyMap<Alias, Node> | null;
  readonly open: Set<Node>;
  reads: number;
  aliasReads: number;
  aliasDepth: number;
  /** The alias that is being unfolded, the outermost one. */
  unfolding: Node | null;
};

/**
 * The JSON of a YAML tree as kubectl gets it: scalars by `readScalar`, keys as text, aliases followed, merge keys
 * applied in the order of the text (a later merge overrides an earlier key, as go-yaml v2 does), duplicate keys: last wins.
 * `node` is the part wanted, `root` the document that its aliases are looked up in.
 * Throws `TextProblem` at what go-yaml refuses: unknown and recursive aliases, excessive aliasing, non-scalar keys.
 * Upstream: go.yaml.in/yaml/v2 decode.go (mapping, merge, alias, allowedAliasRatio); sigs.k8s.io/yaml for keys.
 */
export function yamlValue(node: Node | null, root: Node | null, notes: YamlNotes): Json {
  const walk: Walk = {
    ...notes,
    root,
    targets: null,
    open: new Set(),
    reads: 0,
    aliasReads: 0,
    aliasDepth: 0,
    unfolding: null,
  };
  return valueOf(node, "", walk);
}

/** Where a node's text begins. */
export function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function valueOf(node: Node | null, path: string, walk: Walk): Json {
  countRead(node, walk);
  if (walk.offsets !== null && walk.offsets[path] === undefined) walk.offsets[path] = offsetOf(node);
  if (node === null) return null;
  if (isAlias(node)) return aliasValue(node, path, walk);
  if (isScalar(node)) return scalarValue(node);
  if (isMap(node)) {
    const target: Record<string, Json> = {};
    readMapping(node, { target, seen: new Set() }, path, walk);
    return target;
  }
  if (isSeq(node)) return node.items.map((item, index) => valueOf(asNode(item), `${path}[${index}]`, walk));
  throw new TextProblem("unsupported yaml node", offsetOf(node));
}

/** go-yaml's bound on what aliases may unfold to. */
function countRead(node: Node | null, walk: Walk): void {
  walk.reads++;
  if (walk.aliasDepth > 0) walk.aliasReads++;
  if (walk.aliasReads <= 100 || walk.reads <= 1000) return;
  if (walk.aliasReads / walk.reads > allowedAliasRatio(walk.reads)) {
    throw new TextProblem("document contains excessive aliasing", offsetOf(walk.unfolding ?? node));
  }
}

function allowedAliasRatio(reads: number): number {
  if (reads <= 400_000) return 0.99;
  if (reads >= 4_000_000) return 0.1;
  return 0.99 - 0.89 * ((reads - 400_000) / 3_600_000);
}

function scalarValue(node: Scalar): Json {
  const plain = node.type === "PLAIN" || node.type === undefined;
  const text = typeof node.value === "string" ? node.value : "";
  const reading = readScalar(text, node.tag ?? null, plain);
  if ("problem" in reading) throw new TextProblem(reading.problem, offsetOf(node));
  if (typeof reading.value === "number" && !Number.isFinite(reading.value)) {
    throw new TextProblem(`${text} has no value in json`, offsetOf(node));
  }
  return reading.value;
}

function aliasValue(alias: Alias, path: string, walk: Walk): Json {
  const node = targetOf(alias, walk);
  if (walk.open.has(alias)) throw new TextProblem(`anchor '${alias.source}' value contains itself`, offsetOf(alias));
  walk.open.add(alias);
  if (walk.aliasDepth === 0) walk.unfolding = alias;
  walk.aliasDepth++;
  const value = valueOf(node, path, walk);
  walk.aliasDepth--;
  walk.open.delete(alias);
  return value;
}

/** An alias means the last anchor of its name before it in the text; anchors are gathered when the first alias is met. */
function targetOf(alias: Alias, walk: Walk): Node {
  walk.targets ??= bindAliases(walk.root);
  const node = walk.targets.get(alias);
  if (node === undefined) throw new TextProblem(`unknown anchor '${alias.source}' referenced`, offsetOf(alias));
  return node;
}

function bindAliases(root: Node | null): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const visit = (node: unknown): void => {
    if (isPair(node)) {
      visit(node.key);
      visit(node.value);
    } else if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if (isScalar(node) || isMap(node) || isSeq(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      if (!isScalar(node)) node.items.forEach(visit);
    }
  };
  visit(root);
  return targets;
}

type Mapping = { readonly target: Record<string, Json>; readonly seen: Set<string> };

function readMapping(map: YAMLMap, into: Mapping, path: string, walk: Walk): void {
  for (const pair of map.items) {
    const key = asNode(pair.key);
    if (isMergeKey(key)) mergeInto(asNode(pair.value), into, path, walk);
    else readPair(pair, into, path, walk);
  }
}

function readPair(pair: Pair, into: Mapping, path: string, walk: Walk): void {
  const keyNode = asNode(pair.key);
  const key = keyOf(keyNode, walk);
  const below = path === "" ? key : `${path}.${key}`;
  if (walk.aliasDepth === 0) {
    if (into.seen.has(key)) walk.duplicates.push({ key: below, offset: offsetOf(keyNode) });
    into.seen.add(key);
  }
  if (walk.offsets !== null) {
    forget(walk.offsets, below);
    walk.offsets[below] = offsetOf(keyNode);
  }
  setKey(into.target, key, valueOf(asNode(pair.value), below, walk));
}

/** A key that is set again takes its elements' places with it. */
function forget(offsets: Record<string, number>, path: string): void {
  if (offsets[path] === undefined) return;
  for (const known of Object.keys(offsets)) {
    if (known === path || known.startsWith(`${path}.`) || known.startsWith(`${path}[`)) delete offsets[known];
  }
}

function keyOf(node: Node | null, walk: Walk): string {
  const target = node !== null && isAlias(node) ? targetOf(node, walk) : node;
  if (target !== null && !isScalar(target)) {
    throw new TextProblem("a mapping key must be a scalar (is this a template that was not rendered?)", offsetOf(node));
  }
  countRead(node, walk);
  const value = target === null ? null : scalarKey(target);
  const key = value === null || target === null ? null : keyText(String(target.value), value);
  if (key === null) throw new TextProblem("a mapping key must not be null", offsetOf(node));
  return key;
}

function scalarKey(node: Scalar): null | boolean | number | string {
  const reading = readScalar(String(node.value ?? ""), node.tag ?? null, node.type === "PLAIN");
  if ("problem" in reading) throw new TextProblem(reading.problem, offsetOf(node));
  return reading.value;
}

function isMergeKey(node: Node | null): boolean {
  return node !== null && isScalar(node) && node.value === "<<" && node.type === "PLAIN" && node.tag === undefined;
}

/** `<<: *a`, `<<: {…}` or a list of these: earlier ones of a list take precedence. */
function mergeInto(node: Node | null, into: Mapping, path: string, walk: Walk): void {
  const problem = "map merge requires map or sequence of maps as the value";
  const sources = node !== null && isSeq(node) ? node.items.map(asNode).toReversed() : [node];
  for (const source of sources) {
    const alias = source !== null && isAlias(source);
    const map = alias ? targetOf(source, walk) : source;
    if (map === null || !isMap(map)) throw new TextProblem(problem, offsetOf(node));
    if (walk.open.has(map)) throw new TextProblem("a merged mapping contains itself", offsetOf(node));
    walk.open.add(map);
    if (alias) walk.aliasDepth++;
    countRead(node, walk);
    readMapping(map, { target: into.target, seen: new Set() }, path, walk);
    if (alias) walk.aliasDepth--;
    walk.open.delete(map);
  }
}

/** Narrows what the yaml package types as unknown. */
export function asNode(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
}
