import { wasForwarded } from "#analysis/record-tests/accepted.ts";
import type { Conversation } from "#model/conversation.ts";
import type { HttpMatch } from "./draft.ts";

/** Different texts at one place of a path from which on any text is taken there. */
const WIDE = 8;
/** Paths of one method from which on only the method is told. */
const MAX_PATHS = 40;

/** A path part that is an id: a number, a UUID, a long hexadecimal text, a token. */
const ID = /^(?:\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-fA-F]{12,}|[A-Za-z0-9_-]{24,})$/;
const ANY_PART = "[^/?]+";
const ANY_QUERY = "(\\?.*)?";

/**
 * HTTP rules for the requests that were let through: by method, ids in paths as patterns, many alternatives at one place
 * as any text. Upstream: Envoy holds the expression against the whole `:path`, with its query, so a query is let through.
 */
export function httpMatches(conversations: readonly Conversation[]): readonly HttpMatch[] {
  const paths = new Map<string, Set<string>>();
  for (const { requests } of conversations) {
    for (const seen of requests) {
      const { request, verdicts } = seen;
      if (request.kind !== "http") continue;
      if (Object.keys(verdicts).length > 0 && !wasForwarded(seen)) continue;
      const method = request.method === "" ? "GET" : request.method;
      const set = paths.get(method) ?? new Set<string>();
      set.add(request.path.split("?")[0] ?? "/");
      paths.set(method, set);
    }
  }
  return [...paths]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([method, own]) => templates([...own]).map((path) => ({ method: quoted(method), path })));
}

/** Paths as expressions, sorted. */
export function templates(paths: readonly string[]): readonly string[] {
  const tree = treeOf(paths.map((path) => path.split("/").slice(1).map(partOf)));
  const found = [...new Set(expressions(tree))].sort();
  const written = found.length > MAX_PATHS ? [".*"] : found.map((path) => `${path}${ANY_QUERY}`);
  return written;
}

function partOf(part: string): string {
  return ID.test(part) ? ANY_PART : quoted(part);
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

type Tree = { readonly children: Map<string, Tree>; isEnd: boolean };

function treeOf(paths: readonly (readonly string[])[]): Tree {
  const root: Tree = { children: new Map(), isEnd: false };
  for (const parts of paths) insert(root, parts);
  return root;
}

function insert(root: Tree, parts: readonly string[]): void {
  let at = root;
  for (const part of parts) {
    const next = at.children.get(part) ?? { children: new Map(), isEnd: false };
    at.children.set(part, next);
    at = next;
  }
  at.isEnd = true;
}

/** Below a node with many children all are one. */
function expressions(tree: Tree): readonly string[] {
  const own = tree.isEnd ? [""] : [];
  const children =
    tree.children.size > WIDE ? new Map([[ANY_PART, joined([...tree.children.values()])]]) : tree.children;
  return [...own, ...[...children].flatMap(([part, child]) => expressions(child).map((rest) => `/${part}${rest}`))];
}

function joined(trees: readonly Tree[]): Tree {
  const whole: Tree = { children: new Map(), isEnd: trees.some((tree) => tree.isEnd) };
  for (const tree of trees) {
    for (const [part, child] of tree.children) {
      const known = whole.children.get(part);
      whole.children.set(part, known === undefined ? child : joined([known, child]));
    }
  }
  return whole;
}
