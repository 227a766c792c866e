import type { Walk } from "#model/connection.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Direction, Ruling } from "#model/decision.ts";
import type { RuleRef } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { CauseWorld, Denial, Explanation } from "./cause.ts";
import { CAUSES } from "./causes.ts";
import type { EditStep } from "./edits/edit-step.ts";
import { connectionOf, type Judgement } from "./judge.ts";
import { knownEnds } from "./known-ends.ts";
import type { NameFacts } from "./learned-names.ts";
import type { PolicySet } from "./proposal.ts";

/** A denial with its causes, the first to mend first, and the edits that they propose in that order. */
export type ExplainedDenial = {
  readonly denial: Denial;
  readonly cause: string;
  readonly sentence: string;
  readonly also: readonly string[];
  readonly nearest: RuleRef | null;
  /** One list a cause; together they should allow it. */
  readonly steps: readonly (readonly EditStep[])[];
};

const SIDES: readonly Direction[] = ["egress", "ingress"];

/** Every side of a conversation that the proposal denies, at L3/L4 or in a proxy. */
export function denials(conversation: Conversation, judgement: Judgement, set: PolicySet): readonly Denial[] {
  return SIDES.flatMap((side) => {
    const ruling: Ruling | null = judgement.decision[side];
    const refused = judgement.refused.filter((one) => one.side === side && !isHarmless(one.seen, conversation));
    if (ruling === null || (ruling.decision !== "denied" && refused.length === 0)) return [];
    const names = set.names.of(conversation.from, conversation.to, conversation);
    const walk: Walk = set.engine.walk(connectionOf(conversation, names, null), side);
    const [subject, peer] =
      side === "egress" ? [conversation.from, conversation.to] : [conversation.to, conversation.from];
    return [{ conversation, side, subject, peer, ruling, refused: refused.map((one) => one.seen), walk }];
  });
}

/**
 * A refused search suffix does no harm where it was refused while recording as well and the same source went on to ask
 * the bare name and was let (lab 1.2: some resolvers stop at the refusal, so it is never taken for harmless unseen).
 */
function isHarmless(seen: Conversation["requests"][number], conversation: Conversation): boolean {
  const { request } = seen;
  if (request.kind !== "dns" || (seen.verdicts["DROPPED"] ?? 0) !== seen.count) return false;
  return conversation.requests.some((other) => {
    if (other.request.kind !== "dns" || (other.verdicts["FORWARDED"] ?? 0) === 0) return false;
    return request.name.startsWith(`${other.request.name.replace(/\.$/, "")}.`) && other.request.name !== request.name;
  });
}

/** What the causes may look at, for one set of policies. */
export function causeWorld(
  snapshot: Snapshot,
  facts: NameFacts,
  set: PolicySet,
  frontends: CauseWorld["frontends"],
): CauseWorld {
  return {
    snapshot,
    engine: set.engine,
    policies: set.policies,
    facts,
    names: set.names,
    frontends,
    ends: knownEnds(snapshot),
  };
}

/** Asks every cause; `no-rule` answers only where nothing else comes first. */
export function explainDenial(denial: Denial, world: CauseWorld): ExplainedDenial {
  const found = CAUSES.flatMap((cause) => {
    const explanation = cause.explain(denial, world);
    return explanation === null ? [] : [{ id: cause.id, explanation }];
  });
  const first = found.filter((one) => one.id !== "no-rule" && one.explanation.secondary !== true);
  const later = found.filter((one) => one.explanation.secondary === true);
  const fallback = found.filter((one) => one.id === "no-rule");
  const ordered = first.length > 0 ? [...first, ...later] : [...fallback, ...later];
  const main = ordered[0];
  if (main === undefined) throw new Error("no-rule explains every denial");
  return {
    denial,
    cause: main.id,
    sentence: main.explanation.sentence,
    also: ordered.slice(1).map((one) => one.id),
    nearest: nearestOf(ordered.map((one) => one.explanation)),
    steps: stepLists(ordered, fallback[0]?.explanation),
  };
}

function nearestOf(explanations: readonly Explanation[]): RuleRef | null {
  return explanations.find((explanation) => explanation.nearest !== null)?.nearest ?? null;
}

/** The steps of the causes in order; the plain allowing rule comes last, for when they do not suffice. */
function stepLists(
  ordered: readonly { readonly explanation: Explanation }[],
  fallback: Explanation | undefined,
): readonly (readonly EditStep[])[] {
  const lists = ordered.map((one) => one.explanation.steps);
  const all =
    fallback === undefined || ordered.some((one) => one.explanation === fallback) ? lists : [...lists, fallback.steps];
  return all.filter((steps) => steps.length > 0);
}
