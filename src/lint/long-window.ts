import { endKey } from "#analysis/end-name.ts";
import { notSeen } from "#analysis/not-seen.ts";
import { connectionOf } from "#analysis/judge.ts";
import type { Conversation, End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { LintRule, LintWorld } from "./lint-world.ts";
import { perWorld } from "./per-world.ts";

const WINDOW_SECONDS = 14 * 86_400;
const LOSS_BUDGET = 0.001;

/** What a rule was seen to be used for. */
export type Use = {
  readonly peers: ReadonlySet<string>;
  readonly ports: ReadonlySet<string>;
  readonly conversations: readonly Conversation[];
};

/**
 * Whether silence in the recording proves something: at least two weeks, next to nothing lost, every node heard, and
 * every workload of the objects, jobs included.
 */
export function isLongWindow({ snapshot, has }: LintWorld): boolean {
  const { coverage } = snapshot.traffic;
  const { windowSeconds, flows, lostEvents, gaps, nodes } = coverage;
  if (!has.has("objects") || windowSeconds < WINDOW_SECONDS || flows === 0 || gaps.length > 0) return false;
  if (lostEvents / (lostEvents + flows) > LOSS_BUDGET) return false;
  const heard = new Set(nodes.map((node) => node.name.split("/").at(-1)));
  const used = snapshot.inventory.pods.flatMap((pod) =>
    pod.hostNetwork || pod.nodeName === null ? [] : [pod.nodeName],
  );
  return used.every((node) => heard.has(node)) && notSeen(snapshot).length === 0;
}

/** So many rules are looked for again conversation by conversation; beyond it nothing is said of unused rules. */
const MOST_WALKS = 50_000;

/**
 * What every allow rule was used for, by its name; null where the recording proves nothing. A rule that let something
 * through is known from the decisions; the others are held against every conversation of their subjects.
 */
export const ruleUses = perWorld((world) => (isLongWindow(world) ? collectUses(world) : null));

export function useKey({ ref }: Pick<LintRule, "ref">): string {
  return `${ref.policy} ${ref.element}`;
}

type Draft = { readonly peers: Set<string>; readonly ports: Set<string>; readonly conversations: Conversation[] };

const SIDES: readonly Direction[] = ["egress", "ingress"];

function collectUses(world: LintWorld): ReadonlyMap<string, Use> | null {
  const uses = new Map<string, Draft>();
  for (const conversation of world.conversations) {
    const { decision } = world.set.judge(conversation);
    for (const side of SIDES) {
      const ruling = decision[side];
      for (const rule of ruling?.by ?? []) note(uses, `${rule.policy} ${rule.element}`, conversation, side);
    }
  }
  const unused = new Set(world.rules.filter((rule) => !rule.deny && !uses.has(useKey(rule))).map(useKey));
  return unused.size === 0 || walkForUnused(world, unused, uses) ? uses : null;
}

function note(uses: Map<string, Draft>, key: string, conversation: Conversation, side: Direction): void {
  const use = uses.get(key) ?? { peers: new Set(), ports: new Set(), conversations: [] };
  uses.set(key, use);
  const peer: End = side === "egress" ? conversation.to : conversation.from;
  use.peers.add(endKey(peer));
  use.ports.add(`${conversation.port ?? conversation.icmpType}/${conversation.protocol}`);
  use.conversations.push(conversation);
}

/** A rule may match and another one win. False when it would take too long. */
function walkForUnused(world: LintWorld, unused: ReadonlySet<string>, uses: Map<string, Draft>): boolean {
  const policies = [...new Set(world.rules.filter((rule) => unused.has(useKey(rule))).map(({ ref }) => ref.policy))];
  const selected = new Map<string, boolean>();
  let walks = 0;
  for (const conversation of world.conversations) {
    for (const side of SIDES) {
      const subject = side === "egress" ? conversation.from : conversation.to;
      const key = endKey(subject);
      const isSelected =
        selected.get(key) ?? policies.some((policy) => world.set.engine.selectsSubject(policy, subject));
      selected.set(key, isSelected);
      if (!isSelected) continue;
      if (++walks > MOST_WALKS) return false;
      const names = world.set.names.of(conversation.from, conversation.to, conversation);
      for (const one of world.set.engine.walk(connectionOf(conversation, names, null), side).candidates) {
        const rule = `${one.rule.policy} ${one.rule.element}`;
        if (unused.has(rule) && one.fails === "none") note(uses, rule, conversation, side);
      }
    }
  }
  return true;
}
