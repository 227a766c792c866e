import type { AuthMode, Direction } from "#model/decision.ts";
import type { RuleRef } from "#model/policy.ts";
import type { FqdnRule } from "../selector/match-pattern.ts";
import type { Requirement, Selector } from "../selector/selector.ts";

// Upstream: pkg/policy/types/policyentry.go, pkg/policy/api/{l4,http}.go. Differs: 1.18's rules are entries here too;
// what 1.18 holds in a Rule (requires) rides on its entries.

export type PolicyVerdict = "allow" | "deny" | "pass";

/** One port and protocol of a rule, after Sanitize. `protocol` is an upper-case name, "ANY" when none was given. */
export type PortProtocol = { readonly port: string; readonly endPort: number; readonly protocol: string };

export type HeaderMatch = {
  readonly name: string;
  readonly value: string;
  readonly mismatch: string;
  /** `namespace/name` of the Secret that holds the value, which ringfence never has; "" when there is none. */
  readonly secret: string;
};

export type HttpRule = {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: readonly string[];
  readonly headerMatches: readonly HeaderMatch[];
};

/** L7 rules of a port rule. `kafka` and `l7` are kept as text: only whether they are equal matters. */
export type L7Rules = {
  readonly http: readonly HttpRule[];
  readonly dns: readonly FqdnRule[];
  readonly kafka: readonly string[];
  readonly l7proto: string;
  readonly l7: readonly string[];
};

export const NO_L7: L7Rules = { http: [], dns: [], kafka: [], l7proto: "", l7: [] };

/** Upstream: api.L7Rules.Len. `l7proto` alone does not count. */
export function l7Count(rules: L7Rules): number {
  return rules.http.length + rules.dns.length + rules.kafka.length + rules.l7.length;
}

export type Listener = {
  readonly kind: string;
  readonly envoyConfig: string;
  readonly name: string;
  readonly priority: number;
};

/** One element of toPorts, or one of icmps turned into ports. */
export type PortRule = {
  readonly ports: readonly PortProtocol[];
  readonly rules: L7Rules | null;
  readonly serverNames: readonly string[];
  /** The secret of a TLS context as `namespace/name`; null when there is no context. */
  readonly terminatingTls: string | null;
  readonly originatingTls: string | null;
  readonly listener: Listener | null;
};

export function plainPorts(ports: readonly PortProtocol[]): PortRule {
  return { ports, rules: null, serverNames: [], terminatingTls: null, originatingTls: null, listener: null };
}

/**
 * One rule of one policy in one direction. `l3` null selects nobody; empty means everybody where there are ports, and
 * nobody without. `l4` empty is every port and protocol.
 */
export type PolicyEntry = {
  readonly ref: RuleRef;
  readonly direction: Direction;
  readonly verdict: PolicyVerdict;
  readonly tier: number;
  readonly priority: number;
  readonly subject: Selector;
  /** True when the rule is about nodes (nodeSelector): never about a pod. */
  readonly node: boolean;
  /** The namespace whose endpoints are looked at; "" for cluster-wide policies. */
  readonly namespace: string;
  readonly l3: readonly Selector[] | null;
  readonly l4: readonly PortRule[];
  readonly defaultDeny: boolean;
  readonly auth: AuthMode | null;
  readonly log: string;
  /** The peer field it uses, null when it has none. */
  readonly peerField: string | null;
  /** The order in which entries are merged. Upstream: ruleSlice.sort. */
  readonly order: string;
  /** 1.18: the selectors of fromEndpoints/toEndpoints, which get the requirements of all rules of the subject. */
  readonly endpoints: readonly Selector[];
  readonly requires: readonly Requirement[];
};

/** What an entry has where its rule says nothing of it. */
export const PLAIN_ENTRY = {
  node: false,
  namespace: "",
  l4: [],
  auth: null,
  log: "",
  peerField: null,
  order: "",
  endpoints: [],
  requires: [],
} as const satisfies Partial<PolicyEntry>;
