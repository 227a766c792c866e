import { portableObject } from "#decode/portable-object.ts";
import { UserError } from "#model/finding.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { type KubernetesConnection, statusMessage } from "./kubernetes-connection.ts";
import { type ListOptions, listObjects, withQuery } from "./kubernetes-list.ts";
import { apiVersionOf, type KubernetesResource, listPath } from "./kubernetes-resources.table.ts";
import { LineCutter } from "./recording-lines.ts";

/**
 * What a watch tells. `all` is a whole list: it replaces everything known of the kind (at the beginning, and when the
 * server no longer knew where to go on). `trouble` is a break that was mended or is being mended, for people and coverage.
 */
export type WatchEvent =
  | { readonly kind: "all"; readonly objects: readonly JsonObject[] }
  | { readonly kind: "set"; readonly object: JsonObject }
  | { readonly kind: "deleted"; readonly object: JsonObject }
  | { readonly kind: "trouble"; readonly message: string };

export type WatchOptions = ListOptions & {
  readonly signal: AbortSignal;
  /** Waits between attempts; tests give their own. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The server ends a watch after so long; it then goes on where it was. */
  readonly watchSeconds?: number;
};

const WATCH_SECONDS = 290;
const FIRST_WAIT_MS = 800;
const LONGEST_WAIT_MS = 30_000;
const GONE = 410;
/** A watch that ends sooner without having told anything was no watch. */
const SHORT_MS = 1000;

type State = { resourceVersion: string | null; failures: number; told: number };

/**
 * Lists, then watches with bookmarks until `signal` aborts. A break goes on at the last version told; 410 Gone lists
 * again; failures wait, twice as long each time, until something succeeds. Ends only by the signal, and by a refusal that
 * waiting does not mend (401, 403, 404). Upstream: k8s.io/client-go tools/cache reflector.
 */
export async function* watchObjects(
  connection: KubernetesConnection,
  path: string,
  options: WatchOptions,
): AsyncGenerator<WatchEvent> {
  const state: State = { resourceVersion: null, failures: 0, told: 0 };
  while (!options.signal.aborted) {
    try {
      if (state.resourceVersion === null) yield* listAgain(connection, path, options, state);
      const told = state.told;
      const began = performance.now();
      yield* watchOnce(connection, path, options, state);
      // A server that ends every watch at once, without a word, is not asked without end.
      if (state.told === told && performance.now() - began < SHORT_MS)
        throw new Error(`${path}: the watch ended at once`);
    } catch (cause) {
      if (options.signal.aborted) return;
      if (isFinal(cause)) throw cause;
      yield { kind: "trouble", message: cause instanceof Error ? cause.message : String(cause) };
      await (options.wait ?? wait)(waitMs(state.failures++), options.signal);
    }
  }
}

/** Doubled each time, with a share that differs between watches, so that they do not all return at once. */
function waitMs(failures: number): number {
  const base = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return base * (0.75 + Math.random() / 2);
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

function isFinal(cause: unknown): boolean {
  return cause instanceof UserError && (cause.code === "cluster-refused" || isAbsent(cause));
}

function isAbsent(cause: unknown): boolean {
  return cause instanceof UserError && cause.code === "cluster-absent";
}

/** What is told of one kind of objects; `absent`: the server serves none of its versions. */
export type ResourceEvent = WatchEvent | { readonly kind: "absent" };

/** Watches a kind of objects in the first of its versions that the server serves; what a version lacks the next may have. */
export async function* watchResource(
  connection: KubernetesConnection,
  resource: KubernetesResource,
  options: Pick<WatchOptions, "signal" | "wait">,
): AsyncGenerator<ResourceEvent> {
  for (const version of resource.versions) {
    const apiVersion = apiVersionOf(resource, version);
    const watching = { ...options, keep: portableObject, apiVersion, objectKind: resource.kind };
    try {
      yield* watchObjects(connection, listPath(resource, version), watching);
      return;
    } catch (cause) {
      if (!isAbsent(cause)) throw cause;
    }
  }
  yield { kind: "absent" };
}

function refused(path: string, status: number, message: string): Error {
  if (status !== 401 && status !== 403 && status !== 404) return new Error(`${path}: ${message}`);
  return new UserError(status === 404 ? "cluster-absent" : "cluster-refused", message, {
    help: "the account needs the verbs get, list and watch on it; see docs/capture.md",
  });
}

async function* listAgain(
  connection: KubernetesConnection,
  path: string,
  options: WatchOptions,
  state: State,
): AsyncGenerator<WatchEvent> {
  const listed = await listObjects(connection, path, options);
  if (listed.kind === "refused") throw refused(path, listed.status, listed.message);
  state.resourceVersion = listed.resourceVersion;
  state.failures = 0;
  yield { kind: "all", objects: listed.items };
}

async function* watchOnce(
  connection: KubernetesConnection,
  path: string,
  options: WatchOptions,
  state: State,
): AsyncGenerator<WatchEvent> {
  const seconds = options.watchSeconds ?? WATCH_SECONDS;
  const query = [
    "watch=true",
    "allowWatchBookmarks=true",
    `resourceVersion=${encodeURIComponent(state.resourceVersion ?? "")}`,
    `timeoutSeconds=${seconds}`,
  ];
  const { status, body } = await connection.get(withQuery(path, query), {
    signal: options.signal,
    // A bookmark comes about every minute; silence beyond the server's own end is a dead connection.
    idleSeconds: seconds + 30,
  });
  if (status === GONE) {
    listAnew(state);
    return;
  }
  if (status !== 200) throw refused(path, status, statusMessage({ status, value: await firstValue(body) }));
  for await (const event of eventsIn(body)) {
    const told = read(event, options, state);
    if (told !== null) yield told;
    if (state.resourceVersion === null) return;
  }
}

function listAnew(state: State): void {
  state.resourceVersion = null;
  state.told++;
}

async function firstValue(body: AsyncIterable<Uint8Array>): Promise<Json> {
  for await (const event of eventsIn(body)) return event;
  return null;
}

/** The JSON values of a stream, one a line. A half line at the end belongs to a connection that broke: it is dropped. */
async function* eventsIn(body: AsyncIterable<Uint8Array>): AsyncGenerator<Json> {
  const texts: string[] = [];
  const decoder = new TextDecoder();
  const cutter = new LineCutter({
    line: (bytes, start, end) => texts.push(decoder.decode(bytes.subarray(start, end))),
    tooLong: () => {},
  });
  for await (const piece of body) {
    cutter.push(piece);
    for (const text of texts.splice(0)) {
      if (text.trim() === "") continue;
      const value: Json = JSON.parse(text);
      yield value;
    }
  }
}

/** One event. Errors inside the stream arrive with status 200: 410 lists again, others break the watch. */
function read(event: Json, options: WatchOptions, state: State): WatchEvent | null {
  if (!isObject(event)) return null;
  const object = isObject(event["object"]) ? event["object"] : {};
  if (event["type"] === "ERROR") {
    if (object["code"] !== GONE) throw new Error(statusMessage({ status: 0, value: object }));
    listAnew(state);
    return null;
  }
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  if (typeof metadata["resourceVersion"] === "string") state.resourceVersion = metadata["resourceVersion"];
  state.failures = 0;
  state.told++;
  if (event["type"] === "BOOKMARK") return null;
  const whole = { ...object, apiVersion: options.apiVersion, kind: options.objectKind };
  const kept = options.keep === undefined ? whole : options.keep(whole);
  if (kept === null) return null;
  return { kind: event["type"] === "DELETED" ? "deleted" : "set", object: kept };
}
