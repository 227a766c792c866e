import { byName } from "#analysis/proposal.ts";
import type { LintWorld } from "./lint-world.ts";

/** Something worked out once for a world, when first asked for. */
export function perWorld<T>(make: (world: LintWorld) => T): (world: LintWorld) => T {
  const made = new WeakMap<LintWorld, { readonly value: T }>();
  return (world) => {
    const known = made.get(world) ?? { value: make(world) };
    made.set(world, known);
    return known.value;
  };
}

/** The linted policies by name. */
export const lintedByName = perWorld(({ linted }) => byName(linted));
