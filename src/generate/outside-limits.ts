import { type Need, type Peer, peerKey, portKey } from "./draft.ts";
import type { Stage } from "./stage.ts";

/** Addresses of one port from which on the whole world is allowed on it: more of them say nothing to a reader. */
const MAX_ADDRESSES = 20;
/** Names of one workload from which on those of one domain become a pattern. */
const MAX_NAMES = 40;
const MANY_OF_DOMAIN = 5;

export type Asked = { readonly peer: Peer; readonly need: Need };
/** `note`: what was widened, in the place of the need's own notes; null: nothing. */
export type Narrowed = Asked & { readonly note: string | null };

/** Bounds what a rule lists of the outside: many addresses become the world, many names of a domain its pattern. */
export function narrowOutside(asked: readonly Asked[], { options }: Stage): readonly Narrowed[] {
  const addresses = new Map<string, Set<string>>();
  const names = new Set<string>();
  for (const { peer, need } of asked) {
    if (peer.kind === "cidr") addTo(addresses, portKey(need.port), peerKey(peer));
    if (peer.kind === "name") names.add(peer.name);
  }
  const patterns = names.size > MAX_NAMES ? domainPatterns(names) : new Map<string, string>();
  const counts = domainCounts(patterns);
  return asked.map(({ peer, need }): Narrowed => {
    const size = addresses.get(portKey(need.port))?.size ?? 0;
    if (peer.kind === "cidr" && size > MAX_ADDRESSES) {
      const world: Peer = { kind: "entity", entity: "world" };
      const help = options.kind === "knp" || need.side === "ingress" ? "" : ": names would say less";
      return { peer: world, need, note: `${size} outside addresses collapsed to the whole world on this port${help}` };
    }
    const pattern = peer.kind === "name" ? patterns.get(peer.name) : undefined;
    if (pattern === undefined) return { peer, need, note: null };
    return {
      peer: { kind: "name", name: pattern },
      need,
      note: `${counts.get(pattern)} names collapsed to ${pattern}`,
    };
  });
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key) ?? new Set<string>();
  set.add(value);
  map.set(key, set);
}

/** The pattern of each name whose domain has many. */
function domainPatterns(names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const domains = new Map<string, Set<string>>();
  for (const name of names) {
    const domain = name.slice(name.indexOf(".") + 1);
    if (domain.includes(".")) addTo(domains, domain, name);
  }
  const many = [...domains].filter(([, own]) => own.size >= MANY_OF_DOMAIN);
  return new Map(many.flatMap(([domain, own]) => [...own].map((name): [string, string] => [name, `*.${domain}`])));
}

function domainCounts(patterns: ReadonlyMap<string, string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pattern of patterns.values()) counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
  return counts;
}
