import type { ExplainedDenial } from "#analysis/holes.ts";
import type { Conversation, End } from "#model/conversation.ts";
import { elementPath, type PolicyObject, policyName, type RuleRef } from "#model/policy.ts";
import type { Found } from "./check.ts";
import type { LintWorld } from "./lint-world.ts";

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
  const linted = new Map(world.linted.map((policy) => [policyName(policy), policy]));
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
  const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
  const subjects: readonly End[] = unique(denials.map(({ denial }) => denial.subject));
  const peers: readonly End[] = unique(denials.map(({ denial }) => denial.peer));
  const conversations: readonly Conversation[] = unique(denials.map(({ denial }) => denial.conversation));
  const steps = first?.steps[0] ?? [];
  return {
    policy,
    path,
    message: first?.sentence ?? "",
    help: steps.length > 0 ? "" : "ringfence explain shows both sides of it, rule by rule",
    ...{ subjects, peers, conversations, steps },
  };
}
