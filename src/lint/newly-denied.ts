import type { ExplainedDenial } from "#analysis/holes.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { elementPath, type PolicyObject, policyName } from "#model/policy.ts";
import { aboutExplained } from "./from-denials.ts";
import type { LintWorld } from "./lint-world.ts";
import { lintedByName, perWorld } from "./per-world.ts";

/** A denied side of a conversation, and the linted policy by which it comes about. */
export type NewDenial = { readonly denied: ExplainedDenial; readonly policy: PolicyObject; readonly path: string };

/** Every side that the set denies of a conversation that passes today: under the policies in force, and when it was recorded. */
export function newDenials(world: LintWorld): readonly NewDenial[] {
  return lintedDenials(world).filter(({ denied: { denial } }) => passesToday(denial.conversation, denial.side, world));
}

/** Every denied side that comes about by a linted policy, whether it passes today or not. */
export const lintedDenials = perWorld((world): readonly NewDenial[] => {
  const linted = lintedByName(world);
  return world.denied().flatMap((denied) => {
    const { ruling, walk } = denied.denial;
    const rules = [...(denied.nearest === null ? [] : [denied.nearest]), ...ruling.by, ...walk.defaultDeny];
    const rule = rules.find((one) => linted.has(one.policy));
    const policy = rule === undefined ? undefined : linted.get(rule.policy);
    if (rule === undefined || policy === undefined) return [];
    const isNearest = rule === denied.nearest || ruling.by.includes(rule);
    return [{ denied, policy, path: isNearest ? elementPath(rule.element) : sectionPath(rule.element) }];
  });
});

/** The list that a rule for it would stand in. */
function sectionPath(element: string): string {
  return elementPath(element).replace(/Deny\[\d+\].*$|\[\d+\]$/, "");
}

/** Under audit everything passes that policy would deny. */
function passesToday(conversation: Conversation, side: Direction, world: LintWorld): boolean {
  const { verdicts, recorded } = conversation;
  const isAudited = (recorded["AUDIT"] ?? 0) > 0;
  if (isAudited) return true;
  if (verdicts.some((one) => one.side === side && one.verdict === "DROPPED")) return false;
  const before = world.before.judge(conversation);
  if (before.decision[side]?.decision === "denied" || before.refused.some((one) => one.side === side)) return false;
  const kinds = Object.keys(recorded).filter((kind) => (recorded[kind] ?? 0) > 0);
  return kinds.length === 0 || kinds.some((kind) => kind !== "DROPPED" && kind !== "ERROR");
}

/** Established packets without their SYN in the window, or still open at its end. A lone SYN proves nothing. */
export function isOpen(conversation: Conversation): boolean {
  return conversation.openBefore || conversation.openAtEnd === true;
}

/** New denials of one place and sentence together. */
export function grouped(denials: readonly NewDenial[]): readonly (readonly [NewDenial, ...NewDenial[]])[] {
  const groups = new Map<string, [NewDenial, ...NewDenial[]]>();
  for (const one of denials) {
    const key = `${policyName(one.policy)} ${one.path} ${one.denied.cause} ${one.denied.denial.side} ${one.denied.sentence}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** What a group of denials is about, for a finding. */
export function aboutDenials(group: readonly NewDenial[]) {
  return aboutExplained(group.map(({ denied }) => denied));
}
