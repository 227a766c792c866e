import type { L7Request, Protocol } from "./conversation.ts";
import type { AuthMode, Answer, L7Answer, Redirect } from "./decision.ts";
import type { FailedClause } from "./connection.ts";
import type { Finding } from "./finding.ts";
import type { Edit, EndReport, RulePlace } from "./rehearsal.ts";

/**
 * What `ringfence explain` answers, in exactly the shape of its `-o json` (docs/output.md). Fields are added, never
 * renamed.
 */
export type Explained = {
  readonly version: 1;
  readonly cilium: string;
  /** What was assumed of version and configuration. */
  readonly assumptions: readonly string[];
  readonly explanations: readonly Explanation[];
  readonly findings: readonly Finding[];
};

/** One connection, decided and explained. */
export type Explanation = {
  readonly from: EndReport;
  readonly to: EndReport;
  readonly protocol: Protocol;
  readonly port: number | null;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  readonly request: L7Request | null;
  readonly serverName: string | null;
  /** Hubble's verdicts of the flows given, counted; null when the question did not come as flows. */
  readonly recorded: Readonly<Record<string, number>> | null;
  readonly verdict: Answer;
  /** The answer in one sentence. */
  readonly sentence: string;
  /** null where Cilium enforces nothing: world, a node, an unmanaged address. */
  readonly egress: SideExplanation | null;
  readonly ingress: SideExplanation | null;
};

/** One side of it. `decision` is that of L3/L4; a proxy that refuses the request makes `l7` "denied". */
export type SideExplanation = {
  readonly decision: Answer;
  /** Why, in one sentence. */
  readonly sentence: string;
  readonly by: readonly RulePlace[];
  /** An implicit rule that allowed it: `default-allow`, `allow-localhost`, `not-enforced`, … */
  readonly implicit: string | null;
  readonly defaultDeny: readonly RulePlace[];
  readonly redirect: Redirect | null;
  readonly l7: L7Answer | null;
  readonly auth: AuthMode | null;
  readonly missing: string | null;
  readonly remedy: string | null;
  /** Policies that select the subject and have rules in this direction, or close it. */
  readonly selecting: readonly PolicySelection[];
  /** Where nothing selects it: policies of its namespace that do not, each with the first label that differs. */
  readonly notSelecting: readonly PolicySelection[];
  /** Every rule of these policies in this direction; what decided first, then what comes closest. */
  readonly rules: readonly RuleExplanation[];
  /** Id of the check that describes the denial, `no-rule` when none does; null where nothing is denied. */
  readonly cause: string | null;
  readonly nearestRule: RulePlace | null;
  /** The smallest edit that would allow it; null when it is not denied, or none is known. */
  readonly edit: Edit | null;
  /** What takes part in this decision and nobody means. */
  readonly surprises: readonly (RulePlace & { readonly id: string; readonly sentence: string })[];
};

/** A policy and the labels by which it selects a subject, or does not. */
export type PolicySelection = {
  readonly policy: string;
  readonly file: string | null;
  readonly line: number | null;
  /** `app=api, tier=web`, `every pod of shop`; for one that does not select, `app=api ≠ app=web`. */
  readonly labels: string;
};

/** A rule held against the connection. */
export type RuleExplanation = RulePlace & {
  readonly verdict: "allow" | "deny" | "pass";
  /** The first clause that does not hold. */
  readonly fails: FailedClause | "l7";
  /** True for a rule whose entry decided. */
  readonly decides: boolean;
  /** Of a rule that matches and did not decide: what went before it. */
  readonly outdone: string | null;
  readonly clauses: readonly ClauseExplanation[];
};

/** What one clause of a rule asks, and what there is. */
export type ClauseExplanation = {
  readonly clause: "peer" | "port" | "l7";
  readonly holds: boolean;
  /** `fromEndpoints`, `toPorts`, `http`, …; "" when the rule has no such clause. */
  readonly field: string;
  /** `app=api`, `5432/TCP`, `GET /public`. */
  readonly asks: string;
  /** `app=web`, `8080/TCP`; "" where it holds. */
  readonly found: string;
  /** A reason that the text of the policy does not show. */
  readonly note: string | null;
  /** Of a peer selected by labels, each label: of the peer that matches, else of the nearest. */
  readonly labels: readonly LabelExplanation[];
};

/** One label that a selector asks for. */
export type LabelExplanation = {
  readonly asks: string;
  readonly found: string;
  readonly holds: boolean;
  /** True for what Cilium adds to the selector as it is written: the policy's namespace, the own cluster. */
  readonly added: boolean;
};
