import type { L7Request } from "#model/conversation.ts";
import type { Flow, FlowL7 } from "#model/flow.ts";

/** A request with the verdicts its events had. Plain data. */
export type RequestRecord = {
  readonly key: string;
  /** The key without headers. */
  readonly base: string;
  readonly request: L7Request;
  count: number;
  readonly verdicts: Record<string, number>;
  firstTime: number;
  readonly node: string;
};

const MAX_REQUESTS = 100;
/** Ways in which headers may differ for one method, host and path. */
const MAX_VARIANTS = 4;
/** Headers that differ on every request and that nobody writes a rule on: kept of the first request only. */
const VOLATILE =
  /^(x-request-id|x-b3-.*|traceparent|tracestate|x-envoy-.*|date|content-length|user-agent|x-forwarded-.*|cookie|set-cookie|x-prometheus-.*|accept.*|if-.*|etag|last-modified|age|expires|uber-trace-id)$/;

type Begun = { readonly request: L7Request | null; readonly firstTime: number; readonly node: string };

/** Room for requests, shared by all conversations of a recording. */
export type RequestBudget = { left: number };

/** The L7 requests of one conversation. */
export class Requests {
  readonly byKey = new Map<string, RequestRecord>();
  dropped = 0;
  private readonly variants = new Map<string, number>();
  /** The reader gives the same object for the same bytes. */
  private readonly known = new WeakMap<FlowL7, RequestRecord>();
  private readonly budget: RequestBudget;

  constructor(budget: RequestBudget) {
    this.budget = budget;
  }

  add(flow: Flow, time: number): void {
    const { l7 } = flow;
    if (l7 === null || l7.type === "RESPONSE") return;
    const record = this.known.get(l7) ?? this.meet(l7, flow.node, time);
    if (record === undefined) return;
    if (record === null) {
      this.dropped += flow.count;
      return;
    }
    record.count += flow.count;
    record.verdicts[flow.verdict] = (record.verdicts[flow.verdict] ?? 0) + flow.count;
    if (time < record.firstTime) record.firstTime = time;
  }

  /** undefined for what is no request; null when there is no room. */
  private meet(l7: FlowL7, node: string, time: number): RequestRecord | null | undefined {
    const key = keyOf(l7);
    if (key === "") return undefined;
    const known = this.byKey.get(key);
    const base = baseKey(l7);
    if (known === undefined && !this.hasRoom(base)) return null;
    const record = known ?? this.begin(key, base, { request: requestOf(l7), firstTime: time, node });
    if (record !== null) this.known.set(l7, record);
    return record;
  }

  private hasRoom(base: string): boolean {
    return this.byKey.size < MAX_REQUESTS && (this.variants.get(base) ?? 0) < MAX_VARIANTS && this.budget.left > 0;
  }

  private begin(key: string, base: string, { request, firstTime, node }: Begun): RequestRecord | null {
    if (request === null || !this.hasRoom(base)) return null;
    this.budget.left--;
    this.variants.set(base, (this.variants.get(base) ?? 0) + 1);
    const record = { key, base, request, count: 0, verdicts: {}, firstTime, node };
    this.byKey.set(key, record);
    return record;
  }

  merge(records: Iterable<RequestRecord>, dropped: number): void {
    this.dropped += dropped;
    for (const record of records) {
      const { key, base, request, firstTime, node } = record;
      const own = this.byKey.get(key) ?? this.begin(key, base, { request, firstTime, node });
      if (own === null) {
        this.dropped += record.count;
        continue;
      }
      own.count += record.count;
      own.firstTime = Math.min(own.firstTime, record.firstTime);
      for (const [verdict, count] of Object.entries(record.verdicts)) {
        own.verdicts[verdict] = (own.verdicts[verdict] ?? 0) + count;
      }
    }
  }
}

/** The request of an L7 event; null for answers and for protocols that no policy of ours speaks of. */
export function requestOf(l7: FlowL7): L7Request | null {
  if (l7.type === "RESPONSE") return null;
  switch (l7.kind) {
    case "dns":
      return l7.query === "" ? null : { kind: "dns", name: dnsName(l7.query) };
    case "http":
      return { kind: "http", method: l7.method, ...splitUrl(l7.url), headers: headersOf(l7.headers) };
    case "other":
      return null;
  }
}

/** Lower case, no final dot. */
export function dnsName(query: string): string {
  return query.toLowerCase().replace(/\.$/, "");
}

/** Host (with its port) and path (with its query) as Envoy matches them: `:authority` and `:path`. */
export function splitUrl(url: string): { readonly host: string; readonly path: string } {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)(.*)$/i.exec(url);
  const host = match?.[1] ?? "";
  const path = match === null ? url : (match[2] ?? "");
  return { host, path: path === "" ? "/" : path };
}

function headersOf(
  list: readonly { readonly key: string; readonly value: string }[],
): Record<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (const { key, value } of list) {
    const values = headers.get(key);
    if (values === undefined) headers.set(key, [value]);
    else values.push(value);
  }
  return Object.fromEntries(headers);
}

function baseKey(l7: FlowL7): string {
  switch (l7.kind) {
    case "dns":
      return l7.query === "" ? "" : `dns ${dnsName(l7.query)}`;
    case "http":
      return `http ${l7.method} ${l7.url}`;
    case "other":
      return "";
  }
}

/** What tells requests apart; "" for what is none. */
function keyOf(l7: FlowL7): string {
  let key = baseKey(l7);
  if (l7.kind !== "http") return key;
  for (const header of l7.headers) if (!isVolatile(header.key)) key += ` ${header.key}: ${header.value}`;
  return key;
}

const volatileNames = new Map<string, boolean>();

function isVolatile(name: string): boolean {
  const known = volatileNames.get(name);
  if (known !== undefined) return known;
  const found = VOLATILE.test(name.toLowerCase());
  if (volatileNames.size < 1000) volatileNames.set(name, found);
  return found;
}
