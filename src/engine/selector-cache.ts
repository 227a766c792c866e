import type { Identity } from "./identity.ts";
import type { LabelArray } from "./labels.ts";
import { type CidrReach, type Selector, selects } from "./selector.ts";

// Upstream: pkg/policy/selectorcache.go. Differs: asked by pairs, and remembered, instead of kept for all identities.

/** More identities than any cluster has at a time; beyond it everything remembered is dropped once. */
const IDENTITIES_MAX = 200_000;

/** Remembers which identities each selector takes. Selectors and identities are compared as objects: intern them. */
export class SelectorCache {
  readonly reach: CidrReach;
  readonly #peers = new Map<string, Selector>();
  readonly #subjects = new Map<string, Selector>();
  readonly #identities = new Map<string, Identity>();
  readonly #selections = new Map<Selector, Map<LabelArray, boolean>>();
  #nextNumber = 0;
  /** Grows when everything was dropped; numbers are never given twice. */
  epoch = 0;

  constructor(reach: CidrReach) {
    this.reach = reach;
  }

  /** The one selector of a key among peers: of two that share one, the first stands for both. */
  peer(selector: Selector): Selector {
    return interned(selector, this.#peers);
  }

  /** The one selector of a key among subjects, which have a cache of their own. */
  subject(selector: Selector): Selector {
    return interned(selector, this.#subjects);
  }

  /** The one identity of a key, with a number of its own. */
  identity(identity: Identity): Identity {
    const known = this.#identities.get(identity.key);
    if (known !== undefined) return known;
    if (this.#identities.size >= IDENTITIES_MAX) this.#reset();
    const aggregate = identity.aggregate === null ? null : this.#aggregate(identity.aggregate);
    const interned = { ...identity, aggregate, number: this.#nextNumber };
    this.#nextNumber += 1;
    this.#identities.set(identity.key, interned);
    return interned;
  }

  selects(selector: Selector, labels: LabelArray): boolean {
    let selections = this.#selections.get(selector);
    if (selections === undefined) {
      selections = new Map();
      this.#selections.set(selector, selections);
    }
    const known = selections.get(labels);
    if (known !== undefined) return known;
    const answer = selects(selector, labels, this.reach);
    selections.set(labels, answer);
    return answer;
  }

  readonly #aggregates = new Map<string, LabelArray>();

  #aggregate(labels: LabelArray): LabelArray {
    const known = this.#aggregates.get(labels.key) ?? labels;
    this.#aggregates.set(labels.key, known);
    return known;
  }

  #reset(): void {
    this.#identities.clear();
    this.#selections.clear();
    this.epoch += 1;
  }
}

function interned(selector: Selector, all: Map<string, Selector>): Selector {
  const known = all.get(selector.key);
  if (known !== undefined) return known;
  all.set(selector.key, selector);
  return selector;
}
