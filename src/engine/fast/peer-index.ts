import { masked, type Prefix, prefixKey } from "../identity/cidr.ts";
import type { Identity } from "../identity/identity.ts";
import type { LabelArray } from "../selector/labels.ts";
import type { Selector } from "../selector/selector.ts";
import { LabelIndex, labelProbes } from "./label-index.ts";
import type { SelectorRow } from "./selector-row.ts";

// Upstream: pkg/policy/selectorcache.go, asked from the identity's side.

/** Up to so many selectors are asked one by one. */
const FEW = 48;

/** The selectors of one direction's rules, to be found by whom they take. CIDRs are found by prefix. */
export class PeerIndex {
  readonly #rows: readonly SelectorRow[];
  readonly #labels: LabelIndex | null;
  /** Places of rows that no prefix finds. */
  readonly #plain: readonly number[];
  readonly #byPrefix = new Map<string, number[]>();
  readonly #bits: Readonly<Record<4 | 6, Set<number>>> = { 4: new Set(), 6: new Set() };
  readonly #ofAggregate = new Map<LabelArray, readonly number[]>();
  readonly #takesAggregate: (selector: Selector, labels: LabelArray) => boolean;

  constructor(rows: readonly SelectorRow[], takesAggregate: (selector: Selector, labels: LabelArray) => boolean) {
    this.#rows = rows;
    this.#takesAggregate = takesAggregate;
    const plain: number[] = [];
    for (const [place, row] of rows.entries()) {
      const prefix = requiredPrefix(row.selector);
      if (prefix === null) plain.push(place);
      else this.#addPrefix(prefix, place);
    }
    this.#plain = plain;
    this.#labels = plain.length <= FEW ? null : new LabelIndex(plain.flatMap((place) => this.#rows[place] ?? []));
  }

  /** Places of the rows that take the peer itself. Equal for peers of which nothing here tells one from another. */
  taking(peer: Identity): readonly number[] {
    const found: number[] = [];
    for (const place of this.#candidates(peer.labels)) if (this.#takes(place, peer)) found.push(place);
    for (const prefix of peer.labels.prefixes) {
      for (const place of this.#within(prefix)) {
        if (!found.includes(place) && this.#takes(place, peer)) found.push(place);
      }
    }
    return found;
  }

  /** Places of the rows that take what stands for all of the peer's kind. */
  takingAggregate({ aggregate }: Identity): readonly number[] {
    if (aggregate === null) return [];
    const known = this.#ofAggregate.get(aggregate);
    if (known !== undefined) return known;
    const found = [...this.#rows.keys()].filter((place) => {
      const selector = this.#rows[place]?.selector;
      return selector !== undefined && this.#takesAggregate(selector, aggregate);
    });
    this.#ofAggregate.set(aggregate, found);
    return found;
  }

  #takes(place: number, peer: Identity): boolean {
    return this.#rows[place]?.takes(peer) === true;
  }

  #candidates(labels: LabelArray): readonly number[] {
    if (this.#labels === null) return this.#plain;
    return this.#labels.candidates(labelProbes(labels)).map((index) => this.#plain[index] ?? 0);
  }

  #addPrefix(prefix: Prefix, place: number): void {
    const key = prefixKey(prefix);
    const known = this.#byPrefix.get(key);
    if (known === undefined) this.#byPrefix.set(key, [place]);
    else known.push(place);
    this.#bits[prefix.family].add(prefix.bits);
  }

  /** Rows of the prefixes that hold this one. */
  #within(inner: Prefix): readonly number[] {
    const found: number[] = [];
    for (const bits of this.#bits[inner.family]) {
      if (bits <= inner.bits) found.push(...(this.#byPrefix.get(prefixKey(masked(inner, bits))) ?? []));
    }
    return found;
  }
}

/** A prefix that an identity must lie in to be taken; null where a selector asks for none. */
function requiredPrefix(selector: Selector): Prefix | null {
  if (selector.kind === "fqdn") return null;
  return (
    selector.requirements.find((item) => item.operator === "Exists" && item.key.prefix !== null)?.key.prefix ?? null
  );
}
