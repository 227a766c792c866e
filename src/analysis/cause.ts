import type { Engine } from "#engine/engine.ts";
import type { Candidate, Connection, Walk } from "#model/connection.ts";
import type { Conversation, End, SeenRequest } from "#model/conversation.ts";
import type { Direction, Ruling } from "#model/decision.ts";
import type { Service } from "#model/objects.ts";
import type { PolicyObject, RuleRef } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { EditStep } from "./edits/edit-step.ts";
import type { LearnedNames, NameFacts } from "./learned-names.ts";

/** One side of one conversation that the proposal denies. */
export type Denial = {
  readonly conversation: Conversation;
  readonly side: Direction;
  /** Whose policies deny it: the source for egress, the destination for ingress. */
  readonly subject: End;
  readonly peer: End;
  readonly ruling: Ruling;
  /** Requests that the proxy refuses; empty when L3/L4 denies. */
  readonly refused: readonly SeenRequest[];
  readonly walk: Walk;
};

/** What a cause may look at. */
export type CauseWorld = {
  readonly snapshot: Snapshot;
  readonly engine: Engine;
  readonly policies: ReadonlyMap<string, PolicyObject>;
  readonly facts: NameFacts;
  readonly names: LearnedNames;
  readonly frontends: ReadonlyMap<string, Service>;
  /** Every endpoint there is: the inventory's pods and all ends of the recording, each once. */
  readonly ends: readonly End[];
};

/** Why it is denied, in one plain sentence that teaches; the rule that was meant to allow it; what would allow it. */
export type Explanation = {
  readonly sentence: string;
  readonly nearest: RuleRef | null;
  readonly steps: readonly EditStep[];
  /** True when another cause has to be mended first. */
  readonly secondary?: boolean;
};

/**
 * One way in which a denial comes about; the id is the check's that describes it. `explain` answers null when this is
 * not it. Several may hold for one hole: the first of `causes.ts` is its cause, the others are `also`.
 */
export type Cause = {
  readonly id: string;
  readonly explain: (denial: Denial, world: CauseWorld) => Explanation | null;
};

/** Allow rules of the subject's policies that use one of these peer fields. */
export function allowRules(denial: Denial, fields: readonly string[]): readonly Candidate[] {
  return denial.walk.candidates.filter(
    (candidate) => !candidate.deny && candidate.peerField !== null && fields.includes(candidate.peerField),
  );
}

/** The conversation's port as people write it: `:443`, or `ICMPv4 type 8`. */
export function portText(conversation: Conversation): string {
  if (conversation.port !== null) return `:${conversation.port}`;
  return conversation.icmpType === null
    ? conversation.protocol
    : `${conversation.protocol} type ${conversation.icmpType}`;
}

/** The denied connection with another end in the peer's place. */
export function connectionFor(denial: Denial, peer: End): Connection {
  const { from, to, protocol, port, icmpType, icmpCode } = denial.conversation;
  const ends = denial.side === "egress" ? { from, to: peer } : { from: peer, to };
  return { ...ends, protocol, port, icmpType, icmpCode, request: null, names: { learned: [], complete: true } };
}
