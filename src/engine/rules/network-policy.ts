import type { Direction } from "#model/decision.ts";
import { isObject, type JsonObject } from "#model/json.ts";
import { CLUSTER_LABEL, NAMESPACE_LABEL, NAMESPACE_META_PREFIX } from "#model/labels.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import { cidrRuleSelectors } from "../selector/cidr-selector.ts";
import { CLUSTER_KEY, NAMESPACE_KEY, type ParseContext } from "./parse-context.ts";
import { PLAIN_ENTRY, type PolicyEntry } from "./policy-entry.ts";
import { readKnpPorts } from "./read-ports.ts";
import {
  CIDR_LABELS,
  type EndpointSelector,
  labelSelector,
  readSelector,
  type Selector,
  WILDCARD,
  withMatch,
} from "../selector/selector.ts";
import { isSet, listOf, structOf, textOf, textsOf } from "../validate/fields.ts";
import { isWellFormed } from "../selector/well-formed.ts";

// Upstream: pkg/k8s/network_policy.go ParseNetworkPolicy. Differs: a default deny that Cilium writes as a rule without
// peers is an entry whose element is the whole spec.

/** The entries of a NetworkPolicy: one for each peer of each rule. */
export function knpEntries(policy: PolicyObject, context: ParseContext): readonly PolicyEntry[] {
  const spec = structOf(policy.value, "spec") ?? {};
  const source = { policy, context, spec };
  const ingress = directionEntries(source, "ingress");
  const egress = directionEntries(source, "egress");
  const types = policyTypes(spec);
  const closesIngress = ingress.length === 0 && (types.includes("Ingress") || !types.includes("Egress"));
  const closesEgress = egress.length === 0 && types.includes("Egress");
  const entries = [
    ...(closesIngress ? [entryOf(source, "ingress", "", null)] : ingress),
    ...(closesEgress ? [entryOf(source, "egress", "", null)] : egress),
  ];
  const resource = `netpol/${policy.namespace ?? ""}/${policy.name}`;
  return entries.map((entry, index) => ({ ...entry, order: `${resource} ${String(index).padStart(6, "0")}` }));
}

type Source = { readonly policy: PolicyObject; readonly context: ParseContext; readonly spec: JsonObject };

/** The API server's defaulting: Ingress always, Egress where egress rules are. */
function policyTypes(spec: JsonObject): readonly string[] {
  const types = textsOf(spec, "policyTypes");
  if (types.length > 0) return types;
  return listOf(spec, "egress").length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

function entryOf(source: Source, direction: Direction, element: string, l3: readonly Selector[] | null): PolicyEntry {
  const { policy, context, spec } = source;
  return {
    ...PLAIN_ENTRY,
    ref: { policy: policyName(policy), element },
    direction,
    verdict: "allow",
    tier: context.semantics.normalTier,
    priority: 0,
    subject: finished(podSelector(spec["podSelector"], source), context),
    namespace: policy.namespace ?? "",
    l3,
    defaultDeny: true,
    endpoints: (l3 ?? []).filter((selector) => selector.kind === "labels" && !selector.key.startsWith(CIDR_LABELS)),
  };
}

function directionEntries(source: Source, direction: Direction): readonly PolicyEntry[] {
  const field = direction === "ingress" ? "from" : "to";
  return listOf(source.spec, direction).flatMap((item, index) => {
    const rule = isObject(item) ? item : {};
    const element = `${direction}[${index}]`;
    const peers = listOf(rule, field);
    const l4 = readKnpPorts(rule, source.context.semantics.knpSanitized);
    if (peers.length === 0) return [{ ...entryOf(source, direction, element, [WILDCARD]), l4 }];
    return peers.map((peer) => {
      const l3 = peerSelectors(source, direction, isObject(peer) ? peer : {});
      return { ...entryOf(source, direction, element, l3), l4, peerField: field };
    });
  });
}

/** Upstream: parseNetworkPolicyPeer. A peer with no field at all: the own namespace's pods, in 1.18 no peer. */
function peerSelectors(source: Source, direction: Direction, peer: JsonObject): readonly Selector[] {
  const { context } = source;
  const block = structOf(peer, "ipBlock");
  if (block !== null) {
    const rule = { cidr: textOf(block, "cidr"), group: "", groupSelector: undefined, except: textsOf(block, "except") };
    return cidrRuleSelectors(rule, context.stack);
  }
  const isEmpty = !isSet(peer, "podSelector") && !isSet(peer, "namespaceSelector");
  const isScoped = direction === "ingress" && context.clusterScope !== "";
  if (isEmpty && context.semantics.knpEmptyPeerIsNone && !isScoped) return [];
  const pods = scoped(readSelector(peer["podSelector"], k8sKey), context.clusterScope);
  if (!isSet(peer, "namespaceSelector")) return [finished(inNamespace(pods, source), context)];
  return [finished(joined(namespaceSelector(peer["namespaceSelector"]), pods), context)];
}

/** The trap: 1.19 counts its own prefix too, so a namespace label's name of 29 characters is already too long, and selects all. */
function finished(selector: EndpointSelector, { semantics }: ParseContext): Selector {
  const isBad = semantics.knpBadSelectorIsEverything && !isWellFormed(selector);
  return isBad ? WILDCARD : labelSelector(selector);
}

export function k8sKey(key: string): string {
  return key.includes(":") ? key : `k8s:${key}`;
}

function podSelector(value: JsonObject[string] | undefined, source: Source): EndpointSelector {
  return inNamespace(readSelector(value, k8sKey), source);
}

function inNamespace(selector: EndpointSelector, { policy }: Source): EndpointSelector {
  return withMatch(selector, NAMESPACE_KEY, policy.namespace ?? "");
}

/** Scopes a pod selector to the cluster unless it names one. Upstream: isPodSelectorSelectingCluster. */
export function scoped(pods: EndpointSelector, clusterScope: string): EndpointSelector {
  const key = k8sKey(CLUSTER_LABEL);
  const names = (pods.labels.get(key) ?? "") !== "" || pods.expressions.some((item) => item.key === key);
  return clusterScope === "" || names ? pods : withMatch(pods, CLUSTER_KEY, clusterScope);
}

/** Namespace labels are pod labels under a prefix; an empty selector asks for any namespace. Upstream: processNamespaceSelector. */
export function namespaceSelector(value: JsonObject[string] | undefined): EndpointSelector {
  const read = readSelector(value, (key) => `k8s:${NAMESPACE_META_PREFIX}${key}`);
  if (read.labels.size > 0 || read.expressions.length > 0) return read;
  return { labels: new Map(), expressions: [{ key: `k8s:${NAMESPACE_LABEL}`, operator: "Exists", values: [] }] };
}

/** Both selectors must hold; a key of both is the second's. Upstream: NewESFromK8sLabelSelector of two. */
export function joined(first: EndpointSelector, second: EndpointSelector): EndpointSelector {
  return {
    labels: new Map([...first.labels, ...second.labels]),
    expressions: [...first.expressions, ...second.expressions],
  };
}
