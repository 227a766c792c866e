import type { JsonObject } from "#model/json.ts";
import { NAMESPACE_LABEL, SERVICE_ACCOUNT_LABEL } from "#model/labels.ts";
import { fieldOf, type L7, type Peer, type Port, type RuleDraft } from "./draft.ts";
import { type LabelSelector, selectorJson } from "./label-selector.ts";

/** Ports of one element of toPorts. Upstream: pkg/policy/api/rule_validation.go maxPorts. */
const MAX_PORTS = 40;
const NAMESPACE_KEY = `k8s:${NAMESPACE_LABEL}`;

/** A rule as a CiliumNetworkPolicy of namespace `home` has it; `home` null: as a clusterwide one has it. */
export function ciliumRule(draft: RuleDraft, home: string | null): JsonObject {
  return { ...peersJson(draft, home), ...portsJson(draft) };
}

function peersJson({ side, peers }: RuleDraft, home: string | null): JsonObject {
  const [first] = peers;
  if (first === undefined) return {};
  const field = fieldOf(first);
  const key = `${side === "egress" ? "to" : "from"}${field}`;
  return { [key]: peers.map((peer) => peerJson(peer, home)) };
}

function peerJson(peer: Peer, home: string | null): JsonObject | string {
  switch (peer.kind) {
    case "group":
      return scoped([peer.group.namespace], peer.group.selector, home);
    case "groups":
      return scoped(peer.namespaces, peer.selector, home);
    case "entity":
      return peer.entity;
    case "cidr":
      return peer.cidr;
    case "name":
      return nameJson(peer.name);
  }
}

function nameJson(name: string): JsonObject {
  return name.includes("*") ? { matchPattern: name } : { matchName: name };
}

/** A selector with its namespaces; without them where the policy's own namespace is meant. null: every namespace. */
export function scoped(namespaces: readonly string[] | null, selector: LabelSelector, home: string | null): JsonObject {
  const prefixed = withSources(selector);
  if (namespaces === null) {
    const { matchExpressions, ...rest } = selectorJson(prefixed);
    const exists = { key: NAMESPACE_KEY, operator: "Exists" };
    return { ...rest, matchExpressions: [exists, ...(Array.isArray(matchExpressions) ? matchExpressions : [])] };
  }
  const [only] = namespaces;
  if (namespaces.length === 1 && only !== undefined) {
    if (only === home) return selectorJson(prefixed);
    return selectorJson({ ...prefixed, labels: { [NAMESPACE_KEY]: only, ...prefixed.labels } });
  }
  return selectorJson({ ...prefixed, oneOf: { ...prefixed.oneOf, [NAMESPACE_KEY]: namespaces } });
}

/** Keys of Cilium's own labels are written with their source, as its documentation does. */
function withSources({ labels, absent, oneOf }: LabelSelector): LabelSelector {
  const named = (key: string) => (key === SERVICE_ACCOUNT_LABEL ? `k8s:${key}` : key);
  const renamed = <T>(map: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [named(key), value]));
  return { labels: renamed(labels), absent: absent.map(named), oneOf: renamed(oneOf) };
}

function portsJson({ ports, l7 }: RuleDraft): JsonObject {
  const icmp = ports.filter((port) => port.kind === "icmp");
  if (icmp.length > 0) {
    const fields = icmp.map(({ type, family }) => ({ type, family }));
    return { icmps: chunks(fields).map((own) => ({ fields: own })) };
  }
  if (ports.length === 0) return {};
  const rules = l7 === null ? {} : { rules: l7Json(l7) };
  return { toPorts: chunks(ports.flatMap(portJson)).map((own) => ({ ports: own, ...rules })) };
}

function portJson(port: Port): readonly JsonObject[] {
  if (port.kind === "icmp") return [];
  const { protocol, endPort } = port;
  return [{ port: String(port.port), ...(endPort === null ? {} : { endPort }), protocol }];
}

function l7Json(l7: L7): JsonObject {
  return l7.kind === "dns" ? { dns: l7.patterns.map(nameJson) } : { http: l7.matches.map((one) => ({ ...one })) };
}

function chunks<T>(items: readonly T[]): readonly (readonly T[])[] {
  const found: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += MAX_PORTS) found.push(items.slice(from, from + MAX_PORTS));
  return found;
}
