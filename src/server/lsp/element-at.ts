import type { PolicyObject } from "#model/policy.ts";

/** An element of a policy under the cursor: the one that begins nearest before it. */
export type ElementAt = { readonly policy: PolicyObject; readonly path: string };

/** The element at a position, line and column from 1; null outside every policy. */
export function elementAt(policies: readonly PolicyObject[], line: number, column: number): ElementAt | null {
  let best: (ElementAt & { readonly at: readonly [number, number] }) | null = null;
  for (const policy of policies) {
    for (const [path, at] of Object.entries(policy.places)) {
      const isBefore = at[0] < line || (at[0] === line && at[1] <= column);
      if (!isBefore) continue;
      if (best === null || at[0] > best.at[0] || (at[0] === best.at[0] && at[1] >= best.at[1])) {
        best = { policy, path, at };
      }
    }
  }
  return best === null ? null : { policy: best.policy, path: best.path };
}
