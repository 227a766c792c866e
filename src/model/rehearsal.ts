import type { Conversation, Protocol } from "./conversation.ts";
import type { Answer, ConversationDecision, Direction } from "./decision.ts";
import type { Finding } from "./finding.ts";
import type { WorkloadRef } from "./objects.ts";

/**
 * The result of a rehearsal, in exactly the shape of `ringfence rehearse -o json` (docs/output.md): plain data that the
 * report formats print and other tools read. Times are RFC 3339 in UTC. Fields are added, never renamed.
 */
export type Rehearsal = {
  readonly version: 1;
  /** The answer in one word. Never better than the evidence. */
  readonly answer: "ready" | "not-ready" | "not-proven";
  readonly snapshot: {
    readonly cluster: string;
    readonly cilium: string;
    /** Where version and configuration come from, when assumed: said in the report. */
    readonly assumptions: readonly string[];
    readonly from: string | null;
    readonly to: string | null;
    readonly flows: number;
    readonly nodes: readonly string[];
    readonly policiesInForce: number;
    readonly policiesProposed: number;
    /** Of the proposal: not in force under that name, in force with another text, in force but absent (`--only`). */
    readonly policiesNew: number;
    readonly policiesChanged: number;
    readonly policiesRemoved: number;
  };
  readonly calibration: CalibrationReport;
  readonly coverage: CoverageReport;
  readonly totals: {
    readonly conversations: number;
    readonly allowed: number;
    readonly denied: number;
    readonly undecided: number;
    readonly newlyAllowed: number;
    /** Recognised but not judged as policy between endpoints (host firewall, another cluster, …). */
    readonly notDecided: number;
    /** Allowed at L4 into a proxy whose request nobody recorded. */
    readonly l7Unseen: number;
  };
  readonly holes: readonly Hole[];
  readonly newlyAllowed: readonly JudgedEdge[];
  readonly undecided: readonly UndecidedEdge[];
  /** Conversations recognised and left undecided on purpose, with the reason. */
  readonly notDecided: readonly NotDecidedEdge[];
  readonly notProven: readonly NotProven[];
  readonly deadRules: readonly DeadRule[];
  readonly hairpins: readonly Hairpin[];
  readonly readiness: readonly NamespaceReadiness[];
  /** Rejected policies, pruned fields, input trouble: what the user's files and recording have wrong. */
  readonly findings: readonly Finding[];
  /** Only with `--all`. */
  readonly conversations?: readonly ConversationReport[];
};

export type EndReport =
  | {
      readonly kind: "pod";
      readonly namespace: string;
      readonly workload: WorkloadRef | null;
      readonly pods: readonly string[];
      readonly podCount: number;
      readonly identity: readonly string[];
    }
  | {
      readonly kind: "reserved";
      readonly entity: string;
      readonly labels: readonly string[];
      readonly addresses: readonly string[];
    }
  | { readonly kind: "address"; readonly address: string; readonly names: readonly string[] }
  | { readonly kind: "unknown"; readonly address: string | null; readonly reason: string };

/** A rule with its place in the user's files. */
export type RulePlace = {
  readonly policy: string;
  readonly element: string;
  readonly file: string | null;
  readonly line: number | null;
};

export type SideReport = {
  readonly decision: Answer;
  readonly by: readonly RulePlace[];
  readonly defaultDeny: readonly RulePlace[];
  readonly redirect: string | null;
  readonly missing: string | null;
  /** What would decide it, with `missing`. */
  readonly remedy: string | null;
};

export type EdgeReport = {
  /** The conversation's id, the same in every run. */
  readonly conversation: string;
  readonly from: EndReport;
  readonly to: EndReport;
  readonly protocol: Protocol;
  readonly port: number | null;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  readonly flows: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
};

export type Edit = {
  readonly file: string | null;
  /** Unified diff of the file. */
  readonly diff: string;
  /** The one or two changed lines, for the text report. */
  readonly summary: string;
  /** True when the engine decided the recording again with the edit and the hole was gone and nothing newly denied. */
  readonly proven: boolean;
  /** Conversations of the recording that the edit allows besides its own, in words. */
  readonly newlyAllows: readonly string[];
};

export type Hole = EdgeReport & {
  /** h1, h2, … in report order. */
  readonly id: string;
  readonly side: Direction;
  readonly cause: string;
  readonly sentence: string;
  readonly also: readonly string[];
  readonly nearestRule: RulePlace | null;
  readonly edit: Edit | null;
  /** No workload of the proposal speaks of it: shown apart, still to be decided. */
  readonly looksUnwanted: boolean;
  /** Open since before the recording: audit mode never shows it. */
  readonly openBefore: boolean;
  /** A connection of it was open when the recording ended: the flip cuts it in mid-stream, audit mode is silent of it. */
  readonly openAtEnd: boolean;
  /** The policies in force deny it as well. */
  readonly deniedBefore: boolean;
  /** Names by which the source reached it (hairpins, FQDN). */
  readonly asNames: readonly string[];
  /** Namespace that has to change (the subject's); null for cluster-wide endpoints. */
  readonly namespace: string | null;
  readonly l7: "denied" | null;
  readonly defaultDeny: readonly RulePlace[];
  readonly triage: null;
  /** Programs that opened it, when a Tetragon export names any. */
  readonly processes?: readonly string[];
};

export type JudgedEdge = EdgeReport & {
  readonly before: DecisionReport;
  readonly after: DecisionReport;
};

export type UndecidedEdge = EdgeReport & {
  readonly side: Direction;
  readonly missing: string;
  readonly remedy: string;
};

export type NotDecidedEdge = EdgeReport & { readonly reason: string };

export type DecisionReport = {
  readonly verdict: Answer;
  readonly egress: SideReport | null;
  readonly ingress: SideReport | null;
};

export type ConversationReport = EdgeReport & {
  readonly id: string;
  readonly sidesSeen: readonly Direction[];
  readonly recorded: Readonly<Record<string, number>>;
  readonly before: DecisionReport;
  readonly after: DecisionReport;
  readonly l7?: "unseen" | "denied";
};

export type CalibrationClass = { readonly verdicts: number; readonly reproduced: number };

export type CalibrationReport = {
  /** Policy-verdict events (type 5) whose policies are known. */
  readonly verdicts: number;
  readonly reproduced: number;
  readonly notComparable: number;
  /** By class: `allowed`, `deny-rule`, `default-deny`, `dns`, `fqdn`, `auth`. */
  readonly classes: Readonly<Record<string, CalibrationClass>>;
  /** Features of the proposal that no recorded verdict exercised. */
  readonly notExercised: readonly string[];
  readonly differences: readonly CalibrationDifference[];
  /** One sentence: `no verdicts were recorded` is an answer. */
  readonly sentence: string;
};

export type CalibrationDifference = {
  readonly conversation: string;
  readonly side: Direction;
  readonly recorded: string;
  readonly decided: Answer;
  readonly count: number;
  readonly reason: string;
};

export type CoverageReport = {
  readonly windowSeconds: number;
  readonly lostEvents: number;
  readonly gaps: readonly {
    readonly node: string;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }[];
  readonly notSeen: readonly NotSeen[];
  readonly nodesNotHeard: readonly string[];
  readonly skipped: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
};

export type NotSeen = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason: string;
  /** A command that would exercise it, null when there is none. */
  readonly command: string | null;
};

/** Something that keeps a namespace, a workload or the whole from being ready although no hole is known. */
export type NotProven = {
  readonly namespace: string | null;
  readonly workload: WorkloadRef | null;
  readonly reason: string;
  readonly remedy: string;
};

export type DeadRule = RulePlace & {
  readonly reason: "hairpin" | "wrong-port" | "no-subject" | "no-peer" | "shadowed" | "rare" | "never-seen";
  readonly sentence: string;
};

export type Hairpin = {
  readonly from: EndReport;
  readonly via: EndReport;
  readonly to: EndReport | null;
  readonly names: readonly string[];
};

export type State = "ready" | "holes" | "not-proven";

export type NamespaceReadiness = {
  readonly namespace: string;
  readonly state: State;
  readonly holes: number;
  readonly accepted: number;
  readonly undecided: number;
  /** Why it is not proven; empty otherwise. */
  readonly reasons: readonly string[];
  readonly workloads: readonly WorkloadReadiness[];
};

export type WorkloadReadiness = {
  readonly kind: string;
  readonly name: string;
  readonly state: State;
  readonly reasons: readonly string[];
};

/** A conversation with both decisions: what the analyses hand around before it is reported. */
export type Judged = {
  readonly conversation: Conversation;
  readonly before: ConversationDecision;
  readonly after: ConversationDecision;
};
