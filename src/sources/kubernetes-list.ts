import { UserError } from "#model/finding.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { type KubernetesConnection, statusMessage } from "./kubernetes-connection.ts";

/** A whole list: its objects, and the resourceVersion from which a watch goes on. `refused` when it may not be read. */
export type Listed =
  | { readonly kind: "listed"; readonly items: readonly JsonObject[]; readonly resourceVersion: string }
  | { readonly kind: "refused"; readonly status: number; readonly message: string };

export type ListOptions = {
  readonly signal?: AbortSignal;
  /** Applied to each object as it arrives, so that a large list is never held whole; null leaves it out. */
  readonly keep?: (object: JsonObject) => JsonObject | null;
  readonly apiVersion: string;
  readonly objectKind: string;
  readonly pageSize?: number;
};

const PAGE_SIZE = 500;
const MAX_OBJECTS = 2_000_000;

/**
 * Lists in pages. When a page is refused because the list's version has expired (410 Gone), the list is read once more
 * from the beginning and in one piece, as client-go's pager does. Upstream: k8s.io/client-go tools/pager.
 */
export async function listObjects(
  connection: KubernetesConnection,
  path: string,
  options: ListOptions,
): Promise<Listed> {
  const paged = await listPages(connection, path, options, options.pageSize ?? PAGE_SIZE);
  if (paged.kind === "refused" && paged.status === 410) return await listPages(connection, path, options, null);
  return paged;
}

async function listPages(
  connection: KubernetesConnection,
  path: string,
  options: ListOptions,
  pageSize: number | null,
): Promise<Listed> {
  const items: JsonObject[] = [];
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  for (let next = ""; ; ) {
    const page = await connection.json(pagePath(path, pageSize, next), signal);
    if (page.status !== 200) return { kind: "refused", status: page.status, message: statusMessage(page) };
    for (const object of itemsOf(page.value)) keep(object, options, items);
    if (items.length > MAX_OBJECTS) throw tooMany(path);
    const metadata = isObject(page.value) && isObject(page.value["metadata"]) ? page.value["metadata"] : {};
    next = typeof metadata["continue"] === "string" ? metadata["continue"] : "";
    if (next === "") return { kind: "listed", items, resourceVersion: String(metadata["resourceVersion"] ?? "") };
  }
}

function pagePath(path: string, pageSize: number | null, next: string): string {
  const query = pageSize === null ? [] : [`limit=${pageSize}`];
  if (next !== "") query.push(`continue=${encodeURIComponent(next)}`);
  return withQuery(path, query);
}

/** The path with more parameters; it may have some already. */
export function withQuery(path: string, query: readonly string[]): string {
  if (query.length === 0) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${query.join("&")}`;
}

function itemsOf(value: Json): readonly JsonObject[] {
  const items = isObject(value) ? value["items"] : null;
  return Array.isArray(items) ? items.filter((item): item is JsonObject => isObject(item)) : [];
}

/** Items of a typed list name no kind of their own. */
function keep(object: JsonObject, { keep: kept, apiVersion, objectKind }: ListOptions, items: JsonObject[]): void {
  const whole = { ...object, apiVersion, kind: objectKind };
  const result = kept === undefined ? whole : kept(whole);
  if (result !== null) items.push(result);
}

function tooMany(path: string): UserError {
  return new UserError("too-many-objects", `${path}: more than ${MAX_OBJECTS} objects`, {
    help: "give manifests with --objects instead",
  });
}
