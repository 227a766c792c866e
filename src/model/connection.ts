import type { End, L7Request, Protocol } from "./conversation.ts";
import type { Direction, Missing } from "./decision.ts";
import type { RuleRef } from "./policy.ts";

/**
 * Under which names Cilium knows the destination address on the source's node (learned through the DNS proxy).
 * `complete: false` means that the address may have names nobody recorded: where a toFQDNs rule could match one, the
 * side is undecided ("no DNS answer seen"). A subject whose DNS is not proxied learns nothing: `{learned: [],
 * complete: true}`. `missing` says what exactly is lacking while it is not complete; absent: no DNS answer seen.
 */
export type NameKnowledge = {
  readonly learned: readonly string[];
  readonly complete: boolean;
  readonly missing?: Missing;
};

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

/** One requirement of a label selector, held against an end's labels. `key` is extended: `any:app`, `k8s:io.kubernetes.pod.namespace`. */
export type LabelCheck = {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
  /** The end's value of that key; null when it has none. */
  readonly found: string | null;
  readonly holds: boolean;
};

/**
 * One selector of a rule's peers, in the order in which the engine holds them: those of fromEndpoints or toEndpoints
 * stand first, in their written order. `labels` is null for what selects by address or name.
 */
export type PeerCheck = { readonly matches: boolean; readonly labels: readonly LabelCheck[] | null };

/** One port of a rule. `port` is a number or a name, an ICMP type for ICMP; "0" stands for every port. */
export type PortCheck = {
  readonly port: string;
  readonly endPort: number;
  readonly protocol: string;
  /** The numbers behind a name here; null when the port is written as a number. */
  readonly numbers: readonly number[] | null;
  readonly fails: FailedClause;
};

/** One L7 rule of a port that holds, against the request that was seen. */
export type L7Check = {
  readonly kind: "http" | "dns" | "tls" | "other";
  /** As people write it: `GET /api`, `*.example.org`. */
  readonly text: string;
  /** The first part that does not match; null: it takes the request. "unseen": nothing of its kind was shown. */
  readonly fails: "method" | "path" | "host" | "header" | "name" | "unseen" | null;
};

/** A rule clause by clause: for explanations. */
export type RuleClauses = {
  readonly peers: readonly PeerCheck[];
  readonly ports: readonly PortCheck[];
  readonly l7: readonly L7Check[];
};

/** One rule that the subject's policies hold in a direction, held against a connection. */
export type Candidate = {
  readonly rule: RuleRef;
  readonly deny: boolean;
  /** Which peer field it uses: `fromEndpoints`, `toFQDNs`, …; null when it has none (every peer). */
  readonly peerField: string | null;
  readonly peerMatches: boolean;
  readonly portMatches: boolean;
  readonly fails: FailedClause;
  readonly verdict: "allow" | "deny" | "pass";
  /** Lower tiers decide first; within one the lower priority. CNP, CCNP and NetworkPolicy share one tier. */
  readonly tier: number;
  readonly priority: number;
  /** Present when it was asked for. */
  readonly clauses?: RuleClauses;
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
