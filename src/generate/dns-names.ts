import type { Conversation } from "#model/conversation.ts";

/** Names of one domain from which on its pattern says them all. */
const MANY = 10;
/** Patterns of one DNS rule; beyond them every name may be asked. */
const MAX_PATTERNS = 60;

const EVERY_NAME: readonly string[] = ["*"];

/**
 * The names that DNS rules let a source ask: those that it asked, search suffixes included, as they went over the wire;
 * many of one domain as a pattern. `*` where its questions were not recorded. Upstream: pkg/fqdn/matchpattern; `*` takes
 * no dot, so a pattern holds one `*` for each label.
 */
export function dnsPatterns(conversations: readonly Conversation[], needed: readonly string[]): readonly string[] {
  const asked = new Set<string>();
  let isCut = false;
  for (const { requests, requestsDropped } of conversations) {
    if (requestsDropped > 0) isCut = true;
    for (const { request } of requests) if (request.kind === "dns") asked.add(request.name);
  }
  if (asked.size === 0 || isCut) return EVERY_NAME;
  for (const name of needed) asked.add(name);
  const patterns = collapsed([...asked].sort());
  return patterns.length > MAX_PATTERNS ? EVERY_NAME : patterns;
}

/** Many names that differ in their first label alone become one pattern. */
function collapsed(names: readonly string[]): readonly string[] {
  const domains = new Map<string, string[]>();
  for (const name of names) {
    const domain = name.slice(name.indexOf(".") + 1);
    const list = domains.get(domain) ?? [];
    list.push(name);
    domains.set(domain, list);
  }
  const found = [...domains].flatMap(([domain, own]) =>
    own.length >= MANY && domain.includes(".") ? [`*.${domain}`] : own,
  );
  return [...new Set(found)].sort();
}
