import type { Identity } from "../identity/identity.ts";
import type { LabelArray } from "./labels.ts";
import { type CidrReach, isWildcard, type Requirement, type Selector, selects } from "./selector.ts";

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

  /**
   * Two selectors that differ have shared a key: which of them stands for both hangs on the order of reading, so what was
   * read for one set of policies does not hold for another.
   */
  isAmbiguous = false;

  /** The one selector of a key among peers: of two that share one, the first stands for both. */
  peer(selector: Selector): Selector {
    return this.#interned(selector, this.#peers);
  }

  /** The one selector of a key among subjects, which have a cache of their own. */
  subject(selector: Selector): Selector {
    return this.#interned(selector, this.#subjects);
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

  #interned(selector: Selector, all: Map<string, Selector>): Selector {
    // An empty cidrGroupSelector shares the wildcard's key: which of them counts is told for each subject.
    const key = selector.kind === "cidr" && isWildcard(selector) ? `cidr ${selector.key}` : selector.key;
    const known = all.get(key);
    if (known === undefined) {
      all.set(key, selector);
      return selector;
    }
    this.isAmbiguous ||= !isAlike(known, selector);
    return known;
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

/** True for two selectors of one key that select alike. */
function isAlike(a: Selector, b: Selector): boolean {
  if (a.kind === "fqdn" || b.kind === "fqdn") return a.kind === b.kind;
  if (a.kind !== b.kind || a.requirements.length !== b.requirements.length) return false;
  // All of them must hold, so their order (that of the labels as they are written) does not matter.
  const isIn = (item: Requirement, all: readonly Requirement[]) => all.some((other) => sameRequirement(item, other));
  return (
    a.requirements.every((item) => isIn(item, b.requirements)) &&
    b.requirements.every((item) => isIn(item, a.requirements))
  );
}

function sameRequirement(a: Requirement, b: Requirement): boolean {
  if (a.operator !== b.operator || a.key.key !== b.key.key || a.key.source !== b.key.source) return false;
  return a.values.size === b.values.size && [...a.values].every((value) => b.values.has(value));
}
