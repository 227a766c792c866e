import type { PolicyEntry } from "../rules/policy-entry.ts";
import type { ReadPolicy } from "../rules/policy-library.ts";

/** What tells one set of policies from another. */
export type PolicyChange = {
  /** Entries that only one of both has. */
  readonly entries: readonly PolicyEntry[];
  /** False when what they share stands in another order, which reasons show, or a policy is there twice. */
  readonly inOrder: boolean;
};

/** Compares two sets of policies as objects, in time that grows with their length alone. */
export function policyChange(before: readonly ReadPolicy[], after: readonly ReadPolicy[]): PolicyChange {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let left = before.length;
  let right = after.length;
  while (left > start && right > start && before[left - 1] === after[right - 1]) {
    left -= 1;
    right -= 1;
  }
  const gone = before.slice(start, left);
  const come = after.slice(start, right);
  const old = new Set(gone);
  const fresh = new Set(come);
  const kept = gone.filter((policy) => fresh.has(policy));
  const stayed = come.filter((policy) => old.has(policy));
  const isOnce = old.size === gone.length && fresh.size === come.length;
  const inOrder = isOnce && kept.every((policy, index) => stayed[index] === policy);
  const changed = [...gone.filter((policy) => !fresh.has(policy)), ...come.filter((policy) => !old.has(policy))];
  return { entries: changed.flatMap((policy) => policy.entries), inOrder };
}
