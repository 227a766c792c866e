import type { Direction } from "#model/decision.ts";
import type { RuleRef } from "#model/policy.ts";
import type { CiliumConfig } from "#model/profile.ts";
import type { Identity } from "../identity/identity.ts";
import { NAMESPACE_KEY } from "../rules/parse-context.ts";
import { addEntry, addHost, type FilterContext, type FilterTable, type L4Filter, PolicyConflict } from "./l4-filter.ts";
import { lookupLabel, selectLabel } from "../selector/labels.ts";
import type { Features } from "./map-state.ts";
import type { PolicyEntry } from "../rules/policy-entry.ts";
import { isWildcard, type Requirement, type Selector } from "../selector/selector.ts";
import { type DirectionRules, directionRules, flattenPriorities, type Priorities } from "./rules.ts";
import type { Semantics } from "../semantics.ts";

// Upstream: selectorPolicy in pkg/policy/resolve.go, Repository.resolvePolicyLocked.

/** What holds for a subject in one direction, still in terms of selectors. */
export type DirectionPolicy = {
  readonly enforced: boolean;
  /** The subject's own entries: what policies say, without the agent's implicit rules. */
  readonly matching: readonly PolicyEntry[];
  readonly defaultDeny: readonly RuleRef[];
  /** In the order of tiers. */
  readonly filters: readonly L4Filter[];
  readonly priorities: Priorities;
  readonly features: Features;
};

export type SelectorPolicy = {
  /** Policies with a rule whose subject selector takes this endpoint. */
  readonly selecting: readonly string[];
  readonly ingress: DirectionPolicy;
  readonly egress: DirectionPolicy;
  /** Why the agent cannot compute it; null when it can. */
  readonly error: string | null;
};

/** What resolving entries needs besides them. */
export type Resolving = {
  readonly config: CiliumConfig;
  readonly semantics: Semantics;
  readonly selects: (selector: Selector, identity: Identity) => boolean;
};

/** All entries of valid policies, by the namespace that they look at. */
export type Repository = Resolving & { readonly byNamespace: ReadonlyMap<string, readonly PolicyEntry[]> };

/** Groups entries by namespace, "" for cluster-wide ones. Upstream: rulesByNamespace. */
export function entriesByNamespace(entries: readonly PolicyEntry[]): ReadonlyMap<string, readonly PolicyEntry[]> {
  const groups = new Map<string, PolicyEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.namespace);
    if (group === undefined) groups.set(entry.namespace, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** The entries whose subject selector takes this identity. */
export function matchingEntries(repository: Repository, subject: Identity): readonly PolicyEntry[] {
  const namespace = namespaceOf(subject);
  const own = namespace === "" ? [] : (repository.byNamespace.get(namespace) ?? []);
  const all = [...(repository.byNamespace.get("") ?? []), ...own];
  return all.filter((entry) => !entry.node && repository.selects(entry.subject, subject));
}

const NAMESPACE_LABEL = selectLabel(NAMESPACE_KEY);

/** The namespace of a pod's labels, "" where there is none. */
export function namespaceOf(identity: Identity): string {
  return lookupLabel(identity.labels, NAMESPACE_LABEL) ?? "";
}

/** Whose policy is resolved; `host` is its node, which redirects may have to leave alone. */
export type Subject = { readonly identity: Identity; readonly host: Identity };

/** Resolves a subject's policy: which rules select it, merged by port and selector. */
export function resolvePolicy(repository: Repository, subject: Subject): SelectorPolicy {
  return resolveMatching(repository, subject, matchingEntries(repository, subject.identity));
}

/** Resolves the entries whose subject selector takes the subject, in the order of matchingEntries. */
export function resolveMatching(
  repository: Resolving,
  subject: Subject,
  matching: readonly PolicyEntry[],
): SelectorPolicy {
  const selecting = [...new Set(matching.map((entry) => entry.ref.policy))].sort();
  const wildcard = firstWildcard();
  const resolve = (direction: Direction) => resolveDirection(repository, { ...subject, wildcard }, direction, matching);
  const ingress = resolve("ingress");
  const egress = resolve("egress");
  return { selecting, ingress: ingress.policy, egress: egress.policy, error: ingress.error ?? egress.error };
}

/**
 * An empty cidrGroupSelector has the key of the wildcard, and the selector cache holds one selector a key: the first to be
 * resolved, ingress before egress, stands for both. It shows where an egress rule names a port: that is looked up
 * at the identities which the selector takes, and a CIDR takes no pods. Between endpoints the order is anybody's guess.
 * Upstream: SelectorCache.addSelectorsTxn, L4Filter.toMapState.
 */
function firstWildcard(): FilterContext["wildcard"] {
  let first: Selector | null = null;
  return (selector) => {
    first ??= selector;
    return first;
  };
}

type Resolved = Subject & Pick<FilterContext, "wildcard">;

function resolveDirection(
  repository: Resolving,
  subject: Resolved,
  direction: Direction,
  all: readonly PolicyEntry[],
): { readonly policy: DirectionPolicy; readonly error: string | null } {
  const matching = withRequirements(
    all.filter((entry) => entry.direction === direction),
    repository.semantics,
  );
  const rules = directionRules(direction, matching, subject.identity.labels, repository);
  const priorities = flattenPriorities(rules.entries);
  const context = filterContext(repository, subject, rules);
  const { filters, error } = buildFilters(rules.entries, priorities, context);
  const policy: DirectionPolicy = {
    enforced: rules.enforced,
    matching,
    defaultDeny: isolatingRules(matching),
    filters,
    priorities,
    features: featuresOf(filters),
  };
  return { policy, error };
}

/** Each rule once: a NetworkPolicy rule has an entry for each peer. */
function isolatingRules(matching: readonly PolicyEntry[]): readonly RuleRef[] {
  const isolating = matching.filter((entry) => entry.defaultDeny).map((entry) => entry.ref);
  return [...new Map(isolating.map((ref) => [`${ref.policy} ${ref.element}`, ref])).values()];
}

function filterContext(repository: Resolving, subject: Resolved, rules: DirectionRules): FilterContext {
  const { semantics } = repository;
  return {
    semantics,
    namespace: namespaceOf(subject.identity),
    wildcard: subject.wildcard,
    defaultDeny: rules.defaultDeny,
    allowLocalhost: repository.config.allowLocalhost === "always",
    selectsHost: (selector) =>
      isWildcard(selector) || (semantics.hostSkipsL7 === "when-created" && repository.selects(selector, subject.host)),
  };
}

function buildFilters(
  entries: readonly PolicyEntry[],
  priorities: Priorities,
  context: FilterContext,
): { readonly filters: readonly L4Filter[]; readonly error: string | null } {
  const table: FilterTable = new Map();
  try {
    for (const [index, entry] of entries.entries()) addEntry(table, entry, priorities.of[index] ?? 0, context);
  } catch (error) {
    if (error instanceof PolicyConflict) return { filters: [], error: error.message };
    throw error;
  }
  const filters = [...table.values()].sort((a, b) => a.tier - b.tier);
  if (context.semantics.hostSkipsL7 === "when-attached") for (const filter of filters) addHost(filter, context);
  return { filters, error: null };
}

/** Upstream: L4Filter.attach, which collects them. */
function featuresOf(filters: readonly L4Filter[]): Features {
  const policies = filters.flatMap((filter) => [...filter.selectors.values()].flatMap(({ policy }) => policy ?? []));
  return {
    denies: policies.some((policy) => policy.verdict === "deny"),
    redirects: policies.some((policy) => policy.l7Parser !== ""),
    ordered: policies.some((policy) => policy.priority > 0),
    auth: policies.some((policy) => policy.auth !== null),
    passes: policies.some((policy) => policy.verdict === "pass"),
  };
}

/**
 * 1.18: what any rule of the subject requires is asked of the endpoint peers of all its rules; deny rules have
 * requirements of their own. Upstream: 1.18 resolveL4IngressPolicy, GetSourceEndpointSelectorsWithRequirements.
 */
function withRequirements(entries: readonly PolicyEntry[], semantics: Semantics): readonly PolicyEntry[] {
  if (!semantics.requires || entries.every((entry) => entry.requires.length === 0)) return entries;
  return entries.map((entry) => {
    const required = entries.filter((other) => other.verdict === entry.verdict).flatMap((other) => other.requires);
    if (entry.l3 === null || required.length === 0 || entry.endpoints.length === 0) return entry;
    const others = entry.l3.filter((selector) => !entry.endpoints.includes(selector));
    return { ...entry, l3: [...entry.endpoints.map((selector) => requiring(selector, required)), ...others] };
  });
}

function requiring(selector: Selector, required: readonly Requirement[]): Selector {
  if (selector.kind !== "labels") return selector;
  const text = required.map(
    (item) => `${item.operator} ${item.key.source}:${item.key.key} ${[...item.values].join(",")}`,
  );
  return {
    ...selector,
    key: `${selector.key} ${text.join(";")}`,
    requirements: [...selector.requirements, ...required],
  };
}
