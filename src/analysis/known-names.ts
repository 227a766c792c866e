import type { Conversation, End } from "#model/conversation.ts";
import type { NameRecord } from "#model/coverage.ts";
import type { Missing } from "#model/decision.ts";
import { endName } from "./end-name.ts";

/** When and where a source reached an address. Without flows it never did: a question about any time. */
export type Occasion = Pick<Conversation, "flows" | "firstSeen" | "lastSeen" | "nodes">;

/** What is held against each other: the source, its questions, every record of the address, and when it was reached. */
export type NameQuery = {
  readonly from: End;
  readonly asked: ReadonlySet<string>;
  readonly records: readonly NameRecord[];
  /** null: at any time. */
  readonly occasion: Occasion | null;
  /** `tofqdns-min-ttl`. */
  readonly minTtlSeconds: number;
};

/** Names that the source's own lookups gave the address, and why others do not count. */
export type OwnNames = { readonly names: readonly string[]; readonly missing: Missing | null };

/** Events of one lookup and one connection may come in any order within this time. */
const SLACK_MS = 1000;

/**
 * The names of an address that a source learned by itself before it went there, where the recording holds its DNS. An
 * answer counts from when it was seen until its TTL has passed after it was last seen; in between it counts throughout
 * (the recording keeps first and last). After the TTL Cilium keeps a name only while conntrack shows a connection, and
 * until its garbage collection ran: not certain. What others on the node look up makes it work by accident: not certain.
 * Upstream: pkg/fqdn/cache.go (DNSCache.GC, DNSZombieMappings), pkg/fqdn/namemanager/gc.go.
 */
export function ownNames(query: NameQuery): OwnNames {
  const used = query.records.map((record) => ({ record, use: useOf(record, query) }));
  const names = new Set(used.filter(({ use }) => use === "counts").map(({ record }) => record.name));
  if (names.size > 0) return { names: [...names].sort(), missing: null };
  for (const [use, text] of REASONS) {
    const found = used.find((one) => one.use === use);
    if (found !== undefined) return { names: [], missing: text(found.record) };
  }
  return { names: [], missing: null };
}

/** A pod of the end asked, or the end was seen asking for the name. */
export function isOwn(record: NameRecord, { from, asked }: Pick<NameQuery, "from" | "asked">): boolean {
  return asked.has(record.name) || (record.askedBy !== null && isPodOf(from, record.askedBy));
}

/** A pod of another workload asked for the address on a node where the source runs. */
export function neighbourOf(query: NameQuery): NameRecord | null {
  return query.records.find((record) => useOf(record, query) === "neighbour") ?? null;
}

type Use = "counts" | "expired" | "late" | "neighbour" | "elsewhere";

function useOf(record: NameRecord, query: NameQuery): Use {
  const { occasion, minTtlSeconds } = query;
  if (!isOwn(record, query)) {
    if (record.askedBy === null && record.source === "file") return "counts";
    return isSameNode(record, query) ? "neighbour" : "elsewhere";
  }
  if (record.source === "file" || occasion === null) return "counts";
  if (record.firstSeen !== null && record.firstSeen > occasion.lastSeen + SLACK_MS) return "late";
  if (record.ttlSeconds === null || record.lastSeen === null) return "counts";
  const expires = record.lastSeen + Math.max(record.ttlSeconds, minTtlSeconds) * 1000;
  return expires + SLACK_MS < occasion.firstSeen ? "expired" : "counts";
}

function isSameNode({ node }: NameRecord, { from, occasion }: NameQuery): boolean {
  if (node === null) return false;
  const nodes = from.kind === "pod" && from.nodes.length > 0 ? from.nodes : (occasion?.nodes ?? []);
  return nodes.includes(node);
}

/** An end lists at most twenty of its pods: beyond them the workload's name tells. */
function isPodOf(end: End, pod: string): boolean {
  if (end.kind !== "pod" || !pod.startsWith(`${end.namespace}/`)) return false;
  const name = pod.slice(end.namespace.length + 1);
  if (end.pods.includes(name)) return true;
  return end.podCount > end.pods.length && end.workload !== null && name.startsWith(`${end.workload.name}-`);
}

/** The nearest to counting first. */
const REASONS: readonly (readonly [Use, (record: NameRecord) => Missing])[] = [
  [
    "expired",
    ({ name, ttlSeconds }) => ({
      what: `the DNS answer for \`${name}\` had expired (TTL ${ttlSeconds} s): Cilium keeps it only while a connection lives or until its next clean-up`,
      remedy: "set tofqdns-min-ttl to how long the application keeps addresses, or let it look the name up again",
    }),
  ],
  [
    "late",
    ({ name }) => ({
      what: `no DNS answer seen before it: \`${name}\` was looked up only afterwards`,
      remedy: "record from before the application starts, or give the name with --names FILE",
    }),
  ],
  [
    "neighbour",
    ({ name, askedBy }) => ({
      what: `no DNS answer seen of its own: it works only while ${askedBy ?? "another pod"} on its node looks \`${name}\` up (flaky)`,
      remedy: "record until it looks the name up itself, or give the name with --names FILE",
    }),
  ],
];

/** What would decide an address that nothing names, said to the one who can: which names to look at first. */
export function unnamed(from: End, address: string, candidates: readonly string[]): Missing {
  const what = "no DNS answer seen";
  if (candidates.length === 0) {
    return {
      what,
      remedy: `give the name of ${address} with --names FILE (dig -x ${address} +short may tell it), or record DNS answers: rules.dns for ${endName(from)}, then hubble observe -f -t l7 --protocol dns -o jsonpb`,
    };
  }
  const shown = candidates.slice(0, 3);
  const more = candidates.length > shown.length ? ` and ${candidates.length - shown.length} more` : "";
  return {
    what,
    remedy: `${endName(from)} asks for ${shown.join(", ")}${more}: see which has ${address} (dig +short ${shown.join(" ")}), and give it with --names FILE`,
  };
}
