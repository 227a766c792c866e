import type { Direction } from "#model/decision.ts";
import { isServiceName } from "../identity/named-ports.ts";
import { implicitOrigin, mergeOrigins, NO_ORIGIN, type Origin, originOf } from "../rules/origin.ts";
import {
  defaultListenerPriority,
  isRedirect,
  type MaybePolicy,
  mergePolicies,
  type PerSelectorPolicy,
  withWildcard,
} from "./per-selector-policy.ts";
import {
  type L7Rules,
  l7Count,
  NO_L7,
  plainPorts,
  type PolicyEntry,
  type PortProtocol,
  type PortRule,
} from "../rules/policy-entry.ts";
import { ANY, protocolNumber } from "../rules/protocol.ts";
import { HOST, isWildcard, NONE, type Selector, WILDCARD } from "../selector/selector.ts";
import type { Semantics } from "../semantics.ts";
import { parsePort } from "../validate/go-number.ts";

// Upstream: L4Filter in pkg/policy/l4.go, mergePortProto and mergeL4Filter in pkg/policy/rule.go.

/** What a selector's peers meet on one port: `origin` are the rules that say so. */
export type SelectorEntry = {
  readonly selector: Selector;
  readonly policy: MaybePolicy;
  readonly origin: Origin;
};

/** All rules of one tier for one port (or range, or name) and protocol. */
export type L4Filter = {
  readonly tier: number;
  readonly direction: Direction;
  /** 0 for every port, and for a named one. */
  readonly port: number;
  /** The port it is merged under. */
  readonly tablePort: number;
  /** 0 for a single port. */
  readonly endPort: number;
  /** "" unless the port is named. */
  readonly portName: string;
  readonly proto: number;
  /** By selector key. */
  readonly selectors: Map<string, SelectorEntry>;
};

/** Where a rule is being resolved. */
export type FilterContext = {
  readonly semantics: Semantics;
  /** The subject's namespace, "" when it has none. */
  readonly namespace: string;
  /** True when some rule isolates the subject in this direction. */
  readonly defaultDeny: boolean;
  readonly allowLocalhost: boolean;
  /** True for the selectors that take the local host. */
  readonly selectsHost: (selector: Selector) => boolean;
  /** What stands for everybody in the subject's policy: the first selector of the wildcard's key that was resolved. */
  readonly wildcard: (selector: Selector) => Selector;
};

/** The filters of one direction while they are put together, by port and protocol. */
export type FilterTable = Map<string, L4Filter>;

/** The subject's policy cannot be computed: the agent then keeps what it had. */
export class PolicyConflict extends Error {}

const EVERY_PORT: PortProtocol = { port: "0", endPort: 0, protocol: "ANY" };
const ANY_PROTOCOLS = ["TCP", "UDP", "SCTP"];

/** Adds one entry to the table, at an absolute priority. Throws PolicyConflict. Upstream: mergeL4Filter. */
export function addEntry(table: FilterTable, entry: PolicyEntry, priority: number, context: FilterContext): void {
  const { l3 } = entry;
  if (l3 === null) return;
  const add = (rule: PortRule, port: PortProtocol) => {
    const policy = selectorPolicy(entry, rule, port.protocol, { ...context, priority });
    addFilter(table, newFilter(entry, l3, { ...port, policy }, context), context);
  };
  if (entry.l4.length === 0 && l3.length > 0) add(plainPorts([]), EVERY_PORT);
  for (const rule of entry.l4) {
    for (const port of rule.ports) {
      const protocols = port.protocol === "ANY" ? ANY_PROTOCOLS : [port.protocol];
      for (const protocol of protocols) add(rule, { ...port, protocol });
    }
  }
}

/** Upstream: createL4Filter. */
function newFilter(
  entry: PolicyEntry,
  l3: readonly Selector[],
  { policy, ...port }: PortProtocol & { readonly policy: MaybePolicy },
  context: FilterContext,
): L4Filter {
  const isNamed = isServiceName(port.port);
  const number = isNamed ? 0 : portNumber(port.port);
  const origin = entry.ref.policy === "" ? implicitOrigin(entry.ref.element) : originOf(entry.ref, entry.log);
  const filter: L4Filter = {
    tier: entry.tier,
    direction: entry.direction,
    port: number,
    tablePort: context.semantics.decimalTablePorts ? decimalPort(port.port) : number,
    endPort: port.endPort,
    portName: isNamed ? port.port : "",
    proto: protocolNumber(port.protocol) ?? ANY,
    selectors: new Map(peersOf(l3, context).map((selector) => [selector.key, { selector, policy, origin }])),
  };
  if (context.semantics.hostSkipsL7 === "when-created") addHost(filter, context);
  return filter;
}

/**
 * A wildcard among the peers leaves only the wildcard; an empty cidrGroupSelector, which has the wildcard's key, does not.
 * Upstream: SelectorCache.AddSelectorsTxn, 1.18 createL4Filter.
 */
function peersOf(l3: readonly Selector[], { wildcard }: FilterContext): readonly Selector[] {
  const all = l3.filter(isWildcard);
  if (l3.length === 0 || all.some(({ kind }) => kind === "labels")) return [wildcard(WILDCARD)];
  return all.length === 0 ? l3 : l3.map((selector) => (isWildcard(selector) ? wildcard(selector) : selector));
}

/** Go's ParseUint with its error ignored: 0 for what is no number, the highest port for what is too high. */
export function portNumber(text: string): number {
  const parsed = parsePort(text);
  if ("value" in parsed) return parsed.value;
  return parsed.error.endsWith("value out of range") ? 0xffff : 0;
}

/** The trap: before 1.20 "0120" is port 80 but is merged with the rules of port 120. Upstream: parsePortProtocol. */
function decimalPort(text: string): number {
  return /^[0-9]+$/.test(text) ? Math.min(Number(text), 0xffff) : 0;
}

/**
 * A redirect that takes the host, while localhost is always allowed, gives the host a plain entry of its own.
 * Upstream: 1.18 createL4IngressFilter, 1.19 L4Filter.attach.
 */
export function addHost(filter: L4Filter, context: FilterContext): void {
  if (filter.direction !== "ingress" || !context.allowLocalhost || filter.selectors.has(HOST.key)) return;
  const redirects = [...filter.selectors.values()].some(
    ({ selector, policy }) => isRedirect(policy) && context.selectsHost(selector),
  );
  if (redirects) filter.selectors.set(HOST.key, { selector: HOST, policy: null, origin: NO_ORIGIN });
}

function selectorPolicy(
  entry: PolicyEntry,
  rule: PortRule,
  protocol: string,
  context: FilterContext & { readonly priority: number },
): MaybePolicy {
  const l7Parser = parserOf(rule, protocol);
  const { priority, semantics } = context;
  if (l7Parser === "" && entry.auth === null && entry.verdict === "allow" && priority === 0) return null;
  const custom = rule.listener?.priority ?? 0;
  const policy: PerSelectorPolicy = {
    verdict: entry.verdict,
    priority,
    l7Parser,
    listener: listenerName(rule, context.namespace),
    listenerPriority: custom !== 0 ? custom : defaultListenerPriority(l7Parser, semantics.proxylib),
    terminatingTls: rule.terminatingTls,
    originatingTls: rule.originatingTls,
    serverNames: [...new Set(rule.serverNames)].sort(),
    rules: rulesOf(entry, rule.rules ?? NO_L7, context.defaultDeny),
    auth: entry.auth,
  };
  return policy;
}

/** Where nothing isolates the subject, L7 rules must not filter either. Upstream: createL4Filter, ensureWildcard. */
function rulesOf(entry: PolicyEntry, rules: L7Rules, defaultDeny: boolean): L7Rules {
  return l7Count(rules) > 0 && !defaultDeny && entry.verdict === "allow" ? withWildcard(rules) : rules;
}

function parserOf(rule: PortRule, protocol: string): string {
  if (rule.listener !== null) return "crd";
  const tls = rule.terminatingTls !== null || rule.originatingTls !== null || rule.serverNames.length > 0 ? "tls" : "";
  const { rules } = rule;
  if (rules === null) return tls;
  if (rules.dns.length > 0) return "dns";
  if (protocol !== "TCP") return tls;
  if (rules.http.length > 0) return "http";
  if (rules.kafka.length > 0) return "kafka";
  return rules.l7proto === "" ? tls : rules.l7proto;
}

function listenerName(rule: PortRule, namespace: string): string {
  const { listener } = rule;
  if (listener === null) return "";
  if (listener.kind === "CiliumEnvoyConfig" && namespace === "") {
    throw new PolicyConflict(`Listener "${listener.name}" in CCNP can not use Kind CiliumEnvoyConfig`);
  }
  const scope = listener.kind === "CiliumClusterwideEnvoyConfig" ? "" : namespace;
  return `${scope}/${listener.envoyConfig}/${listener.name}`;
}

/** A named port's filter is told by name and protocol alone, whatever its endPort. Upstream: L4PolicyMap.upsert. */
function filterKey(filter: L4Filter): string {
  const port = filter.portName === "" ? `${filter.tablePort}-${filter.endPort}` : filter.portName;
  return `${filter.tier} ${port}/${filter.proto}`;
}

function addFilter(table: FilterTable, added: L4Filter, context: FilterContext): void {
  const key = filterKey(added);
  const existing = table.get(key);
  if (existing === undefined) table.set(key, added);
  else for (const entry of added.selectors.values()) mergeSelector(existing, entry, context);
}

/** Upstream: mergePortProto. */
function mergeSelector(filter: L4Filter, added: SelectorEntry, { semantics }: FilterContext): void {
  const { key } = added.selector;
  const existing = filter.selectors.get(key);
  if (existing === undefined) filter.selectors.set(key, added);
  if (existing === undefined || key === NONE.key) return;
  const merged = mergePolicies(existing.policy, added.policy, key);
  const origin = mergeOrigins(existing.origin, added.origin);
  switch (merged.kind) {
    case "conflict":
      throw new PolicyConflict(merged.error);
    case "equal":
      filter.selectors.set(key, { ...existing, origin });
      return;
    case "both":
      filter.selectors.set(key, { ...existing, policy: merged.policy, origin });
      return;
    case "first":
      if (semantics.originOfOverruled) filter.selectors.set(key, { ...existing, origin });
      return;
    case "second":
      filter.selectors.set(key, { ...added, origin: semantics.originOfOverruled ? origin : added.origin });
  }
}
