import type { FlowPiece, FlowSource } from "#hubble/flow-source.ts";
import { type Finding, UserError } from "#model/finding.ts";
import { count } from "#report/words.ts";
import type { FoldOptions, Fold } from "#traffic/fold.ts";
import { isClickHouseUrl, withoutPassword } from "#store/clickhouse/clickhouse-url.ts";
import { openStore } from "#store/open-store.ts";
import type { Store, StoreWindow } from "#store/store.ts";

const SCHEME = "store://";

/** A store as `--flows` names it: `store://DIR` or `clickhouse://…`, with a window as `?since=TIME&until=TIME`. */
export type StoreInput = { readonly path: string; readonly window: StoreWindow };

export function isStorePath(path: string): boolean {
  return path.startsWith(SCHEME) || isClickHouseUrl(path);
}

/** The store among the recordings that were named; null when there is none. A store is read by itself. */
export function storeAmong(paths: readonly string[]): StoreInput | null {
  const found = paths.find(isStorePath);
  if (found === undefined) return null;
  if (paths.length > 1) {
    throw new UserError("store-beside", "a store is read by itself, without other recordings", {
      help: "record the files into the store first: ringfence record --flows FILE… --to DIR",
    });
  }
  return parseStorePath(found);
}

function parseStorePath(text: string): StoreInput {
  if (isClickHouseUrl(text)) return parseClickHousePath(text);
  const [path = "", query = ""] = text.slice(SCHEME.length).split("?", 2);
  if (path === "") {
    throw new UserError("store-path", `${text}: no directory is named`, { help: "write store://DIR" });
  }
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (name === "since" || name === "until") continue;
    throw new UserError("store-path", `${text}: ${name} means nothing here`, { help: "since and until are known" });
  }
  return { path, window: { from: timeAt(parameters, "since", text), to: timeAt(parameters, "until", text) } };
}

/** The window is ours; all else of the address is the store's. */
function parseClickHousePath(text: string): StoreInput {
  const [path = "", query = ""] = text.split("?", 2);
  const parameters = new URLSearchParams(query);
  const shown = withoutPassword(text);
  const window = { from: timeAt(parameters, "since", shown), to: timeAt(parameters, "until", shown) };
  parameters.delete("since");
  parameters.delete("until");
  return { path: parameters.size === 0 ? path : `${path}?${parameters}`, window };
}

function timeAt(parameters: URLSearchParams, name: string, text: string): number | null {
  const value = parameters.get(name);
  if (value === null) return null;
  const time = Date.parse(value);
  if (!Number.isNaN(time)) return time;
  throw new UserError("store-path", `${text}: ${name} is no time`, { help: `as in ?${name}=2026-09-14T09:00:00Z` });
}

/** Folds what a store holds of a window. */
export async function foldStore({ path, window }: StoreInput, options: FoldOptions): Promise<Fold> {
  return withStore(path, (store) => store.fold(window, options));
}

/** The objects that a store recorded, as they were at the end of the window; null when it recorded none. */
export async function readStoredObjects({ path, window }: StoreInput) {
  return withStore(path, async (store) => {
    const objects = (await store.objects?.at(window.to)) ?? [];
    if (objects.length === 0) return null;
    const time = window.to ?? (await store.segments()).reduce((most, { to }) => Math.max(most, to ?? 0), 0);
    const when = `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    const message = `objects are those that the store recorded, as they were at ${when} (${count(objects.length)})`;
    return { objects, findings: [{ id: "stored-objects", severity: "info", message } satisfies Finding] };
  });
}

/** Opens a store to read it, for as long as `use` takes. */
export async function withStore<T>(path: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(path);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Lines joined into one piece of text. */
const PIECE_LINES = 512;

/** The kept events of a store as a source of flows, in the order in which they came. */
export function storeSource({ path, window }: StoreInput): FlowSource {
  return { isRaw: true, pieces: () => storePieces(path, window) };
}

async function* storePieces(path: string, window: StoreWindow): AsyncGenerator<FlowPiece> {
  const store = await openStore(path);
  const encoder = new TextEncoder();
  try {
    let lines: string[] = [];
    for await (const line of store.events(window)) {
      lines.push(`${line}\n`);
      if (lines.length < PIECE_LINES) continue;
      yield { kind: "text", bytes: encoder.encode(lines.join("")) };
      lines = [];
    }
    yield { kind: "text", bytes: encoder.encode(lines.join("")) };
    yield { kind: "end", file: withoutPassword(path), isBroken: false };
  } finally {
    await store.close();
  }
}
