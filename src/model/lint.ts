import type { Severity } from "./finding.ts";
import type { Place } from "./place.ts";

/** What `ringfence lint` answers: the JSON contract (docs/lint.schema.json). */
export type LintReport = {
  readonly version: 1;
  readonly findings: readonly LintFinding[];
  /** Checks that could not look, and what they would need. */
  readonly slept: readonly SleptCheck[];
  /** Findings that a comment in the file or a setting takes away, with its reason. */
  readonly ignored: readonly IgnoredFinding[];
  readonly totals: { readonly policies: number; readonly checks: number; readonly conversations: number };
};

export type LintFinding = {
  readonly check: string;
  readonly severity: Severity;
  readonly message: string;
  readonly help: string;
  readonly place: Place;
  /** Endpoints concerned; `subjectNames` has three of them. 0: not known, or none. */
  readonly subjects: number;
  readonly subjectNames: readonly string[];
  readonly peers: number;
  readonly peerNames: readonly string[];
  /** Events of the recorded conversations that show it; `examples` has three of these. */
  readonly flows: number;
  readonly examples: readonly string[];
  /** null: none is known. */
  readonly fix: LintFix | null;
};

/** A fix. `diff` "" where the file cannot be changed in place (a template, an anchor, no text). */
export type LintFix = {
  readonly diff: string;
  /** It takes the finding away, denies nothing new, and newly allows nothing but what the finding is about. */
  readonly proven: boolean;
  /** Somebody has to want what it opens: `--fix` leaves it alone. */
  readonly isProposal: boolean;
  /** Recorded conversations that it newly allows, as text. */
  readonly newlyAllows: readonly string[];
};

export type SleptCheck = { readonly check: string; readonly needs: readonly string[] };

export type IgnoredFinding = {
  readonly check: string;
  readonly place: Place;
  readonly reason: string;
};
