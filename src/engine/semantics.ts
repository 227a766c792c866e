import type { CiliumMinor } from "#model/profile.ts";

// Upstream: the differences between the `pkg/policy`, `pkg/k8s`, `pkg/labels` and `pkg/fqdn` of three minors, as data.
// Everything the engine does differently per minor is asked here and nowhere else. docs/semantics.md names the case of each.

/** How one Cilium minor decides, where the minors disagree. */
export type Semantics = {
  /** Tier of CNP, CCNP and KNP entries, and of the implicit ones. Upstream: pkg/policy/types/policyentry.go Tier. */
  readonly normalTier: number;
  /** Tier of implicit entries; null: they join the last rule's tier (1.18, 1.19: there is only one). */
  readonly defaultTier: number | null;
  /** The localhost allow is a rule of the last tier, added only where rules select the subject. Before: always an entry. */
  readonly localhostIsRule: boolean;
  /** With node selector labels on, the own node carries its labels too; before, only other nodes. Upstream: pkg/node/manager nodeIdentityLabels. */
  readonly hostHasNodeLabels: boolean;
  /** The agent's `node-labels` filter the node's cluster label too. Upstream: pkg/node/manager nodeIdentityLabels. */
  readonly nodeFilterTakesCluster: boolean;
  /** A redirect that selects the host gives the host a plain entry beside it. Upstream: 1.18 createL4IngressFilter, 1.19 attach. */
  readonly hostSkipsL7: "when-created" | "when-attached" | "never";
  /** Policy map entries of aggregate identities, which selectors can select. Upstream: pkg/policy/aggregate.go. */
  readonly aggregates: boolean;
  /** Among equal allows the aggregate's entry is taken where the identity's own names a longer port prefix. Upstream: 1.20 mapState.lookup. */
  readonly aggregateWinsLongerPort: boolean;
  /** Rules that a deny of the same selector and port overrules still count as its origin. Upstream: 1.18 addL4Filter. */
  readonly originOfOverruled: boolean;
  /** fromRequires and toRequires are enforced. */
  readonly requires: boolean;
  /** toFQDNs beside an empty list of another kind still select. Upstream: 1.18 EgressRule.SetAggregatedSelectors. */
  readonly fqdnsBesideEmptyList: boolean;
  /** Selector keys may write a source with a dot (`reserved.host`). Upstream: pkg/labels parseSource before 1.20. */
  readonly dottedReserved: boolean;
  /** A CIDR rule is a label selector (`cidr:` label, and a world selector for /0) or a selector of its own. */
  readonly cidr: "labels" | "selector";
  /** CIDR selectors select only the world, and nodes or pods where the match mode says so. Upstream: 1.20 CIDRSelector.Matches. */
  readonly cidrChecksReach: boolean;
  /** A CIDR group's labels are also kept with the value in the key. Upstream: pkg/labels EncodedCIDRGroupLabel. */
  readonly cidrGroupValuesInKeys: boolean;
  /** An address of the disabled family carries that family's own world label. Upstream: pkg/labels getWorldLabel. */
  readonly worldByFamily: boolean;
  /** An endpoint with a label named `host`, of any source, is taken for the host: no policy. Upstream: 1.18 computePolicyEnforcementAndRules. */
  readonly hostLabelExempts: boolean;
  /** Egress named ports are looked up per peer identity, and are identity labels; before: one table for the cluster. */
  readonly namedPortsPerIdentity: boolean;
  /** Rules of one port are found by its decimal reading, although "0120" is port 80. Upstream: L4PolicyMap before 1.20. */
  readonly decimalTablePorts: boolean;
  /** Port "0" with an endPort is a range from 0; later it is every port. Upstream: keysForRange. */
  readonly rangeFromZero: boolean;
  /** `**.` stands for one or more labels, `**` alone for every name. Upstream: pkg/fqdn/matchpattern. */
  readonly deepPatterns: boolean;
  /** NetworkPolicy goes through Rule.Sanitize, with its lower-casing of port names. */
  readonly knpSanitized: boolean;
  /** A NetworkPolicy selector that no API server would take selects everything. Upstream: 1.19 LabelSelectorToRequirements. */
  readonly knpBadSelectorIsEverything: boolean;
  /** A NetworkPolicy peer without any field is no peer at all (with ports: everybody). */
  readonly knpEmptyPeerIsNone: boolean;
  /** `k8sServiceSelector: {selector: {}}` matches no service; its keys carry no source. */
  readonly plainServiceSelector: boolean;
  /** toGroups and fromGroups select the labels of the operator's CiliumCIDRGroup; before, the agent skips the whole object. */
  readonly groups: boolean;
  /** Kafka rules and l7proto exist. */
  readonly proxylib: boolean;
  /** Entities beyond the usual selectors of each: aggregates, cluster-mesh. */
  readonly clusterMeshEntity: boolean;
};

const V1_18: Semantics = {
  normalTier: 0,
  defaultTier: null,
  localhostIsRule: false,
  hostHasNodeLabels: false,
  nodeFilterTakesCluster: true,
  hostSkipsL7: "when-created",
  aggregates: false,
  aggregateWinsLongerPort: false,
  originOfOverruled: true,
  requires: true,
  fqdnsBesideEmptyList: true,
  dottedReserved: true,
  cidr: "labels",
  cidrChecksReach: false,
  cidrGroupValuesInKeys: false,
  worldByFamily: false,
  hostLabelExempts: true,
  namedPortsPerIdentity: false,
  decimalTablePorts: true,
  rangeFromZero: true,
  deepPatterns: false,
  knpSanitized: true,
  knpBadSelectorIsEverything: false,
  knpEmptyPeerIsNone: true,
  plainServiceSelector: true,
  groups: false,
  proxylib: true,
  clusterMeshEntity: false,
};

const V1_19: Semantics = {
  ...V1_18,
  hostSkipsL7: "when-attached",
  nodeFilterTakesCluster: false,
  originOfOverruled: false,
  requires: false,
  fqdnsBesideEmptyList: false,
  cidr: "selector",
  cidrGroupValuesInKeys: true,
  worldByFamily: true,
  deepPatterns: true,
  knpSanitized: false,
  knpBadSelectorIsEverything: true,
  knpEmptyPeerIsNone: false,
  plainServiceSelector: false,
};

const V1_20: Semantics = {
  ...V1_19,
  normalTier: 200,
  defaultTier: 255,
  localhostIsRule: true,
  hostHasNodeLabels: true,
  hostSkipsL7: "never",
  aggregates: true,
  aggregateWinsLongerPort: true,
  dottedReserved: false,
  cidrChecksReach: true,
  hostLabelExempts: false,
  knpBadSelectorIsEverything: false,
  namedPortsPerIdentity: true,
  decimalTablePorts: false,
  rangeFromZero: false,
  groups: true,
  proxylib: false,
  clusterMeshEntity: true,
};

export const SEMANTICS: Readonly<Record<CiliumMinor, Semantics>> = { "1.18": V1_18, "1.19": V1_19, "1.20": V1_20 };
