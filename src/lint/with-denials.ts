import type { Found } from "./check.ts";
import { foundKey, sameElement } from "./element-rule.ts";
import { distinct, fromDenials } from "./from-denials.ts";
import type { LintWorld } from "./lint-world.ts";

/**
 * What the text tells of a cause, with the conversations that show it; then what only the recording shows. The same
 * rule is never told twice.
 */
export function withDenials(world: LintWorld, found: readonly Found[], cause: string): readonly Found[] {
  return joinFound(found, fromDenials(world, cause));
}

/** The same with findings of the recording made elsewhere. */
export function joinFound(found: readonly Found[], shown: readonly Found[]): readonly Found[] {
  if (shown.length === 0) return found;
  const byPolicy = new Map<string, Found[]>();
  for (const one of shown) byPolicy.set(foundKey(one), [...(byPolicy.get(foundKey(one)) ?? []), one]);
  const taken = new Set<Found>();
  const joined = found.map((one) => {
    const own = (byPolicy.get(foundKey(one)) ?? []).filter((other) => sameElement(one.path, other.path));
    for (const other of own) taken.add(other);
    return own.length === 0 ? one : withFlows(one, own);
  });
  return [...joined, ...shown.filter((one) => !taken.has(one))];
}

/** A recording proves it: it weighs what the check weighs. */
function withFlows(written: Found, shown: readonly Found[]): Found {
  const { severity: _, ...one } = written;
  const steps = one.steps ?? shown[0]?.steps ?? [];
  return {
    ...one,
    subjects: distinct([...(one.subjects ?? []), ...shown.flatMap(({ subjects = [] }) => subjects)]),
    peers: distinct([...(one.peers ?? []), ...shown.flatMap(({ peers = [] }) => peers)]),
    conversations: distinct([
      ...(one.conversations ?? []),
      ...shown.flatMap(({ conversations = [] }) => conversations),
    ]),
    steps,
  };
}
