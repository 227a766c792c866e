import type { Conversation, End } from "#model/conversation.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { Denial } from "../cause.ts";
import { applySteps, type EditStep } from "./edit-step.ts";
import { editReach } from "./edit-reach.ts";
import type { Judgement } from "../judge.ts";
import type { NameFacts } from "../learned-names.ts";
import { changedSet, type PolicySet } from "../proposal.ts";

/** What an edit does to the recording's decisions. */
export type Proof = {
  readonly steps: readonly EditStep[];
  /** The denial is gone and nothing is newly denied. */
  readonly proven: boolean;
  readonly newlyAllows: readonly Conversation[];
};

/** Decides the recording again with the steps applied; remembers sets of steps already tried. */
export type Prover = {
  /** null: no steps, or the bound on edits is reached. */
  readonly prove: (denial: Denial, lists: readonly (readonly EditStep[])[]) => Proof | null;
  /** True when a bound left an edit out or unproven. */
  readonly isBounded: () => boolean;
};

/** What a set of steps changes: sides no longer denied, conversations newly denied or newly allowed. */
type Outcome = {
  readonly ended: ReadonlySet<string>;
  readonly worse: boolean;
  readonly allowed: readonly Conversation[];
};

/**
 * Work spent on proofs in one rehearsal, in first decisions of an engine, about 0.1 ms each. Beyond it edits are offered
 * unproven: a proposal that denies everything would otherwise be decided anew for each of its holes.
 */
const MAX_WORK = 30_000;
/**
 * What an engine of one changed policy costs. Measured in examples/homelab, its policies once and copied up to 1,800:
 * 1.5 to 6 ms an engine, 0.04 to 0.4 ms a first decision in it. What it shares with the other engine costs next to
 * nothing, so the number of policies does not count.
 */
const WORK_AN_ENGINE = 30;
/** Different edits worked out in one rehearsal. */
const MAX_EDITS = 60;

/** Makes a prover over one snapshot and proposal. */
export function createProver(snapshot: Snapshot, facts: NameFacts, set: PolicySet): Prover {
  const judged = snapshot.traffic.conversations.filter((one) => one.notDecided === null);
  const selected = selectedMemo(judged, set);
  const outcomes = new Map<string, Outcome | null>();
  let work = 0;
  let isBounded = false;
  const tried = (steps: readonly EditStep[]): Outcome | null => {
    const key = JSON.stringify(steps);
    const known = outcomes.get(key);
    if (known !== undefined) return known;
    const affected = [...new Set(steps.flatMap((step) => selected(step.policy).filter(editReach(step))))];
    const cost = affected.length + WORK_AN_ENGINE;
    const isTooMuch = work + cost > MAX_WORK;
    isBounded ||= isTooMuch;
    const edited = isTooMuch ? null : applied(snapshot, facts, set, steps);
    if (!isTooMuch) work += cost;
    const outcome = edited === null ? null : outcomeOf(affected, set, edited);
    outcomes.set(key, outcome);
    return outcome;
  };
  const prove: Prover["prove"] = (denial, lists) => {
    if (outcomes.size >= MAX_EDITS && !outcomes.has(JSON.stringify(lists[0] ?? []))) {
      isBounded = true;
      return null;
    }
    const steps = shortest(denial, lists, tried);
    if (steps.length === 0) return null;
    const outcome = tried(steps);
    if (outcome === null) return { steps, proven: false, newlyAllows: [] };
    const newlyAllows = outcome.allowed.filter((one) => one !== denial.conversation);
    return { steps, proven: outcome.ended.has(sideKey(denial)) && !outcome.worse, newlyAllows };
  };
  return { prove, isBounded: () => isBounded };
}

/** The conversations of which a policy selects an end: only those can be decided otherwise when it changes. */
function selectedMemo(judged: readonly Conversation[], set: PolicySet): (policy: string) => readonly Conversation[] {
  const memo = new Map<string, readonly Conversation[]>();
  return (policy) => {
    const known = memo.get(policy);
    if (known !== undefined) return known;
    const ends = new Map<End, boolean>();
    const selects = (end: End) => {
      const answer = ends.get(end) ?? set.engine.selectsSubject(policy, end);
      ends.set(end, answer);
      return answer;
    };
    const found = judged.filter(({ from, to }) => selects(from) || selects(to));
    memo.set(policy, found);
    return found;
  };
}

function outcomeOf(affected: readonly Conversation[], set: PolicySet, edited: PolicySet): Outcome {
  const pairs = affected.map((one) => ({ one, before: set.judge(one), after: edited.judge(one) }));
  return {
    ended: new Set(pairs.flatMap(({ one, before, after }) => endedSides(one, before, after))),
    worse: pairs.some(({ before, after }) => after.verdict === "denied" && before.verdict !== "denied"),
    allowed: pairs
      .filter(({ before, after }) => before.verdict === "denied" && after.verdict === "allowed")
      .map(({ one }) => one),
  };
}

function endedSides(conversation: Conversation, before: Judgement, after: Judgement): readonly string[] {
  const still = new Set(deniedSides(conversation, after));
  return deniedSides(conversation, before).filter((side) => !still.has(side));
}

function deniedSides(conversation: Conversation, judgement: Judgement): readonly string[] {
  const sides = (["egress", "ingress"] as const).filter((side) => {
    const refused = judgement.refused.some((one) => one.side === side);
    return judgement.decision[side]?.decision === "denied" || refused;
  });
  return sides.map((side) => sideKey({ conversation, side }));
}

function sideKey({ conversation, side }: Pick<Denial, "conversation" | "side">): string {
  return `${conversation.id} ${side}`;
}

/** The fewest of the causes' steps, taken in order, that end the denial; else the plain allowing rule alone. */
function shortest(
  denial: Denial,
  lists: readonly (readonly EditStep[])[],
  tried: (steps: readonly EditStep[]) => Outcome | null,
): readonly EditStep[] {
  const ends = (steps: readonly EditStep[]) => tried(steps)?.ended.has(sideKey(denial)) === true;
  let steps: readonly EditStep[] = [];
  for (const list of lists) {
    steps = [...steps, ...list.filter((step) => !steps.some((one) => JSON.stringify(one) === JSON.stringify(step)))];
    if (tried(steps) === null || ends(steps)) return steps;
  }
  const last = lists.at(-1) ?? [];
  return last.length > 0 && ends(last) ? last : (lists[0] ?? []);
}

function applied(snapshot: Snapshot, facts: NameFacts, set: PolicySet, steps: readonly EditStep[]): PolicySet | null {
  const policies = applySteps(set.policies, steps);
  return policies === null ? null : changedSet(snapshot, facts, set, [...policies.values()]);
}
