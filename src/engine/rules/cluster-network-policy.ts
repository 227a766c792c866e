import type { Direction } from "#model/decision.ts";
import { isObject, type JsonObject } from "#model/json.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import { fqdnSelectorOf } from "./cilium-network-policy.ts";
import { cidrSelectors } from "../selector/cidr-selector.ts";
import type { FqdnRule } from "../selector/match-pattern.ts";
import { joined, k8sKey, namespaceSelector, scoped } from "./network-policy.ts";
import type { ParseContext } from "./parse-context.ts";
import {
  NO_L7,
  PLAIN_ENTRY,
  plainPorts,
  type PolicyEntry,
  type PolicyVerdict,
  type PortProtocol,
  type PortRule,
} from "./policy-entry.ts";
import { labelSelector, NONE, readSelector, type Selector, WILDCARD, withExpression } from "../selector/selector.ts";
import { isSet, numberOf, structOf, structsOf, textOf, textsOf } from "../validate/fields.ts";

// Upstream: pkg/k8s/cluster_network_policy.go ParseClusterNetworkPolicy (1.20).

const ADMIN_TIER = 100;
const BASELINE_TIER = 250;

/** The entries of a ClusterNetworkPolicy: one for each peer of each rule, in the admin or the baseline tier. */
export function kcnpEntries(policy: PolicyObject, context: ParseContext): readonly PolicyEntry[] {
  const spec = structOf(policy.value, "spec") ?? {};
  const source = { policy, context, spec };
  const entries = [...directionEntries(source, "ingress"), ...directionEntries(source, "egress")];
  return entries.map((entry, index) => ({ ...entry, order: `kcnp//${policy.name} ${String(index).padStart(6, "0")}` }));
}

type Source = { readonly policy: PolicyObject; readonly context: ParseContext; readonly spec: JsonObject };

function directionEntries(source: Source, direction: Direction): readonly PolicyEntry[] {
  const field = direction === "ingress" ? "from" : "to";
  return structsOf(source.spec, direction).flatMap((rule, index) => {
    const base = baseEntry(source, direction, rule, index);
    const peers = structsOf(rule, field);
    if (peers.length === 0) return [{ ...base, l3: [WILDCARD] }];
    return peers.flatMap((peer) => peerEntries(source, { ...base, peerField: field }, peer));
  });
}

function baseEntry(source: Source, direction: Direction, rule: JsonObject, index: number): PolicyEntry {
  const { policy, spec } = source;
  return {
    ...PLAIN_ENTRY,
    ref: { policy: policyName(policy), element: `${direction}[${index}]` },
    direction,
    verdict: verdictOf(textOf(rule, "action")),
    tier: textOf(spec, "tier") === "Baseline" ? BASELINE_TIER : ADMIN_TIER,
    priority: numberOf(spec, "priority") + index / 100,
    subject: subjectOf(spec),
    l3: null,
    l4: structsOf(rule, "protocols").map(protocolPorts),
    defaultDeny: false,
  };
}

function verdictOf(action: string): PolicyVerdict {
  switch (action) {
    case "Deny":
      return "deny";
    case "Pass":
      return "pass";
    default:
      return "allow";
  }
}

function subjectOf(spec: JsonObject): Selector {
  const subject = structOf(spec, "subject") ?? {};
  if (isSet(subject, "namespaces")) return labelSelector(namespaceSelector(subject["namespaces"]));
  const pods = structOf(subject, "pods");
  return pods === null ? NONE : namespacedPods(pods, "");
}

function namespacedPods(pods: JsonObject, clusterScope: string): Selector {
  const own = readSelector(pods["podSelector"], k8sKey);
  return labelSelector(joined(namespaceSelector(pods["namespaceSelector"]), scoped(own, clusterScope)));
}

/** The trap: a peer that is none of these makes Deny and Pass a deny of everybody, and Accept nothing. */
function peerEntries(source: Source, base: PolicyEntry, peer: JsonObject): readonly PolicyEntry[] {
  const { context } = source;
  if (isSet(peer, "pods"))
    return [{ ...base, l3: [namespacedPods(structOf(peer, "pods") ?? {}, context.clusterScope)] }];
  if (isSet(peer, "namespaces")) return [{ ...base, l3: [labelSelector(namespaceSelector(peer["namespaces"]))] }];
  if (base.direction === "egress") {
    if (isSet(peer, "nodes")) return [{ ...base, l3: nodeSelectors(peer["nodes"], context) }];
    if (isSet(peer, "networks")) return [{ ...base, l3: cidrSelectors(textsOf(peer, "networks"), context.stack) }];
    if (isSet(peer, "domainNames")) return domainEntries(base, textsOf(peer, "domainNames").map(domainRule));
  }
  return base.verdict === "allow" ? [] : [{ ...base, l3: [WILDCARD], verdict: "deny" }];
}

/** Own node and others, told by their node labels. */
function nodeSelectors(value: JsonObject[string] | undefined, { clusterScope }: ParseContext): readonly Selector[] {
  const read = readSelector(value, (key) => (key.includes(":") ? key : `node:${key}`));
  const nodes = clusterScope === "" || namesCluster(value) ? read : scoped(read, clusterScope);
  return ["host", "remote-node"].map((name) =>
    labelSelector(withExpression(nodes, { key: `reserved:${name}`, operator: "Exists", values: [] })),
  );
}

function namesCluster(value: JsonObject[string] | undefined): boolean {
  const plain = readSelector(value, k8sKey);
  return scoped(plain, "any") === plain;
}

/** `*.example.com` goes any number of labels deep here. */
function domainRule(name: string): FqdnRule {
  if (!name.startsWith("*")) return { matchName: name, matchPattern: "" };
  return { matchName: "", matchPattern: name.startsWith("**") ? name : `*${name}` };
}

/** Names come with a rule that lets kube-dns be asked for them. */
function domainEntries(base: PolicyEntry, rules: readonly FqdnRule[]): readonly PolicyEntry[] {
  const kubeDns = labelSelector({ labels: new Map([["any:k8s-app", "kube-dns"]]), expressions: [] });
  const ports: readonly PortProtocol[] = ["dns", "dns-tcp"].map((port) => ({ port, endPort: 0, protocol: "ANY" }));
  const dns: PolicyEntry = { ...base, l3: [kubeDns], l4: [{ ...plainPorts(ports), rules: { ...NO_L7, dns: rules } }] };
  return [dns, { ...base, l3: rules.map(fqdnSelectorOf) }];
}

/** One protocol of a rule. A protocol without a port is every port of it. */
function protocolPorts(item: JsonObject): PortRule {
  for (const [field, protocol] of [
    ["tcp", "TCP"],
    ["udp", "UDP"],
    ["sctp", "SCTP"],
  ] as const) {
    const found = item[field];
    if (isObject(found)) return plainPorts([destinationPort(structOf(found, "destinationPort"), protocol)]);
  }
  return plainPorts([{ port: textOf(item, "destinationNamedPort"), endPort: 0, protocol: "ANY" }]);
}

function destinationPort(port: JsonObject | null, protocol: string): PortProtocol {
  if (port === null) return { port: "", endPort: 0, protocol };
  const range = structOf(port, "range");
  if (range === null) return { port: String(numberOf(port, "number")), endPort: 0, protocol };
  return { port: String(numberOf(range, "start")), endPort: numberOf(range, "end"), protocol };
}
