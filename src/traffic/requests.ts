import type { L7Request } from "#model/conversation.ts";
import type { Flow, FlowL7 } from "#model/flow.ts";

/** A request with the verdicts its events had. Plain data. */
export type RequestRecord = {
  readonly key: string;
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
    const request = requestOf(l7);
    if (request === null) return undefined;
    const record = this.recordOf(request, time, node);
    if (record !== null) this.known.set(l7, record);
    return record;
  }

  private recordOf(request: L7Request, time: number, node: string): RequestRecord | null {
    const key = keyOf(request);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const base = baseKey(request);
    const variants = this.variants.get(base) ?? 0;
    if (this.byKey.size >= MAX_REQUESTS || variants >= MAX_VARIANTS || this.budget.left <= 0) return null;
    this.budget.left--;
    this.variants.set(base, variants + 1);
    const record = { key, request, count: 0, verdicts: {}, firstTime: time, node };
    this.byKey.set(key, record);
    return record;
  }

  merge(records: Iterable<RequestRecord>, dropped: number): void {
    this.dropped += dropped;
    for (const record of records) {
      const own = this.recordOf(record.request, record.firstTime, record.node);
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

function baseKey(request: L7Request): string {
  switch (request.kind) {
    case "dns":
      return `dns ${request.name}`;
    case "http":
      return `http ${request.method} ${request.host} ${request.path}`;
    case "tls":
      return `tls ${request.serverName}`;
  }
}

function keyOf(request: L7Request): string {
  if (request.kind !== "http") return baseKey(request);
  let key = baseKey(request);
  for (const name of Object.keys(request.headers)) {
    if (!isVolatile(name)) key += ` ${name}: ${request.headers[name]?.join(", ") ?? ""}`;
  }
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
