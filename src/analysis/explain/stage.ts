import type { Candidate, RuleClauses, Walk } from "#model/connection.ts";
import type { Conversation, End } from "#model/conversation.ts";
import type { Direction, Ruling } from "#model/decision.ts";
import type { CauseWorld } from "../cause.ts";
import type { EditedText } from "../edits/edit-text.ts";
import type { EditStep } from "../edits/edit-step.ts";
import type { Judgement } from "../judge.ts";
import type { PolicySet } from "../proposal.ts";
import type { Prover } from "../edits/prove-edit.ts";

/** What all explanations of a run share. */
export type ExplainStage = {
  readonly set: PolicySet;
  readonly world: CauseWorld;
  readonly prover: Prover;
  readonly write: (steps: readonly EditStep[]) => EditedText;
};

/** One side of a connection, decided, with every rule of its subject held against it. */
export type ExplainedSide = {
  readonly side: Direction;
  readonly subject: End;
  readonly peer: End;
  readonly conversation: Conversation;
  readonly judgement: Judgement;
  readonly ruling: Ruling;
  readonly walk: Walk;
};

const NO_CLAUSES: RuleClauses = { peers: [], ports: [], l7: [] };

/** The clauses of a candidate; the walk was made with them. */
export function clausesOf(candidate: Candidate): RuleClauses {
  return candidate.clauses ?? NO_CLAUSES;
}
