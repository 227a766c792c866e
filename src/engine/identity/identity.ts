import type { PodEnd } from "#model/conversation.ts";
import {
  CLUSTER_LABEL,
  type Label,
  labelText,
  NAMED_PORTS_LABEL,
  NAMESPACE_LABEL,
  NAMESPACE_META_PREFIX,
  SERVICE_ACCOUNT_LABEL,
} from "#model/labels.ts";
import type { Inventory, Pod, StringMap } from "#model/objects.ts";
import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";
import { podLabelFilter } from "../selector/label-filter.ts";
import { hasKey, type LabelArray, labelArray, lookupLabel, reservedLabel } from "../selector/labels.ts";
import { type NamedPortMap, namedPortLabelValues, namedPortMap } from "./named-ports.ts";
import { protocolName } from "../rules/protocol.ts";
import { SEMANTICS } from "../semantics.ts";
import { workloadOf } from "./workload.ts";

// Upstream: pkg/k8s/labels.go GetPodMetadata, pkg/k8s/utils SanitizePodLabels, pkg/identity LookupReservedIdentityByLabels,
// pkg/policy/aggregate.go. Differs: identities have no numbers; what Cilium tells by number is told by labels.

/** One end as the policy map sees it. `aggregate` is the 1.20 identity that stands for all of its kind. */
export type Identity = {
  readonly key: string;
  /** Its own, once it is interned (SelectorCache.identity); -1 before. */
  readonly number: number;
  readonly labels: LabelArray;
  /** null: it has none, only wildcards stand for it. */
  readonly aggregate: LabelArray | null;
  readonly isHost: boolean;
  readonly namedPorts: NamedPortMap;
};

const OWNED_PREFIX = "io.cilium.k8s";
const METADATA_NAME = "kubernetes.io/metadata.name";

/**
 * The end that a pod of the inventory is: labels with those of its namespace, service account and cluster, through the
 * agent's label filter; with the named-ports label from 1.20 on. Not for `hostNetwork` pods: those are their node.
 */
export function podEnd(pod: Pod, inventory: Inventory, minor: CiliumMinor, config: CiliumConfig): PodEnd {
  const namespace = inventory.namespaces.findLast((item) => item.name === pod.namespace);
  const labels = podLabels(pod, namespace?.labels ?? {}, config.clusterName).filter(podLabelFilter(config.labels));
  const generated = SEMANTICS[minor].namedPortsPerIdentity ? namedPortLabels(namedPortMap(pod.ports)) : [];
  return {
    kind: "pod",
    namespace: pod.namespace,
    workload: workloadOf(pod),
    pods: [pod.name],
    podCount: 1,
    labels: [...labels, ...generated].map(labelText).sort(),
    namedPorts: pod.ports.filter((port) => port.name !== ""),
    nodes: pod.nodeName === null ? [] : [pod.nodeName],
    addresses: pod.addresses.slice(0, 20),
    otherCluster: null,
  };
}

function podLabels(pod: Pod, namespaceLabels: StringMap, clusterName: string): readonly Label[] {
  const own = Object.entries(pod.labels).filter(([key]) => !key.startsWith(OWNED_PREFIX));
  const meta = Object.entries({ ...namespaceLabels, [METADATA_NAME]: pod.namespace });
  const all = new Map<string, string>([
    ...own,
    ...meta.map(([key, value]): [string, string] => [NAMESPACE_META_PREFIX + key, value]),
    [NAMESPACE_LABEL, pod.namespace],
    [SERVICE_ACCOUNT_LABEL, pod.serviceAccount],
    [CLUSTER_LABEL, clusterName],
  ]);
  if (pod.serviceAccount === "") all.delete(SERVICE_ACCOUNT_LABEL);
  return [...all].map(([key, value]) => ({ source: "k8s", key, value }));
}

function namedPortLabels(map: NamedPortMap): readonly Label[] {
  return namedPortLabelValues(map, protocolName).map((value, index) => ({
    source: "gen",
    key: index === 0 ? NAMED_PORTS_LABEL : `${NAMED_PORTS_LABEL}-${index}`,
    value,
  }));
}

/** Whether nodes have identities of their own: they do once CIDRs or node labels can tell them apart. */
export type NodeSettings = { readonly nodesByCidr: boolean; readonly nodesByLabel: boolean };

const RESERVED_NAMES: ReadonlySet<string> = new Set([
  "host",
  "world",
  "world-ipv4",
  "world-ipv6",
  "unmanaged",
  "health",
  "init",
  "remote-node",
  "kube-apiserver",
  "ingress",
]);

/** Makes the identity of a set of labels. `otherCluster` marks a pod of another cluster. */
export function identityOf(
  labels: LabelArray,
  namedPorts: NamedPortMap,
  settings: NodeSettings & { readonly aggregates: boolean; readonly otherCluster: boolean },
): Identity {
  const name = settings.aggregates ? aggregateOf(labels, settings) : null;
  const ports = [...namedPorts].map(([port, to]) => `${port}=${to.proto}/${to.port}`).join(",");
  return {
    key: `${settings.otherCluster ? "other " : ""}${labels.key}|${ports}`,
    number: -1,
    labels,
    aggregate: name === null ? null : labelArray([reservedLabel(name)]),
    isHost: lookupLabel(labels, { source: "reserved", key: "host", prefix: null }) !== undefined,
    namedPorts,
  };
}

/**
 * The aggregate identity that a set of labels falls under; null for identities with a reserved number.
 * Upstream: pkg/policy/aggregate.go aggregateFor over LookupReservedIdentityByLabels and ScopeForLabels.
 */
function aggregateOf(labels: LabelArray, settings: NodeSettings & { readonly otherCluster: boolean }): string | null {
  const all = [...labels.byKey.values()];
  const isReserved = all.some((label) => label.source === "reserved");
  if (isReserved && hasKey(labels, "host")) return null;
  if (isReserved && hasKey(labels, "remote-node")) {
    return settings.nodesByCidr || settings.nodesByLabel ? "aggregate-remote-node" : null;
  }
  const [only] = all;
  if (isReserved && all.length === 1 && only !== undefined && RESERVED_NAMES.has(only.key)) return null;
  if (hasKey(labels, "remote-node")) return "aggregate-remote-node";
  const isIngress = isReserved && hasKey(labels, "ingress");
  const isLocal = isIngress || (all.length > 0 && all.every((label) => LOCAL_SOURCES.has(label.source)));
  if (isLocal) return "aggregate-world";
  return settings.otherCluster ? "aggregate-cluster-mesh" : "aggregate-cluster";
}

const LOCAL_SOURCES: ReadonlySet<string> = new Set(["cidr", "fqdn", "reserved", "cidrgroup"]);
