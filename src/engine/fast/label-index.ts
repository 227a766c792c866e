import type { LabelArray } from "../selector/labels.ts";
import type { SelectorRow } from "./selector-row.ts";

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

  constructor(rows: readonly SelectorRow[]) {
    const counts = new Map<string, number>();
    for (const row of rows) {
      for (const probes of row.asked) for (const text of probes) counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    for (let place = 0; place < rows.length; place += 1) this.#add(place, rarest(rows[place]?.asked ?? [], counts));
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

function rarest(
  requirements: readonly (readonly string[])[],
  counts: ReadonlyMap<string, number>,
): readonly string[] | undefined {
  let best: readonly string[] | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const probes of requirements) {
    let count = 0;
    for (const probe of probes) count += counts.get(probe) ?? 0;
    if (count < fewest) {
      best = probes;
      fewest = count;
    }
  }
  return best;
}
