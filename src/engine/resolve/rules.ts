import type { Direction } from "#model/decision.ts";
import type { RuleRef } from "#model/policy.ts";
import type { CiliumConfig } from "#model/profile.ts";
import { hasKey, type LabelArray } from "../selector/labels.ts";
import { PLAIN_ENTRY, type PolicyEntry, type PolicyVerdict } from "../rules/policy-entry.ts";
import { HOST, type Selector, WILDCARD } from "../selector/selector.ts";
import type { Semantics } from "../semantics.ts";

// Upstream: pkg/policy/rules.go and computePolicyEnforcementAndRules in pkg/policy/repository.go.

/** The entries that hold for a subject in one direction, sorted, the agent's own among them. */
export type DirectionRules = {
  readonly enforced: boolean;
  /** True when something isolates the subject: a rule, the enforcement mode, a pod without labels. */
  readonly defaultDeny: boolean;
  readonly entries: readonly PolicyEntry[];
};

/** The agent's own rules have no policy; their element says which it is. */
export const ALLOW_LOCALHOST: RuleRef = { policy: "", element: "allow-localhost" };
export const ALLOW_ANY: RuleRef = { policy: "", element: "default-allow" };
export const DENY_ANY: RuleRef = { policy: "", element: "default-deny" };

/** True where the agent enforces nothing on an endpoint whatever the policies say. */
export function isExempt(labels: LabelArray, config: CiliumConfig, semantics: Semantics): boolean {
  return config.policyEnforcementMode === "never" || (semantics.hostLabelExempts && hasKey(labels, "host"));
}

/** Works out whether a direction is enforced, and adds the implicit rules. `matching` are the subject's entries. */
export function directionRules(
  direction: Direction,
  matching: readonly PolicyEntry[],
  labels: LabelArray,
  world: { readonly config: CiliumConfig; readonly semantics: Semantics },
): DirectionRules {
  const { config, semantics } = world;
  if (isExempt(labels, config, semantics)) return { enforced: false, defaultDeny: false, entries: [] };
  const sorted = [...matching].sort(byOrder);
  // An endpoint with a label named "init", of any source, is taken for one that has no labels yet.
  const always = config.policyEnforcementMode === "always" || hasKey(labels, "init");
  const defaultDeny = always || sorted.some((entry) => entry.defaultDeny);
  const implicit = sorted.length === 0 ? [] : implicitEntries(direction, sorted, defaultDeny, world);
  return { enforced: always || sorted.length > 0, defaultDeny, entries: [...sorted, ...implicit] };
}

function byOrder(a: PolicyEntry, b: PolicyEntry): number {
  if (a.tier !== b.tier) return a.tier - b.tier;
  if (a.priority !== b.priority) return a.priority - b.priority;
  return a.order < b.order ? -1 : 1;
}

function implicitEntries(
  direction: Direction,
  sorted: readonly PolicyEntry[],
  defaultDeny: boolean,
  { config, semantics }: { readonly config: CiliumConfig; readonly semantics: Semantics },
): readonly PolicyEntry[] {
  const tier = semantics.defaultTier ?? semantics.normalTier;
  const make = (ref: RuleRef, l3: readonly Selector[], verdict: PolicyVerdict, priority: number) =>
    implicitEntry({ ref, direction, l3, verdict, tier, priority });
  if (!defaultDeny) return [make(ALLOW_ANY, [WILDCARD], "allow", 0)];
  const localhost = direction === "ingress" && semantics.localhostIsRule && config.allowLocalhost === "always";
  const entries = localhost ? [make(ALLOW_LOCALHOST, [HOST], "allow", 0)] : [];
  // Only with a pass does the default deny have to be written down: what is passed must end somewhere.
  const passes = sorted.some((entry) => entry.verdict === "pass");
  return passes ? [...entries, make(DENY_ANY, [WILDCARD], "deny", entries.length)] : entries;
}

function implicitEntry(
  given: Pick<PolicyEntry, "ref" | "direction" | "l3" | "verdict" | "tier" | "priority">,
): PolicyEntry {
  return { ...PLAIN_ENTRY, ...given, subject: WILDCARD, defaultDeny: false };
}

/** Absolute priorities: one number for each entry, and the first of each tier. */
export type Priorities = {
  readonly of: readonly number[];
  readonly tierBase: ReadonlyMap<number, number>;
  readonly nextTier: (tier: number) => number;
};

/** The lowest priority there is. Upstream: types.LowestPriority. */
export const LOWEST_PRIORITY = 2 ** 24 - 1;

const TIER_ROUND_UP = 10;

function roundUp(value: number): number {
  return Math.ceil(value / TIER_ROUND_UP) * TIER_ROUND_UP;
}

/**
 * Flattens tiers and priorities into one sequence, with room after each pass for all that it passes to.
 * Upstream: computeTierPriorities, resolveL4Policy. `entries` are sorted.
 */
export function flattenPriorities(entries: readonly PolicyEntry[]): Priorities {
  const tiers = [...new Set(entries.map((entry) => entry.tier))];
  const last = tiers.at(-1) ?? 0;
  const levels = tierLevels(entries, last);
  const tierBase = new Map<number, number>();
  const base = (tier: number) => (levels[0] ?? 0) - (levels[tier] ?? 0);
  for (const tier of tiers) tierBase.set(tier, base(tier));
  const nextTier = (tier: number) => (tier < last ? base(tier + 1) : LOWEST_PRIORITY);
  return { of: absolutePriorities(entries, { base, room: (tier) => levels[tier + 1] ?? 0, last }), tierBase, nextTier };
}

/** Priority levels that each tier needs, all later tiers included. */
function tierLevels(entries: readonly PolicyEntry[], last: number): readonly number[] {
  const levels: number[] = [];
  const passes: number[] = [];
  for (const tier of new Set(entries.map((entry) => entry.tier))) {
    const own = entries.filter((entry) => entry.tier === tier);
    levels[tier] = roundUp(new Set(own.map((entry) => entry.priority)).size);
    passes[tier] = new Set(own.filter((entry) => entry.verdict === "pass").map((entry) => entry.priority)).size;
  }
  for (let tier = last - 1; tier >= 0; tier--) {
    levels[tier] = roundUp((levels[tier] ?? 0) + ((passes[tier] ?? 0) + 1) * (levels[tier + 1] ?? 0));
  }
  return levels;
}

function absolutePriorities(
  entries: readonly PolicyEntry[],
  tiers: { readonly base: (tier: number) => number; readonly room: (tier: number) => number; readonly last: number },
): readonly number[] {
  let priority = 0;
  let increment = 1;
  let before: PolicyEntry | null = null;
  return entries.map((entry) => {
    if (before === null || before.tier !== entry.tier) {
      priority = tiers.base(entry.tier);
      increment = 1;
    } else if (before.priority !== entry.priority) {
      priority += increment;
      increment = 1;
    }
    if (entry.verdict === "pass" && entry.tier < tiers.last) increment = tiers.room(entry.tier) + 1;
    before = entry;
    return priority;
  });
}
