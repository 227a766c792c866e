import type { RuleRef } from "./policy.ts";

export type Direction = "egress" | "ingress";
export type Answer = "allowed" | "denied" | "undecided";

/** The proxy that an L4 rule hands the connection to; before 1.20 also the name of an l7proto. */
export type Redirect = "http" | "dns" | "tls" | "kafka" | "crd" | (string & {});
export type AuthMode = "disabled" | "required" | "test-always-fail";

/** What a proxy answers to the request that was seen; "unseen" when none was recorded. */
export type L7Answer = "allowed" | "denied" | "unseen";

/** The fact that is lacking, in words for people: `no DNS answer seen`, and what would decide it. */
export type Missing = { readonly what: string; readonly remedy: string };

/**
 * What one side's policies say, at L3/L4, with the reason.
 * `by`: the rules whose entry won (empty: an implicit rule or no enforcement; for a denial: nothing allowed it).
 * `defaultDeny`: who switched default deny on in this direction (a rule of every policy that did).
 */
export type Ruling =
  | {
      readonly decision: "allowed";
      readonly by: readonly RuleRef[];
      readonly defaultDeny: readonly RuleRef[];
      readonly redirect: Redirect | null;
      /** null when nothing redirects. */
      readonly l7: L7Answer | null;
      /** Why the proxy refuses, or which fact it lacks; null when it allows or nothing redirects. */
      readonly l7Reason: string | null;
      readonly auth: AuthMode | null;
      /** An implicit rule that allowed it: `allow-localhost`, `default-allow`, `not-enforced`, …; null when `by` did. */
      readonly implicit: string | null;
    }
  | { readonly decision: "denied"; readonly by: readonly RuleRef[]; readonly defaultDeny: readonly RuleRef[] }
  | {
      readonly decision: "undecided";
      /** Rules that would decide it if the missing fact were known. */
      readonly by: readonly RuleRef[];
      readonly defaultDeny: readonly RuleRef[];
      readonly missing: Missing;
    };

/**
 * What the policies say about one conversation, each side apart. A side is null where Cilium enforces nothing there
 * (world, a node, an unmanaged address). `verdict` is the whole: denied if a side is denied or a proxy refuses what was
 * seen, undecided if a side is, or a proxy was not shown the request, else allowed.
 */
export type ConversationDecision = {
  readonly verdict: Answer;
  readonly egress: Ruling | null;
  readonly ingress: Ruling | null;
};
