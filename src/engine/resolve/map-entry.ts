import type { AuthMode } from "#model/decision.ts";
import { mergeOrigins, type Origin, sameLogs } from "../rules/origin.ts";
import type { PolicyVerdict } from "../rules/policy-entry.ts";
import { LOWEST_PRIORITY } from "./rules.ts";

// Upstream: pkg/policy/types/entry.go, and mapStateEntry in pkg/policy/mapstate.go. Differs: a proxy port is a name; 1.18's
// (deny, proxy port priority) pairs are written as precedences, whose order is the same.

/** Higher goes first. The low byte: 255 deny, 2–254 allow into a proxy, 1 plain allow, 0 pass. */
export type Precedence = number;

const DENY = 255;
const ALLOW = 1;
const PASS = 0;
const MAX_LISTENER_PRIORITY = 126;

/** An authentication type and whether a rule asked for it itself. */
export type AuthRequirement = { readonly type: 0 | 1 | 2; readonly explicit: boolean };
const NO_AUTH: AuthRequirement = { type: 0, explicit: false };

/** A pass: `precedence` of its own, and the bounds of its tier. */
export type Pass = { readonly precedence: Precedence; readonly tierMax: Precedence; readonly tierMin: Precedence };

/** One entry of the policy map. An entry that only passes is not `valid`: it answers nothing itself. */
export type MapEntry = {
  readonly valid: boolean;
  readonly precedence: Precedence;
  /** "" when nothing redirects. */
  readonly proxy: string;
  readonly auth: AuthRequirement;
  readonly passes: readonly Pass[];
  readonly origin: Origin;
};

export type EntryInput = {
  readonly verdict: PolicyVerdict;
  readonly priority: number;
  readonly tierPriority: number;
  readonly nextTierPriority: number;
  readonly proxy: string;
  readonly listenerPriority: number;
  readonly auth: AuthMode | null;
  readonly origin: Origin;
};

/** Upstream: newMapStateEntry. */
export function mapEntry(input: EntryInput): MapEntry {
  const base = basePrecedence(input.priority);
  const { origin } = input;
  switch (input.verdict) {
    case "pass": {
      const tierMax = denyPrecedence(input.tierPriority);
      const pass = { precedence: base, tierMax, tierMin: basePrecedence(input.nextTierPriority) + 256 };
      return { valid: false, precedence: denyPrecedence(0), proxy: "", auth: NO_AUTH, passes: [pass], origin };
    }
    case "deny":
      return { valid: true, precedence: base + DENY, proxy: "", auth: NO_AUTH, passes: [], origin };
    case "allow": {
      const low = input.proxy === "" ? ALLOW : proxyByte(input.listenerPriority);
      const auth = authOf(input.auth);
      return { valid: true, precedence: base + low, proxy: input.proxy, auth, passes: [], origin };
    }
  }
}

export function basePrecedence(priority: number): Precedence {
  return (LOWEST_PRIORITY - Math.min(priority, LOWEST_PRIORITY)) * 256;
}

export function denyPrecedence(priority: number): Precedence {
  return basePrecedence(priority) + DENY;
}

function proxyByte(listenerPriority: number): number {
  return listenerPriority === 0 ? ALLOW + 1 : DENY - Math.min(listenerPriority, MAX_LISTENER_PRIORITY);
}

function authOf(mode: AuthMode | null): AuthRequirement {
  switch (mode) {
    case null:
      return NO_AUTH;
    case "disabled":
      return { type: 0, explicit: true };
    case "required":
      return { type: 1, explicit: true };
    case "test-always-fail":
      return { type: 2, explicit: true };
  }
}

export function isDeny(entry: MapEntry): boolean {
  return entry.precedence % 256 === DENY;
}

function isAllow(entry: MapEntry): boolean {
  const low = entry.precedence % 256;
  return low !== DENY && low !== PASS;
}

/** The precedence of a plain allow of the same priority: differences between proxies masked away. */
export function allowPrecedence(entry: MapEntry): Precedence {
  return Math.floor(entry.precedence / 256) * 256 + ALLOW;
}

function samePriority(a: MapEntry, b: MapEntry): boolean {
  return Math.floor(a.precedence / 256) === Math.floor(b.precedence / 256) && isDeny(a) === isDeny(b);
}

/** Same effect, whatever rule it comes from. Upstream: mapStateEntry.equivalent. */
export function isEquivalent(a: MapEntry, b: MapEntry): boolean {
  return sameDatapath(a, b) && JSON.stringify(a.passes) === JSON.stringify(b.passes) && sameLogs(a.origin, b.origin);
}

export function sameDatapath(a: MapEntry, b: MapEntry): boolean {
  const sameAuth = a.auth.type === b.auth.type && a.auth.explicit === b.auth.explicit;
  return a.valid === b.valid && a.precedence === b.precedence && a.proxy === b.proxy && sameAuth;
}

/** Joins an entry to the one already under its key. Upstream: addKeyWithChanges. */
export function joinEntries(old: MapEntry, added: MapEntry): MapEntry {
  const passes = mergePasses(old.passes, added.passes);
  if (!old.valid) return { ...added, passes };
  if (!added.valid) return { ...old, passes };
  if (samePriority(old, added))
    return { ...mergeEffects(old, added), passes, origin: mergeOrigins(old.origin, added.origin) };
  return { ...(old.precedence < added.precedence ? added : old), passes };
}

/** Upstream: MapStateEntry.Merge. */
function mergeEffects(old: MapEntry, added: MapEntry): MapEntry {
  if (!isAllow(old) || !isAllow(added)) return old;
  const redirect = added.proxy !== "" && added.precedence > old.precedence ? added : old;
  const takesAuth = old.auth.explicit === added.auth.explicit ? added.auth.type > old.auth.type : added.auth.explicit;
  return {
    ...old,
    proxy: redirect.proxy,
    precedence: redirect.precedence,
    auth: takesAuth ? added.auth : old.auth,
  };
}

/** At most one pass a tier, the highest; lowest tier first. Upstream: passMetas.Merge, Collect. */
export function mergePasses(old: readonly Pass[], added: readonly Pass[]): readonly Pass[] {
  if (added.length === 0) return old;
  const byTier = new Map<Precedence, Pass>();
  for (const pass of [...old, ...added]) {
    const known = byTier.get(pass.tierMin);
    if (known === undefined || pass.precedence > known.precedence) byTier.set(pass.tierMin, pass);
  }
  return [...byTier.values()].sort((a, b) => a.tierMin - b.tierMin);
}

/** An entry takes the stronger requirement of another, unless a rule asked for its own. Upstream: authOverride in lookup. */
export function withAuthOf(entry: MapEntry, other: MapEntry): MapEntry {
  const takes =
    !entry.auth.explicit && other.auth.type > entry.auth.type && allowPrecedence(other) >= allowPrecedence(entry);
  return takes ? { ...entry, auth: { type: other.auth.type, explicit: false } } : entry;
}
