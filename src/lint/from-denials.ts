import type { ExplainedDenial } from "#analysis/holes.ts";
import { elementPath, type PolicyObject, type RuleRef } from "#model/policy.ts";
import type { Found } from "./check.ts";
import type { LintWorld } from "./lint-world.ts";
import { lintedByName } from "./per-world.ts";

/** Denials of one cause at one rule. */
type Group = { readonly policy: PolicyObject; readonly path: string; readonly denials: ExplainedDenial[] };

/**
 * What the recording shows of a cause (analysis/causes): one finding for each rule and sentence, with all conversations
 * that the set denies so. Denials whose nearest rule is not among the linted policies are left out. `counts`: which
 * denials are meant, where the cause alone does not tell.
 */
export function fromDenials(
  world: LintWorld,
  cause: string,
  counts: (one: ExplainedDenial) => boolean = () => true,
): readonly Found[] {
  const linted = lintedByName(world);
  const groups = new Map<string, Group>();
  for (const one of world.denied()) {
    const rule = one.cause === cause && counts(one) ? ruleOf(one) : null;
    const policy = rule === null ? undefined : linted.get(rule.policy);
    if (rule === null || policy === undefined) continue;
    const key = `${rule.policy} ${rule.element} ${one.sentence}`;
    const group = groups.get(key) ?? { policy, path: elementPath(rule.element), denials: [] };
    group.denials.push(one);
    groups.set(key, group);
  }
  return [...groups.values()].map(foundOf);
}

/** The rule that was meant to allow it; else what switched default deny on. */
function ruleOf({ nearest, denial }: ExplainedDenial): RuleRef | null {
  return nearest ?? denial.walk.defaultDeny[0] ?? null;
}

function foundOf({ policy, path, denials }: Group): Found {
  const [first] = denials;
  const steps = first?.steps[0] ?? [];
  return {
    policy,
    path,
    message: first?.sentence ?? "",
    help: steps.length > 0 ? "" : "ringfence explain shows both sides of it, rule by rule",
    ...aboutExplained(denials),
    steps,
  };
}

/** What denials are about, for a finding. */
export function aboutExplained(
  denials: readonly ExplainedDenial[],
): Required<Pick<Found, "subjects" | "peers" | "conversations">> {
  return {
    subjects: distinct(denials.map(({ denial }) => denial.subject)),
    peers: distinct(denials.map(({ denial }) => denial.peer)),
    conversations: distinct(denials.map(({ denial }) => denial.conversation)),
  };
}

/** Each once, in order. */
export function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
