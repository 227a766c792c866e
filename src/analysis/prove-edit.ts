import type { Conversation } from "#model/conversation.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { Denial } from "./cause.ts";
import { applyStep, type EditStep } from "./edit-step.ts";
import type { NameFacts } from "./learned-names.ts";
import { type PolicySet, policySet } from "./proposal.ts";

/** What an edit does to the recording's decisions. */
export type Proof = {
  readonly steps: readonly EditStep[];
  /** The denial is gone and nothing is newly denied. */
  readonly proven: boolean;
  readonly newlyAllows: readonly Conversation[];
};

/** Decides the recording again with the steps applied; remembers sets of steps already tried. */
export type Prover = (denial: Denial, lists: readonly (readonly EditStep[])[]) => Proof | null;

/** More decisions than this in one rehearsal are not spent on proofs; edits beyond it are offered unproven. */
const MAX_DECISIONS = 3_000_000;

/** Makes a prover over one snapshot and proposal. */
export function createProver(snapshot: Snapshot, facts: NameFacts, set: PolicySet): Prover {
  const sets = new Map<string, PolicySet | null>();
  const judged = snapshot.traffic.conversations.filter((one) => one.notDecided === null);
  let spent = 0;
  const setWith = (steps: readonly EditStep[]) => {
    const key = JSON.stringify(steps);
    const known = sets.get(key);
    if (known !== undefined) return known;
    const edited = spent + judged.length > MAX_DECISIONS ? null : applied(snapshot, facts, set, steps);
    spent += judged.length;
    sets.set(key, edited);
    return edited;
  };
  return (denial, lists) => {
    const steps = shortest(denial, lists, setWith);
    const edited = steps.length === 0 ? null : setWith(steps);
    if (edited === null) return steps.length === 0 ? null : { steps, proven: false, newlyAllows: [] };
    const gone = !isDenied(denial, edited);
    const worse = judged.some((one) => edited.judge(one).verdict === "denied" && set.judge(one).verdict !== "denied");
    const newlyAllows = judged.filter(
      (one) =>
        one !== denial.conversation && set.judge(one).verdict === "denied" && edited.judge(one).verdict === "allowed",
    );
    return { steps, proven: gone && !worse, newlyAllows };
  };
}

/** The fewest of the causes' steps, taken in order, that end the denial; else the plain allowing rule alone. */
function shortest(
  denial: Denial,
  lists: readonly (readonly EditStep[])[],
  setWith: (steps: readonly EditStep[]) => PolicySet | null,
): readonly EditStep[] {
  let steps: readonly EditStep[] = [];
  for (const list of lists) {
    steps = [...steps, ...list.filter((step) => !steps.some((one) => JSON.stringify(one) === JSON.stringify(step)))];
    const edited = setWith(steps);
    if (edited === null || !isDenied(denial, edited)) return steps;
  }
  const last = lists.at(-1) ?? [];
  const alone = last.length === 0 ? null : setWith(last);
  return alone !== null && !isDenied(denial, alone) ? last : (lists[0] ?? []);
}

function isDenied(denial: Denial, set: PolicySet): boolean {
  const judgement = set.judge(denial.conversation);
  const ruling = judgement.decision[denial.side];
  return ruling?.decision === "denied" || judgement.refused.some((one) => one.side === denial.side);
}

function applied(snapshot: Snapshot, facts: NameFacts, set: PolicySet, steps: readonly EditStep[]): PolicySet | null {
  const policies = new Map<string, PolicyObject>(set.policies);
  for (const step of steps) {
    const policy = policies.get(step.policy);
    const changed = policy === undefined ? null : applyStep(policy, step);
    if (changed === null) return null;
    policies.set(step.policy, changed);
  }
  return policySet(snapshot, facts, [...policies.values()]);
}
