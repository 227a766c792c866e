import { isolatedDirections } from "#analysis/isolation.ts";
import type { End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { LintWorld } from "./lint-world.ts";
import { perWorld } from "./per-world.ts";

const memos = perWorld(() => new WeakMap<End, readonly Direction[]>());

/** Whether the set isolates an endpoint in a direction. Remembered: many checks ask for the same endpoints. */
export function isIsolated(world: LintWorld, end: End, direction: Direction): boolean {
  const { policyEnforcementMode } = world.config;
  if (policyEnforcementMode !== "default") return policyEnforcementMode === "always";
  const memo = memos(world);
  const known = memo.get(end) ?? isolatedDirections(world.set.engine, end);
  memo.set(end, known);
  return known.includes(direction);
}
