import type { L7Request, SeenRequest } from "#model/conversation.ts";

/** Requests of one conversation that become connections of a test; DNS names are short and more of them matter. */
const MAX_HTTP = 6;
const MAX_DNS = 20;

/** The requests to write, and how many alike or beyond the bound were left out. */
export type ChosenRequests = { readonly requests: readonly L7Request[]; readonly dropped: number };

/**
 * The most frequent requests that differ in more than a number or an id of their path, in a stable order. Headers that no
 * policy names are left out: they decide nothing, and may be secret. `policyText` is what policies say, in lower case.
 */
export function chooseRequests(seen: readonly SeenRequest[], policyText: string): ChosenRequests {
  const kinds = new Map<string, SeenRequest>();
  for (const one of [...seen].sort(byFrequency)) {
    const key = kindOf(one.request);
    if (!kinds.has(key)) kinds.set(key, one);
  }
  const all = [...kinds.values()].map((one) => bare(one.request, policyText));
  const http = all.filter((request) => request.kind !== "dns");
  const dns = all.filter((request) => request.kind === "dns");
  const requests = [...http.slice(0, MAX_HTTP), ...dns.slice(0, MAX_DNS)];
  return { requests: requests.sort((a, b) => (kindOf(a) < kindOf(b) ? -1 : 1)), dropped: all.length - requests.length };
}

function byFrequency(a: SeenRequest, b: SeenRequest): number {
  return b.count - a.count || (kindOf(a.request) < kindOf(b.request) ? -1 : 1);
}

/** Requests of one kind differ in numbers and ids alone. */
function kindOf(request: L7Request): string {
  switch (request.kind) {
    case "dns":
      return `dns ${request.name.replace(/\.$/, "").toLowerCase()}`;
    case "tls":
      return `tls ${request.serverName}`;
    case "http":
      return `http ${request.method} ${request.host} ${withoutIds(request.path)}`;
  }
}

/** `/items/17/parts?x=1` → `/items/*` + `/parts`. */
function withoutIds(path: string): string {
  return path
    .replace(/[?#].*$/, "")
    .split("/")
    .map((part) => (/^(?:\d+|[0-9a-f]{8,}(?:-[0-9a-f]+)*)$/i.test(part) ? "*" : part))
    .join("/");
}

function bare(request: L7Request, policyText: string): L7Request {
  if (request.kind === "dns") return { ...request, name: request.name.replace(/\.$/, "") };
  if (request.kind !== "http") return request;
  const named = Object.entries(request.headers).filter(([name]) => policyText.includes(name.toLowerCase()));
  return { ...request, headers: Object.fromEntries(named) };
}
