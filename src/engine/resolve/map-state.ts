import {
  allowPrecedence,
  isDeny,
  isEquivalent,
  joinEntries,
  type MapEntry,
  type Precedence,
  withAuthOf,
} from "./map-entry.ts";
import { insertWithPasses } from "./map-state-passes.ts";

// Upstream: pkg/policy/mapstate.go. Differs: instead of the whole map, only the entries that cover one packet are kept:
// those of the peer's identity and of what stands for it (wildcard or aggregate), by port prefix. Entries only ever act
// on others that cover the same packet, so the answer is that of the whole map.

/** Whose entry: the peer's identity, or the aggregate that stands for it (the wildcard, where it has none). */
export type Holder = "identity" | "aggregate";

/**
 * A key of the map: whose, and how many bits of direction, protocol and port it fixes: 1 every protocol, 9 one protocol,
 * 9 + n with n port bits. Upstream: types.Key, LPMKey.PrefixLength.
 */
export type Key = { readonly holder: Holder; readonly length: number };

export const EVERY_PROTOCOL_LENGTH = 1;
export const PROTOCOL_LENGTH = 9;

/** Which kinds of rules the policy holds, so that work is skipped, as upstream does. Upstream: policyFeatures. */
export type Features = {
  readonly denies: boolean;
  readonly redirects: boolean;
  readonly ordered: boolean;
  readonly auth: boolean;
  readonly passes: boolean;
};

/** The entries that cover one packet, by key. */
export class MapState {
  readonly #entries = new Map<string, { readonly key: Key; entry: MapEntry }>();
  readonly features: Features;
  /** 1.20: equal entries of identity and aggregate are one. */
  readonly aggregates: boolean;

  constructor(features: Features, aggregates: boolean) {
    this.features = features;
    this.aggregates = aggregates;
  }

  /** Inserts an entry where no stronger one covers it. Upstream: insertWithChanges. */
  insert(key: Key, entry: MapEntry, tierMax: Precedence): void {
    if (this.aggregates && this.#aggregateIsEquivalent(key, entry)) return;
    if (this.features.passes) insertWithPasses(this, key, entry, tierMax);
    else if (isDeny(entry)) this.#insertDeny(key, entry);
    else if (this.features.auth) this.#insertWithAuth(key, entry);
    else this.#insertAllow(key, entry);
  }

  get(key: Key): MapEntry | undefined {
    return this.#entries.get(keyText(key))?.entry;
  }

  /** Adds to what is under the key, or puts it there. */
  add(key: Key, entry: MapEntry): void {
    const old = this.get(key);
    this.set(key, old === undefined ? entry : joinEntries(old, entry));
  }

  set(key: Key, entry: MapEntry): void {
    this.#entries.set(keyText(key), { key, entry });
  }

  delete(key: Key): void {
    this.#entries.delete(keyText(key));
  }

  /** Every entry, broadest first, the aggregate's before the identity's. */
  all(): readonly { readonly key: Key; readonly entry: MapEntry }[] {
    return [...this.#entries.values()].sort(
      (a, b) => a.key.length - b.key.length || (a.key.holder === "aggregate" ? -1 : 1),
    );
  }

  #insertDeny(key: Key, entry: MapEntry): void {
    const isStronger = (k: Key, v: MapEntry) =>
      v.precedence > entry.precedence || (v.precedence === entry.precedence && !sameKey(k, key));
    if (this.covering(key).some(({ key: k, entry: v }) => v.valid && isStronger(k, v))) return;
    for (const { key: k, entry: v } of this.covered(key)) {
      if (v.precedence < entry.precedence || (v.precedence === entry.precedence && !sameKey(k, key))) this.delete(k);
    }
    this.#pruneAggregated(key, entry);
    this.add(key, entry);
  }

  #insertAllow(key: Key, entry: MapEntry): void {
    const { denies, redirects, ordered } = this.features;
    if (denies || redirects || ordered) {
      if (this.covering(key).some(({ entry: v }) => v.valid && v.precedence > entry.precedence)) return;
      for (const { key: k, entry: v } of this.covered(key)) if (v.precedence < entry.precedence) this.delete(k);
    }
    this.#pruneAggregated(key, entry);
    this.add(key, entry);
  }

  /** Upstream: authPreferredInsert, which looks only at keys of the same identity. */
  #insertWithAuth(key: Key, entry: MapEntry): void {
    const added = this.#withCoveringAuth(key, entry);
    if (added !== null) {
      this.#passAuthOn(key, added, entry.auth.explicit);
      this.add(key, added);
    }
    this.#pruneAggregated(key, entry);
  }

  /** The entry with the authentication of the narrowest covering key; null when a stronger one covers it. */
  #withCoveringAuth(key: Key, entry: MapEntry): MapEntry | null {
    let added = entry;
    let derived = false;
    for (const { key: k, entry: v } of this.#ofHolder(key, (length) => length <= key.length).reverse()) {
      if (v.precedence > added.precedence) {
        if (isDeny(v) || !entry.auth.explicit) return null;
        return { ...added, proxy: v.proxy, precedence: v.precedence };
      }
      const applies = k.length !== key.length && v.auth.explicit && allowPrecedence(v) >= allowPrecedence(added);
      if (!derived && !entry.auth.explicit && applies) {
        added = { ...added, auth: { type: v.auth.type, explicit: false } };
        derived = true;
      }
    }
    return added;
  }

  #passAuthOn(key: Key, added: MapEntry, explicit: boolean): void {
    let propagated = false;
    for (const { key: k, entry: v } of this.#ofHolder(key, (length) => length >= key.length)) {
      let kept = v;
      if (v.precedence < added.precedence) {
        if (!v.auth.explicit) {
          this.delete(k);
          continue;
        }
        kept = { ...v, proxy: added.proxy, precedence: added.precedence };
        this.set(k, kept);
      }
      if (propagated || !explicit || k.length === key.length) continue;
      if (isDeny(kept) || kept.auth.explicit) propagated = true;
      else this.set(k, { ...kept, auth: { type: added.auth.type, explicit: false } });
    }
  }

  #ofHolder(key: Key, wanted: (length: number) => boolean) {
    return this.all().filter(({ key: k }) => k.holder === key.holder && wanted(k.length));
  }

  /** Keys as broad or broader that stand for this one. Upstream: CoveringBroaderOrEqualKeys. */
  covering(key: Key) {
    return this.all().filter(
      ({ key: k }) => k.length <= key.length && (k.holder === "aggregate" || key.holder === "identity"),
    );
  }

  /** Keys as narrow or narrower that this one stands for. Upstream: CoveredNarrowerOrEqualKeys. */
  covered(key: Key) {
    return this.all().filter(
      ({ key: k }) => k.length >= key.length && (key.holder === "aggregate" || k.holder === "identity"),
    );
  }

  #aggregateIsEquivalent(key: Key, entry: MapEntry): boolean {
    if (key.holder === "aggregate") return false;
    const aggregate = this.get({ holder: "aggregate", length: key.length });
    return aggregate !== undefined && isEquivalent(aggregate, entry);
  }

  #pruneAggregated(key: Key, entry: MapEntry): void {
    if (!this.aggregates || key.holder !== "aggregate") return;
    const own: Key = { holder: "identity", length: key.length };
    const found = this.get(own);
    if (found !== undefined && isEquivalent(found, entry)) this.delete(own);
  }
}

function keyText(key: Key): string {
  return `${key.holder} ${key.length}`;
}

export function sameKey(a: Key, b: Key): boolean {
  return a.holder === b.holder && a.length === b.length;
}

/**
 * The entry that answers the packet; null when none covers it. Upstream: mapState.lookup.
 * `aggregateWinsLongerPort`: among equal allows 1.20 answers with the aggregate's entry where the identity's is narrower.
 */
export function lookup(state: MapState, aggregateWinsLongerPort: boolean): MapEntry | null {
  const narrowest = [...state.all()].reverse().filter(({ entry }) => entry.valid);
  const own = narrowest.find(({ key }) => key.holder === "identity");
  const aggregate = narrowest.find(({ key }) => key.holder === "aggregate");
  if (own === undefined || aggregate === undefined) return (own ?? aggregate)?.entry ?? null;
  if (own.entry.precedence !== aggregate.entry.precedence) {
    return own.entry.precedence > aggregate.entry.precedence ? own.entry : aggregate.entry;
  }
  if (isDeny(own.entry)) return own.entry;
  const takesAggregate = aggregateWinsLongerPort
    ? own.key.length > aggregate.key.length
    : aggregate.key.length > own.key.length;
  return takesAggregate ? withAuthOf(aggregate.entry, own.entry) : withAuthOf(own.entry, aggregate.entry);
}
