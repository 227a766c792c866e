import type { LabelArray } from "../labels.ts";
import type { Requirement, Selector } from "../selector.ts";

/** The labels of an identity as the index looks for them: `key=value`, whatever the source. */
export function labelProbes(labels: LabelArray): readonly string[] {
  return [...labels.byKey.values()].map((label) => `${label.key}=${label.value}`);
}

/**
 * Finds, among many selectors, those that may take an identity: each stands under the values of that requirement which
 * the fewest others share. What is found must still be asked; what is not found surely does not take it.
 */
export class LabelIndex {
  readonly #places = new Map<string, number[]>();
  /** Selectors that ask for no value of a label: they may take anybody. */
  readonly #others: number[] = [];

  constructor(selectors: readonly Selector[]) {
    const counts = new Map<string, number>();
    const asked = selectors.map(valuesAsked);
    for (const text of asked.flat(2)) counts.set(text, (counts.get(text) ?? 0) + 1);
    for (const [place, requirements] of asked.entries()) this.#add(place, rarest(requirements, counts));
  }

  /** Places of the selectors that may take an identity with these probes, each once, in order. */
  candidates(probes: readonly string[]): readonly number[] {
    const found = new Set(this.#others);
    for (const probe of probes) for (const place of this.#places.get(probe) ?? []) found.add(place);
    return [...found].sort((a, b) => a - b);
  }

  #add(place: number, values: readonly string[] | undefined): void {
    if (values === undefined) this.#others.push(place);
    for (const value of values ?? []) {
      const known = this.#places.get(value);
      if (known === undefined) this.#places.set(value, [place]);
      else known.push(place);
    }
  }
}

/** For each requirement that names values, the probes of which an identity must hold one. */
function valuesAsked(selector: Selector): readonly (readonly string[])[] {
  if (selector.kind !== "labels") return [];
  return selector.requirements.filter(namesValues).map((item) => probesOf(item));
}

function namesValues(item: Requirement): boolean {
  return item.operator === "In" && item.key.prefix === null;
}

function probesOf({ key, values }: Requirement): readonly string[] {
  return [...values].map((value) => `${key.key}=${value}`);
}

function rarest(
  requirements: readonly (readonly string[])[],
  counts: ReadonlyMap<string, number>,
): readonly string[] | undefined {
  let best: readonly string[] | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const probes of requirements) {
    const count = probes.reduce((sum, probe) => sum + (counts.get(probe) ?? 0), 0);
    if (count < fewest) {
      best = probes;
      fewest = count;
    }
  }
  return best;
}
