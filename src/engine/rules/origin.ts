import type { RuleRef } from "#model/policy.ts";

// Upstream: pkg/policy/origin.go. Differs: single rules, where Cilium keeps the policies' labels.

/** Which rules an entry comes from. `implicit` names the agent's own rule when no policy's did. */
export type Origin = {
  readonly rules: readonly RuleRef[];
  /** Lines that rules ask to log, sorted; a rule without one adds none. Upstream: mergeStringList. */
  readonly logs: readonly string[];
  readonly implicit: string | null;
};

export const NO_ORIGIN: Origin = { rules: [], logs: [], implicit: null };

export function originOf(ref: RuleRef, log: string): Origin {
  return { rules: [ref], logs: log === "" ? [] : [log], implicit: null };
}

export function implicitOrigin(implicit: string): Origin {
  return { rules: [], logs: [], implicit };
}

/** Both, each rule once, in order. */
export function mergeOrigins(a: Origin, b: Origin): Origin {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  const fresh = b.rules.filter((ref) => !a.rules.some((known) => sameRule(known, ref)));
  const logs = [...new Set([...a.logs, ...b.logs])].sort();
  return { rules: [...a.rules, ...fresh], logs, implicit: a.implicit ?? b.implicit };
}

function isEmpty(origin: Origin): boolean {
  return origin.rules.length === 0 && origin.implicit === null;
}

export function sameRule(a: RuleRef, b: RuleRef): boolean {
  return a.element === b.element && a.policy === b.policy;
}

/** Equal log lines: what makes two entries of one effect interchangeable. Upstream: mapStateEntry.equivalent. */
export function sameLogs(a: Origin, b: Origin): boolean {
  return a === b || (a.logs.length === b.logs.length && a.logs.every((line, index) => line === b.logs[index]));
}
