import type { AuthMode, Direction } from "#model/decision.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { NAMESPACE_META_PREFIX } from "#model/labels.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import { type CidrRule, cidrRuleSelectors, cidrSelectors } from "../selector/cidr-selector.ts";
import { entitySelectors } from "../selector/entity.ts";
import type { FqdnRule } from "../selector/match-pattern.ts";
import { extendedKey, NAMESPACE_KEY, type ParseContext, scopedToCluster } from "./parse-context.ts";
import type { PolicyEntry, PortRule } from "./policy-entry.ts";
import { readDenyPorts, readIcmps, readPortRules } from "./read-ports.ts";
import {
  asksKey,
  asksPrefix,
  type EndpointSelector,
  labelSelector,
  NONE,
  readSelector,
  requirementsOf,
  type Selector,
  withExpression,
  withMatch,
} from "../selector/selector.ts";
import { servicePeers } from "./to-services.ts";
import { isSet, listOf, structOf, structsOf, textOf, textsOf } from "../validate/fields.ts";

// Upstream: pkg/k8s/apis/cilium.io/v2 Parse, pkg/k8s/apis/cilium.io/utils ParseToCiliumRule, pkg/policy/utils/parserules.go
// (1.18: pkg/policy/api {ingress,egress}.go). Takes objects that validatePolicy accepted.

/** The entries of a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy: one a rule. */
export function cnpEntries(policy: PolicyObject, context: ParseContext): readonly PolicyEntry[] {
  if (!context.semantics.groups && asksGroups(policy.value)) return [];
  const spec = structOf(policy.value, "spec");
  const specs = structsOf(policy.value, "specs").map((rule, index) => ({ rule, path: `specs[${index}].` }));
  const rules = [...(spec === null ? [] : [{ rule: spec, path: "" }]), ...specs];
  const entries = rules.flatMap(({ rule, path }) => ruleEntries({ policy, context, rule, path }));
  const resource = `${policy.namespace === null ? "ccnp" : "cnp"}/${policy.namespace ?? ""}/${policy.name}`;
  return entries.map((entry, index) => ({ ...entry, order: `${resource} ${String(index).padStart(6, "0")}` }));
}

const SECTIONS = ["ingress", "ingressDeny", "egress", "egressDeny"] as const;
type Section = (typeof SECTIONS)[number];

function specsOf(value: JsonObject): readonly JsonObject[] {
  const spec = structOf(value, "spec");
  return [...(spec === null ? [] : [spec]), ...structsOf(value, "specs")];
}

/** Before 1.20 an object with groups is left to the operator, which writes another. Upstream: RequiresDerivative. */
function asksGroups(value: JsonObject): boolean {
  const rules = specsOf(value).flatMap((spec) => SECTIONS.flatMap((section) => structsOf(spec, section)));
  return rules.some((rule) => listOf(rule, "toGroups").length > 0 || listOf(rule, "fromGroups").length > 0);
}

type RuleSource = {
  readonly policy: PolicyObject;
  readonly context: ParseContext;
  readonly rule: JsonObject;
  /** `specs[1].` or "". */
  readonly path: string;
};

function ruleEntries(source: RuleSource): readonly PolicyEntry[] {
  const shared = sharedOf(source);
  return SECTIONS.flatMap((section) =>
    structsOf(source.rule, section).map((item, index) => {
      const direction: Direction = section.startsWith("ingress") ? "ingress" : "egress";
      const peers = peersOf(source, direction, item, section === "egress");
      const element = `${source.path}${section}[${index}]`;
      const isDeny = section.endsWith("Deny");
      // Written out: there are thousands, and spreading objects this wide is slow.
      return {
        ref: { policy: policyName(source.policy), element },
        direction,
        verdict: isDeny ? ("deny" as const) : ("allow" as const),
        tier: shared.tier,
        priority: shared.priority,
        subject: shared.subject,
        node: shared.node,
        namespace: shared.namespace,
        l3: peers.l3,
        l4: portsOf(section, item, source.context.semantics.proxylib),
        defaultDeny: deniesByDefault(source, direction),
        auth: isDeny ? null : authOf(item),
        log: shared.log,
        peerField: peers.peerField,
        order: shared.order,
        endpoints: peers.endpoints,
        requires: peers.requires,
      };
    }),
  );
}

function sharedOf({ policy, context, rule }: RuleSource) {
  const isNode = !isSet(rule, "endpointSelector");
  const read = readSelector(rule[isNode ? "nodeSelector" : "endpointSelector"], (key) =>
    extendedKey(key, context.semantics),
  );
  const own = policy.namespace === null || isNode ? read : withMatch(read, NAMESPACE_KEY, policy.namespace);
  return {
    tier: context.semantics.normalTier,
    priority: 0,
    subject: labelSelector(own),
    node: isNode,
    namespace: policy.namespace ?? "",
    log: textOf(structOf(rule, "log") ?? {}, "value"),
    order: "",
  };
}

/** Unset means yes where the direction has rules, and an entry is a rule of it. Upstream: Rule.Sanitize. */
function deniesByDefault({ rule, context }: RuleSource, direction: Direction): boolean {
  if (!context.config.enableNonDefaultDenyPolicies) return true;
  const enable = structOf(rule, "enableDefaultDeny") ?? {};
  return enable[direction] !== false;
}

function authOf(item: JsonObject): AuthMode | null {
  const mode = textOf(structOf(item, "authentication") ?? {}, "mode");
  return mode === "disabled" || mode === "required" || mode === "test-always-fail" ? mode : null;
}

function portsOf(section: Section, item: JsonObject, proxylib: boolean): readonly PortRule[] {
  return [...(section.endsWith("Deny") ? readDenyPorts(item) : readPortRules(item, proxylib)), ...readIcmps(item)];
}

type Peers = Pick<PolicyEntry, "l3" | "peerField" | "endpoints" | "requires">;

/** The peers of one rule; `translated` where toServices is looked at. Upstream: mergeEndpointSelectors. */
function peersOf(source: RuleSource, direction: Direction, item: JsonObject, translated: boolean): Peers {
  const { context } = source;
  const field = (name: string) => `${direction === "ingress" ? "from" : "to"}${name}`;
  const services = translated ? servicePeers(item, context) : { endpoints: [], cidrs: [] };
  const scope = scopeOf(source);
  const written = listOf(item, field("Endpoints")).map((peer) => readPeer(peer, context));
  const endpoints = [...written, ...services.endpoints].map((peer) => labelSelector(scopedPeer(peer, scope)));
  const nodes = listOf(item, field("Nodes")).map((peer) => nodeSelector(readPeer(peer, context), context));
  const entities = textsOf(item, field("Entities")).flatMap((name) => entitySelectors(name, context));
  const cidrs = cidrSelectors(textsOf(item, field("CIDR")), context.stack);
  const rules = [...structsOf(item, field("CIDRSet")).map(readCidrRule), ...services.cidrs];
  const cidrSets = rules.flatMap((rule) => cidrRuleSelectors(rule, context.stack));
  const fqdns = direction === "egress" ? structsOf(item, "toFQDNs").map(fqdnSelector) : [];
  const groups = context.semantics.groups ? listOf(item, field("Groups")).map(groupSelector) : [];
  const all = [...endpoints, ...nodes, ...entities, ...cidrs, ...cidrSets, ...fqdns, ...groups];
  const lists = { endpoints: [...written, ...services.endpoints].length, cidrSets: rules.length, fqdns: fqdns.length };
  return {
    l3: selectsNobody(item, field, lists, context) ? null : all,
    peerField: PEER_FIELDS.map(field).find((name) => isSet(item, name)) ?? null,
    endpoints,
    requires: requiresOf(item, field("Requires"), source),
  };
}

const PEER_FIELDS = ["FQDNs", "Services", "Endpoints", "Nodes", "Entities", "CIDR", "CIDRSet", "Groups", "Requires"];

/**
 * An empty list, as against an absent one, selects nobody; empty toFQDNs, toServices and toGroups do not count.
 * Upstream: mergeEndpointSelectors; 1.18 getAggregatedSelectors, which toFQDNs entries override for the kinds it holds.
 */
function selectsNobody(
  item: JsonObject,
  field: (name: string) => string,
  lists: { readonly endpoints: number; readonly cidrSets: number; readonly fqdns: number },
  context: ParseContext,
): boolean {
  const isEmpty = (name: string, length = listOf(item, field(name)).length) => isSet(item, field(name)) && length === 0;
  const none = isEmpty("Endpoints", lists.endpoints) || isEmpty("Nodes");
  const others = isEmpty("Entities") || isEmpty("CIDR") || isEmpty("CIDRSet", lists.cidrSets);
  return none || (others && !(context.semantics.fqdnsBesideEmptyList && lists.fqdns > 0));
}

/** What scopes a fromEndpoints/toEndpoints peer. */
type Scope = { readonly namespace: string; readonly cluster: string; readonly subjectIsInit: boolean };

function scopeOf({ policy, context, rule }: RuleSource): Scope {
  const subject = readPeer(rule["endpointSelector"] ?? {}, context);
  return {
    namespace: policy.namespace ?? "",
    cluster: context.clusterScope,
    subjectIsInit: asksKey(subject, "reserved:init"),
  };
}

function readPeer(peer: Json, context: ParseContext): EndpointSelector {
  return readSelector(peer, (key) => extendedKey(key, context.semantics));
}

/**
 * Scopes a peer to the policy's namespace (clusterwide: to what has one) and to the cluster, unless it names them. A
 * selector with a `reserved:` key is left as it is. Upstream: getEndpointSelector.
 */
function scopedPeer(peer: EndpointSelector, scope: Scope): EndpointSelector {
  if (asksPrefix(peer, "reserved:")) return peer;
  return scopedToCluster(scopedToNamespace(peer, scope), scope.cluster);
}

function scopedToNamespace(peer: EndpointSelector, { namespace, subjectIsInit }: Scope): EndpointSelector {
  const anyNamespace = NAMESPACE_KEY.replace("k8s:", "any:");
  if (asksKey(peer, NAMESPACE_KEY) || asksKey(peer, anyNamespace)) return peer;
  if (namespace === "") {
    return subjectIsInit ? peer : withExpression(peer, { key: NAMESPACE_KEY, operator: "Exists", values: [] });
  }
  const namesLabels =
    asksPrefix(peer, `k8s:${NAMESPACE_META_PREFIX}`) || asksPrefix(peer, `any:${NAMESPACE_META_PREFIX}`);
  return namesLabels ? peer : withMatch(peer, NAMESPACE_KEY, namespace);
}

/** fromNodes, toNodes: other nodes only. Upstream: parseToCilium{Ingress,Egress}CommonRule. */
function nodeSelector(peer: EndpointSelector, context: ParseContext): Selector {
  const remote = withExpression(peer, { key: "reserved:remote-node", operator: "Exists", values: [] });
  return labelSelector(scopedToCluster(remote, context.clusterScope));
}

function readCidrRule(item: JsonObject): CidrRule {
  return {
    cidr: textOf(item, "cidr"),
    group: textOf(item, "cidrGroupRef"),
    groupSelector: isSet(item, "cidrGroupSelector") ? item["cidrGroupSelector"] : undefined,
    except: textsOf(item, "except"),
  };
}

/** Upstream: pkg/policy/types newFqdnSelector; the identity label is the entry's own text. */
export function fqdnSelectorOf(rule: FqdnRule): Selector {
  const key = `MatchName: ${rule.matchName}, MatchPattern: ${rule.matchPattern}`;
  return { kind: "fqdn", key, label: rule.matchName === "" ? rule.matchPattern : rule.matchName, rule };
}

function fqdnSelector(item: JsonObject): Selector {
  const rule = { matchName: textOf(item, "matchName"), matchPattern: textOf(item, "matchPattern") };
  return fqdnSelectorOf(rule);
}

/** 1.20: the addresses of a group are a CiliumCIDRGroup that the operator writes, under a hash ringfence does not work out. */
function groupSelector(item: Json): Selector {
  return { ...NONE, key: `group ${JSON.stringify(item)}` };
}

/** 1.18: fromRequires and toRequires, scoped like peers but without the exemption of reserved keys. */
function requiresOf(item: JsonObject, field: string, source: RuleSource): PolicyEntry["requires"] {
  if (!source.context.semantics.requires) return [];
  const scope = scopeOf(source);
  return listOf(item, field)
    .filter(isObject)
    .map((peer) => scopedToCluster(scopedToNamespace(readPeer(peer, source.context), scope), scope.cluster))
    .flatMap(requirementsOf);
}
