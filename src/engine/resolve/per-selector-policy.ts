import type { AuthMode } from "#model/decision.ts";
import { type L7Rules, l7Count, NO_L7, type PolicyVerdict } from "../rules/policy-entry.ts";

// Upstream: PerSelectorPolicy in pkg/policy/l4.go and its merging in pkg/policy/rule.go mergePortProto. Differs: merging
// makes a new value.

/** What one filter says of one selector. A plain allow is null: no proxy, no authentication, priority 0. */
export type PerSelectorPolicy = {
  readonly verdict: PolicyVerdict;
  /** Absolute, flattened over tiers; the lower goes first. */
  readonly priority: number;
  /** "" when nothing redirects; else http, dns, tls, crd, kafka or an l7proto. */
  readonly l7Parser: string;
  readonly listener: string;
  readonly listenerPriority: number;
  readonly terminatingTls: string | null;
  readonly originatingTls: string | null;
  readonly serverNames: readonly string[];
  readonly rules: L7Rules;
  readonly auth: AuthMode | null;
};

const PLAIN: PerSelectorPolicy = {
  verdict: "allow",
  priority: 0,
  l7Parser: "",
  listener: "",
  listenerPriority: 0,
  terminatingTls: null,
  originatingTls: null,
  serverNames: [],
  rules: NO_L7,
  auth: null,
};

export type MaybePolicy = PerSelectorPolicy | null;

export function verdictOf(policy: MaybePolicy): PolicyVerdict {
  return policy?.verdict ?? "allow";
}

export function isRedirect(policy: MaybePolicy): policy is PerSelectorPolicy {
  return policy !== null && policy.l7Parser !== "";
}

/** Upstream: L7ParserType.defaultPriority; a proxylib parser has its own before 1.20. */
export function defaultListenerPriority(parser: string, proxylib: boolean): number {
  switch (parser) {
    case "":
      return 0;
    case "http":
      return 101;
    case "kafka":
      return proxylib ? 106 : 0;
    case "tls":
      return 116;
    case "dns":
      return 121;
    case "crd":
      return 126;
    default:
      return proxylib ? 111 : 0;
  }
}

/** What came of merging two policies of one selector, or why the agent cannot merge them. */
export type Merged =
  | { readonly kind: "first" | "second" | "equal" }
  | { readonly kind: "both"; readonly policy: MaybePolicy }
  | { readonly kind: "conflict"; readonly error: string };

/** Merges what two rules say of the same selector, port and protocol. `selector` is named in errors. */
export function mergePolicies(existing: MaybePolicy, added: MaybePolicy, selector: string): Merged {
  if (sameText(existing, added)) return { kind: "equal" };
  const order = (existing?.priority ?? 0) - (added?.priority ?? 0);
  if (order < 0 || (order === 0 && overrules(existing, added))) return { kind: "first" };
  if (order > 0 || overrules(added, existing)) return { kind: "second" };
  return mergeAllows(existing ?? PLAIN, added ?? PLAIN, selector);
}

function sameText(a: MaybePolicy, b: MaybePolicy): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** A deny goes before everything, an allow before a pass. Upstream: HasPrecedenceOver. */
function overrules(a: MaybePolicy, b: MaybePolicy): boolean {
  return verdictOf(a) === "deny" || (verdictOf(a) === "allow" && verdictOf(b) === "pass");
}

function mergeAllows(existing: PerSelectorPolicy, added: PerSelectorPolicy, selector: string): Merged {
  const redirect = mergeRedirects(existing, added);
  if (typeof redirect === "string") return { kind: "conflict", error: redirect };
  const error = conflictOf(existing, added, selector);
  if (error !== null) return { kind: "conflict", error };
  const serverNames = [...new Set([...existing.serverNames, ...added.serverNames])];
  const merged: PerSelectorPolicy = {
    ...existing,
    ...redirect,
    auth: existing.auth ?? added.auth,
    terminatingTls: existing.terminatingTls ?? added.terminatingTls,
    originatingTls: existing.originatingTls ?? added.originatingTls,
    serverNames,
  };
  if (serverNames.length > 0 && l7Count(existing.rules) > 0 && merged.terminatingTls === null) {
    const text = `cannot merge L7 rules for cached selector ${selector} with SNI filtering without TLS termination`;
    return { kind: "conflict", error: text };
  }
  return { kind: "both", policy: { ...merged, rules: mergeRules(existing.rules, added.rules) } };
}

function conflictOf(existing: PerSelectorPolicy, added: PerSelectorPolicy, selector: string): string | null {
  const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  if (differ(existing.auth, added.auth)) {
    return `cannot merge conflicting authentication types (${added.auth}/${existing.auth})`;
  }
  if (differ(existing.terminatingTls, added.terminatingTls)) {
    return `cannot merge conflicting terminating TLS contexts for cached selector ${selector}`;
  }
  if (differ(existing.originatingTls, added.originatingTls)) {
    return `cannot merge conflicting originating TLS contexts for cached selector ${selector}`;
  }
  return null;
}

type Redirect = Pick<PerSelectorPolicy, "l7Parser" | "listener" | "listenerPriority">;

/** Upstream: mergeRedirect. The listener of the lower number wins; 0 is the lowest. An error is text. */
function mergeRedirects(existing: PerSelectorPolicy, added: PerSelectorPolicy): Redirect | string {
  const l7Parser = mergeParsers(existing.l7Parser, added.l7Parser);
  if (l7Parser === null) return `cannot merge conflicting L7 parsers (${existing.l7Parser}/${added.l7Parser})`;
  const listenerPriority = l7Parser === existing.l7Parser ? existing.listenerPriority : added.listenerPriority;
  const { listener } = existing;
  const kept = { l7Parser, listener, listenerPriority };
  if (added.listener === "") return kept;
  if (added.listener === listener && added.listenerPriority === listenerPriority) return kept;
  if (rank(listenerPriority) < rank(added.listenerPriority)) return kept;
  if (listener === "" || rank(added.listenerPriority) < rank(listenerPriority)) {
    return { l7Parser, listener: added.listener, listenerPriority: added.listenerPriority };
  }
  const both = `${added.listener}/${listener}`;
  return `cannot merge conflicting CiliumEnvoyConfig Listeners (${both}) with the same priority (${listenerPriority})`;
}

function rank(listenerPriority: number): number {
  return listenerPriority === 0 ? 256 : listenerPriority;
}

function mergeParsers(a: string, b: string): string | null {
  if (a === b || canPromote(a, b)) return b;
  return canPromote(b, a) ? a : null;
}

function canPromote(from: string, to: string): boolean {
  return from === "" || (from === "tls" && to !== "" && to !== "dns" && to !== "crd");
}

/** The union; where only one side has L7 rules, a rule for everything joins them. Upstream: appendL7WildcardRule. */
function mergeRules(existing: L7Rules, added: L7Rules): L7Rules {
  if (l7Count(existing) === 0) return l7Count(added) === 0 ? existing : withWildcard(added);
  if (l7Count(added) === 0) return withWildcard(existing);
  return {
    http: union(existing.http, added.http),
    dns: union(existing.dns, added.dns),
    kafka: union(existing.kafka, added.kafka),
    l7proto: existing.l7proto === "" ? added.l7proto : existing.l7proto,
    l7: union(existing.l7, added.l7),
  };
}

function union<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  const known = new Set(a.map((item) => JSON.stringify(item)));
  return [...a, ...b.filter((item) => !known.has(JSON.stringify(item)))];
}

/** Adds the rule that lets everything through, to the kind there is. Upstream: appendL7WildcardRule, ensureWildcard. */
export function withWildcard(rules: L7Rules): L7Rules {
  if (rules.http.length > 0) return { ...rules, http: union(rules.http, [EVERY_REQUEST]) };
  if (rules.kafka.length > 0) return { ...rules, kafka: union(rules.kafka, ["{}"]) };
  if (rules.dns.length > 0) return { ...rules, dns: union(rules.dns, [{ matchName: "", matchPattern: "*" }]) };
  return rules.l7.length > 0 ? { ...rules, l7: union(rules.l7, ["{}"]) } : rules;
}

const EVERY_REQUEST = { method: "", path: "", host: "", headers: [], headerMatches: [] };
