import type { L7Request } from "#model/conversation.ts";
import { UserError } from "#model/finding.ts";
import { dnsName, splitUrl } from "#traffic/requests.ts";

/** The request of a question as typed: `GET /path`, `/path`, `POST https://host/path`, headers as `Name: value`. */
export type TypedRequest = {
  readonly http: string | null;
  readonly host: string | null;
  readonly headers: readonly string[];
  readonly dns: string | null;
};

/** Reads it; null when none was typed. `name` is what TO was called, the host where none is given. */
export function readRequest({ http, host, headers, dns }: TypedRequest, name: string | null): L7Request | null {
  if (http !== null && dns !== null) {
    throw new UserError("bad-arguments", "--http cannot be combined with --dns", { help: "ask twice" });
  }
  if (dns !== null) return { kind: "dns", name: dnsName(dns) };
  if (http === null) {
    const stray = host !== null ? "--host" : headers.length > 0 ? "--header" : null;
    if (stray === null) return null;
    throw new UserError("bad-arguments", `${stray} needs a request`, { help: "add one, as in --http 'GET /'" });
  }
  const words = http.trim().split(/\s+/);
  const [method, target] = words.length === 1 ? ["GET", words[0]] : words;
  if (words.length > 2 || target === undefined || !/^(?:\/|[a-z]+:\/\/)/i.test(target)) {
    throw new UserError("bad-request", `--http ${http}: no request`, {
      help: "write METHOD /path, as in --http 'GET /api'",
    });
  }
  const url = splitUrl(target);
  const own = url.host === "" ? (name ?? "") : url.host;
  return {
    kind: "http",
    method: (method ?? "GET").toUpperCase(),
    path: url.path,
    host: host ?? own,
    headers: readHeaders(headers),
  };
}

function readHeaders(texts: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, string[]> = {};
  for (const text of texts) {
    const colon = text.indexOf(":");
    if (colon <= 0) throw new UserError("bad-header", `--header ${text}: no header`, { help: "write 'Name: value'" });
    const name = text.slice(0, colon).trim();
    found[name] = [...(found[name] ?? []), text.slice(colon + 1).trim()];
  }
  return found;
}
