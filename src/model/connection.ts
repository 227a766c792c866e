import type { End, L7Request, Protocol } from "./conversation.ts";
import type { Direction } from "./decision.ts";
import type { RuleRef } from "./policy.ts";

/**
 * Under which names Cilium knows the destination address on the source's node (learned through the DNS proxy).
 * `complete: false` means that the address may have names nobody recorded: where a toFQDNs rule could match one, the
 * side is undecided ("no DNS answer seen"). A subject whose DNS is not proxied learns nothing: `{learned: [],
 * complete: true}`.
 */
export type NameKnowledge = { readonly learned: readonly string[]; readonly complete: boolean };

/** What the engine decides: one attempt to connect, after service translation. */
export type Connection = {
  readonly from: End;
  readonly to: End;
  readonly protocol: Protocol;
  /** Destination port (the container port); null for ICMP and where L4 is absent. */
  readonly port: number | null;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  /** The L7 request a proxy would see; null when none was recorded. */
  readonly request: L7Request | null;
  /** The server name of the TLS handshake, where an HTTP request is given as well. Absent or null: not seen. */
  readonly serverName?: string | null;
  readonly names: NameKnowledge;
};

/** Where a rule of a selecting policy stopped matching a connection; "none" when it matches whole. */
export type FailedClause = "none" | "peer" | "port" | "protocol" | "not-resolved";

/** One rule that the subject's policies hold in a direction, held against a connection. */
export type Candidate = {
  readonly rule: RuleRef;
  readonly deny: boolean;
  /** Which peer field it uses: `fromEndpoints`, `toFQDNs`, …; null when it has none (every peer). */
  readonly peerField: string | null;
  readonly peerMatches: boolean;
  readonly portMatches: boolean;
  readonly fails: FailedClause;
};

/** Everything one side's policies have to say about a connection: for explain, causes and the nearest rule. */
export type Walk = {
  readonly direction: Direction;
  /** Policies whose subject selector takes this end, by `policyName`. */
  readonly selecting: readonly string[];
  /** Rules that switch default deny on in this direction. */
  readonly defaultDeny: readonly RuleRef[];
  readonly candidates: readonly Candidate[];
};
