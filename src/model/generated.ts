import type { Direction } from "./decision.ts";
import type { Finding } from "./finding.ts";
import type { PolicyObject } from "./policy.ts";

/** What a rule is for: what every cluster needs stands apart from what the application itself does. */
export type Purpose = "application" | "dns" | "scrape" | "webhook" | "apiserver" | "probe";

/** Why looking again is advised before a conversation is allowed; what `--include` names. */
export type UnwantedReason = "denied" | "scan" | "unspoken" | "once";
export const UNWANTED_REASONS: readonly UnwantedReason[] = ["denied", "scan", "unspoken", "once"];

/** What a rule was made from. Counts are of events; times are milliseconds since 1970. */
export type RuleEvidence = {
  readonly conversations: number;
  readonly flows: number;
  readonly firstSeen: number | null;
  readonly lastSeen: number | null;
  /** All of it is one connection. */
  readonly seenOnce: boolean;
  /** `blog/blog-7d9 to webapp/webapp-7b6 at 2026-11-21T02:41:57Z`; null where nothing was recorded. */
  readonly example: string | null;
};

/** What a rule allows among the identities of the snapshot that was never seen, by workload, peer and port. */
export type RuleExcess = {
  readonly count: number;
  /** At most three: `shop/web → shop/db TCP 9187`. */
  readonly examples: readonly string[];
  /** What it allows beyond the snapshot: `every address outside the cluster`; null where the snapshot names all. */
  readonly beyond: string | null;
};

/** One rule of a generated policy. `path` is the element's path below the object: `spec.ingress[0]`, `specs[1].egress[0]`. */
export type GeneratedRule = {
  readonly path: string;
  readonly direction: Direction;
  readonly purpose: Purpose;
  readonly evidence: RuleEvidence;
  /** What a reader should know: what was collapsed, which name is missing. */
  readonly notes: readonly string[];
  readonly excess: RuleExcess;
};

/** A policy object as it is to be written, with what stands behind each of its rules. */
export type GeneratedPolicy = {
  readonly policy: PolicyObject;
  /** Workloads that it selects, `namespace/name`, sorted. */
  readonly workloads: readonly string[];
  readonly notes: readonly string[];
  readonly rules: readonly GeneratedRule[];
};

/** A conversation that is not part of the result, with the reason. `id` is the conversation's. */
export type LeftConversation = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** `TCP 5432`, `ICMPv4 type 8`. */
  readonly on: string;
  readonly flows: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly reason: string;
};

export type UnwantedConversation = LeftConversation & {
  readonly kind: UnwantedReason;
  /** What the result does with it: a side that no generated policy selects stays open. */
  readonly result: "denied" | "allowed" | "undecided";
};

/** The source conversations decided under the result by the engine, before anything is printed. */
export type GenerationProof = {
  readonly conversations: number;
  readonly allowed: number;
  /** Allowed at L4, into a proxy whose requests nobody recorded. */
  readonly l7Unseen: number;
  /** Turned into rules and yet refused: a bug of ours, or of a policy in force. Never empty and exit 0. */
  readonly denied: readonly LeftConversation[];
  readonly undecided: readonly LeftConversation[];
  /** Objects that Cilium would reject, with its error. */
  readonly rejected: readonly { readonly policy: string; readonly error: string }[];
};

/** What `ringfence generate` made of a snapshot. */
export type Generated = {
  readonly policies: readonly GeneratedPolicy[];
  /** Wanted, but no rule can be written for it. */
  readonly notWritten: readonly LeftConversation[];
  readonly unwanted: readonly UnwantedConversation[];
  readonly proof: GenerationProof;
  readonly findings: readonly Finding[];
};
