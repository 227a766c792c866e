import type { Identity } from "../identity/identity.ts";
import { type CidrReach, type Requirement, type Selector, selects } from "../selector/selector.ts";

/** Identities of a higher number are asked anew each time. */
export const NUMBERS_MAX = 2 ** 18;

/** Which identities one selector takes: two bits an identity, filled in when first asked. */
export class SelectorRow {
  readonly selector: Selector;
  /** For each requirement that names values: `key=value` texts of which an identity must have one (labelProbes). */
  readonly asked: readonly (readonly string[])[];
  readonly #reach: CidrReach;
  #known = new Uint32Array(0);
  #taken = new Uint32Array(0);

  constructor(selector: Selector, reach: CidrReach) {
    this.selector = selector;
    this.asked = selector.kind === "labels" ? selector.requirements.filter(namesValues).map(probesOf) : [];
    this.#reach = reach;
  }

  /** True when it takes an interned identity. */
  takes(identity: Identity): boolean {
    const { number } = identity;
    const word = number >>> 5;
    const bit = 1 << (number & 31);
    if (((this.#known[word] ?? 0) & bit) !== 0) return ((this.#taken[word] ?? 0) & bit) !== 0;
    const taken = selects(this.selector, identity.labels, this.#reach);
    if (number < 0 || number >= NUMBERS_MAX) return taken;
    if (word >= this.#known.length) this.#grow(word);
    this.#known[word] = (this.#known[word] ?? 0) | bit;
    if (taken) this.#taken[word] = (this.#taken[word] ?? 0) | bit;
    return taken;
  }

  #grow(word: number): void {
    const length = Math.max(8, this.#known.length * 2, word + 1);
    const known = new Uint32Array(length);
    known.set(this.#known);
    this.#known = known;
    const taken = new Uint32Array(length);
    taken.set(this.#taken);
    this.#taken = taken;
  }
}

function namesValues(item: Requirement): boolean {
  return item.operator === "In" && item.key.prefix === null;
}

function probesOf({ key, values }: Requirement): readonly string[] {
  return [...values].map((value) => `${key.key}=${value}`);
}
