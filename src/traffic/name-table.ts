import type { NameRecord } from "#model/coverage.ts";
import type { FlowEndpoint, FlowL7 } from "#model/flow.ts";
import { dnsName } from "./requests.ts";

/** Who came to know a name, and how. */
export type NameKey = {
  readonly name: string;
  readonly source: "dns" | "destination-names";
  readonly node: string;
  /** `namespace/pod`, "" when not known. */
  readonly askedBy: string;
};

type Answer = { first: number; last: number; ttlSeconds: number | null };

/** Plain data of a name table. */
export type NameState = readonly { readonly key: NameKey; readonly answers: ReadonlyMap<string, Answer> }[];

const MAX_KEYS = 50_000;
/** Of one name: as many as Cilium keeps by default (`tofqdns-endpoint-max-ip-per-hostname`). */
const MAX_ADDRESSES = 1000;
const MAX_ALL_ADDRESSES = 500_000;

/**
 * The DNS timeline: which address answered to which name, who asked, on which node, from when to when. Answers seen by
 * the DNS proxy and `destination_names` are two different facts (trap 37): learning an identity is the node's matter,
 * `destination_names` come from the source endpoint's own lookups. Names are those really asked, search suffixes included.
 */
export class NameTable {
  /** Names, and addresses of names, that no room was left for. */
  dropped = 0;
  private readonly answers = new WeakMap<FlowL7, WeakMap<FlowEndpoint, readonly Answer[]>>();
  private addresses = 0;
  private readonly byKey = new Map<string, { readonly key: NameKey; readonly answers: Map<string, Answer> }>();

  note(
    key: NameKey,
    addresses: readonly string[],
    at: { readonly time: number; readonly ttlSeconds: number | null },
  ): void {
    if (addresses.length === 0) return;
    const answers = this.answersOf({ ...key, name: dnsName(key.name) });
    if (answers === null) {
      this.dropped++;
      return;
    }
    for (const address of addresses)
      this.noteAddress(answers, address, { first: at.time, last: at.time, ttlSeconds: at.ttlSeconds });
  }

  /**
   * An answer that the DNS proxy saw. Only a good one (NOERROR) with addresses teaches, and only the name in the question:
   * never the CNAMEs on the way (upstream: pkg/fqdn/messagehandler UpdateOnDNSMsg, all minors). The reader gives the same
   * object for the same bytes: its addresses are found at once.
   */
  noteAnswer(l7: Extract<FlowL7, { kind: "dns" }>, asker: FlowEndpoint | null, key: () => NameKey, time: number): void {
    if (l7.addresses.length === 0 || l7.rcode !== 0) return;
    const known = asker === null ? undefined : this.answers.get(l7)?.get(asker);
    if (known !== undefined) {
      for (const answer of known) noteTimes(answer, time, l7.ttlSeconds);
      return;
    }
    const own = key();
    this.note(own, l7.addresses, { time, ttlSeconds: l7.ttlSeconds });
    if (asker === null) return;
    const answers = this.answersOf({ ...own, name: dnsName(own.name) });
    const found = l7.addresses.flatMap((address) => answers?.get(address) ?? []);
    const byAsker = this.answers.get(l7) ?? new WeakMap<FlowEndpoint, readonly Answer[]>();
    byAsker.set(asker, found);
    this.answers.set(l7, byAsker);
  }

  private answersOf(key: NameKey): Map<string, Answer> | null {
    const text = `${key.source} ${key.name} ${key.node} ${key.askedBy}`;
    const known = this.byKey.get(text);
    if (known !== undefined) return known.answers;
    if (this.byKey.size >= MAX_KEYS) return null;
    const answers = new Map<string, Answer>();
    this.byKey.set(text, { key, answers });
    return answers;
  }

  merge(state: NameState, dropped: number): void {
    this.dropped += dropped;
    for (const { key, answers } of state) {
      const own = this.answersOf(key);
      if (own === null) this.dropped++;
      else for (const [address, answer] of answers) this.noteAddress(own, address, answer);
    }
  }

  private noteAddress(answers: Map<string, Answer>, address: string, answer: Answer): void {
    const known = answers.get(address);
    if (known === undefined) {
      if (answers.size >= MAX_ADDRESSES || this.addresses >= MAX_ALL_ADDRESSES) this.dropped++;
      else {
        answers.set(address, { ...answer });
        this.addresses++;
      }
      return;
    }
    if (answer.first < known.first) known.first = answer.first;
    noteTimes(known, answer.last, answer.ttlSeconds);
  }

  state(): NameState {
    return [...this.byKey.values()];
  }

  /** One record for addresses that were known from and to the same time. */
  records(): readonly NameRecord[] {
    const records = [...this.byKey.values()].flatMap(({ key, answers }) => recordsOf(key, answers));
    return records.sort(compareRecords);
  }
}

function noteTimes(answer: Answer, time: number, ttlSeconds: number | null): void {
  if (time < answer.first) answer.first = time;
  if (time < answer.last) return;
  answer.last = time;
  answer.ttlSeconds = ttlSeconds ?? answer.ttlSeconds;
}

function recordsOf(key: NameKey, answers: ReadonlyMap<string, Answer>): readonly NameRecord[] {
  const together = new Map<string, { readonly answer: Answer; readonly addresses: string[] }>();
  for (const [address, answer] of answers) {
    const times = `${answer.first} ${answer.last} ${answer.ttlSeconds}`;
    const group = together.get(times);
    if (group === undefined) together.set(times, { answer, addresses: [address] });
    else group.addresses.push(address);
  }
  return [...together.values()].map(({ answer, addresses }) => ({
    name: key.name,
    addresses: addresses.sort(),
    source: key.source,
    node: key.node === "" ? null : key.node,
    askedBy: key.askedBy === "" ? null : key.askedBy,
    firstSeen: answer.first,
    lastSeen: answer.last,
    ttlSeconds: answer.ttlSeconds,
  }));
}

function compareRecords(a: NameRecord, b: NameRecord): number {
  return (
    compare(a.name, b.name) ||
    compare(a.source, b.source) ||
    compare(a.node ?? "", b.node ?? "") ||
    compare(a.askedBy ?? "", b.askedBy ?? "") ||
    (a.firstSeen ?? 0) - (b.firstSeen ?? 0)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
