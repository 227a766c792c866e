import type { FlowEndpoint } from "#model/flow.ts";
import { CLUSTER_LABEL, NAMESPACE_LABEL } from "#model/labels.ts";
import type { WorkloadRef } from "#model/objects.ts";

/** At most this many pods, addresses and nodes are kept of an end. */
const MAX_PODS = 1000;
const MAX_ADDRESSES = 20;
const MAX_NODES = 200;
const MAX_OUTSIDE_LABELS = 50;

/**
 * Sorts of ends: an outside or unknown one is told from others of its labels by its address; of an `address` nothing else
 * is known, and the objects must tell what it is.
 */
export type EndSort = "pod" | "reserved" | "outside" | "unknown" | "address";

/** An end as the recording shows it, before the objects are asked. Plain data: it travels between workers. */
export type RawEnd = {
  readonly sort: EndSort;
  readonly labels: readonly string[];
  /** Namespace of a pod, entity of a reserved end, why it is unknown. */
  readonly name: string;
  /** Numeric identity: only to find labels that the recording lacks. */
  readonly identity: number;
  readonly cluster: string;
  /** Pod that this end is kept for, "" when its workload (or its labels) stand for it. */
  readonly pod: string;
  readonly workload: WorkloadRef | null;
  /** Address, for outside and unknown ends, "" otherwise. A prefix when there were too many. */
  readonly address: string;
  readonly pods: Set<string>;
  readonly addresses: Set<string>;
  readonly nodes: Set<string>;
  /** Of outside ends: every identity label it was recorded with. They are those of then-existing policies. */
  readonly outsideLabels: Set<string>;
};

const RESERVED = "reserved:";
/** The most specific first: a node that runs the API server has several. */
const ENTITIES = ["host", "kube-apiserver", "remote-node", "health", "ingress", "init", "unmanaged"] as const;
/** Upstream: pkg/identity/reserved.go. Identity 7 alone says nothing of the node; its labels would. */
const RESERVED_IDENTITIES: Readonly<Record<number, string>> = {
  1: "host",
  2: "world",
  3: "unmanaged",
  4: "health",
  5: "init",
  6: "remote-node",
  7: "kube-apiserver",
  8: "ingress",
  9: "world-ipv4",
  10: "world-ipv6",
};
const FIRST_CIDR_IDENTITY = 1 << 24;
const FIRST_REMOTE_NODE_IDENTITY = 2 << 24;

/** What an endpoint of a flow is. `address` tells outside and unknown ends apart. */
export function rawEnd(endpoint: FlowEndpoint | null, address: string, workload: WorkloadRef | null): RawEnd {
  if (endpoint === null) return unknownEnd(null, address, "no labels and no identity were recorded");
  const { labels } = endpoint;
  if (labels.length === 0) return endOfIdentity(endpoint, address, workload);
  const namespace = labelValue(labels, `k8s:${NAMESPACE_LABEL}`);
  if (namespace !== null) return podEnd(endpoint, namespace, workload);
  if (labels.some(isOutsideLabel)) return outsideEnd(endpoint, labels, address);
  const names = labels.filter((label) => label.startsWith(RESERVED)).map((label) => label.slice(RESERVED.length));
  const entity = ENTITIES.find((one) => names.includes(one)) ?? names[0];
  if (entity === "unknown") return unknownEnd(endpoint, address, "Cilium did not know its identity");
  if (entity !== undefined) return reservedEnd(endpoint, labels, entity);
  if (endpoint.podName !== "") return podEnd(endpoint, endpoint.namespace, workload);
  return unknownEnd(endpoint, address, "its labels tell neither a pod nor a reserved identity");
}

function isOutsideLabel(label: string): boolean {
  return label.startsWith("reserved:world") || label.startsWith("cidr:") || label.startsWith("fqdn:");
}

/** Without labels (an exporter's mask, a failed lookup) the number of a reserved identity still tells. */
function endOfIdentity(endpoint: FlowEndpoint, address: string, workload: WorkloadRef | null): RawEnd {
  const { identity } = endpoint;
  const name = RESERVED_IDENTITIES[identity];
  if (name?.startsWith("world")) return outsideEnd(endpoint, [`${RESERVED}${name}`], address);
  if (name !== undefined) return reservedEnd(endpoint, [`${RESERVED}${name}`], name);
  if (endpoint.podName !== "") return podEnd(endpoint, endpoint.namespace, workload);
  if (identity >= FIRST_REMOTE_NODE_IDENTITY) return reservedEnd(endpoint, [`${RESERVED}remote-node`], "remote-node");
  if (identity >= FIRST_CIDR_IDENTITY) return outsideEnd(endpoint, [], address);
  return unknownEnd(
    endpoint,
    address,
    identity === 0 ? "Cilium did not know its identity" : "its labels were not recorded",
  );
}

function podEnd(endpoint: FlowEndpoint, namespace: string, workload: WorkloadRef | null): RawEnd {
  const pod = workload === null ? endpoint.podName : "";
  return { ...newEnd("pod", endpoint.labels, namespace), ...identified(endpoint), pod, workload };
}

function reservedEnd(endpoint: FlowEndpoint, labels: readonly string[], entity: string): RawEnd {
  return { ...newEnd("reserved", labels, entity), ...identified(endpoint) };
}

/** Its recorded labels change with the policies: they are kept beside, not in the key. */
function outsideEnd(endpoint: FlowEndpoint, labels: readonly string[], address: string): RawEnd {
  const outsideLabels = new Set(labels);
  return { ...newEnd("outside", [], ""), ...identified(endpoint), cluster: "", address, outsideLabels };
}

function unknownEnd(endpoint: FlowEndpoint | null, address: string, reason: string): RawEnd {
  return { ...newEnd("unknown", [], reason), ...(endpoint === null ? {} : identified(endpoint)), address };
}

function identified(endpoint: FlowEndpoint): Pick<RawEnd, "identity" | "cluster"> {
  const cluster = endpoint.clusterName || (labelValue(endpoint.labels, `k8s:${CLUSTER_LABEL}`) ?? "");
  return { identity: endpoint.identity, cluster };
}

/** An end of which only the address is known. */
export function addressOnlyEnd(address: string): RawEnd {
  return { ...newEnd("address", [], ""), address };
}

function newEnd(sort: EndSort, labels: readonly string[], name: string): RawEnd {
  const empty = {
    pods: new Set<string>(),
    addresses: new Set<string>(),
    nodes: new Set<string>(),
    outsideLabels: new Set<string>(),
  };
  return { sort, labels, name, identity: 0, cluster: "", pod: "", workload: null, address: "", ...empty };
}

/** The value of a label written `source:key=value`, null when there is none. */
export function labelValue(labels: readonly string[], name: string): string | null {
  const found = labels.find((label) => label.startsWith(name) && label[name.length] === "=");
  return found === undefined ? null : found.slice(name.length + 1);
}

/** What tells raw ends apart. Identity numbers do not: they are a node's and a moment's (traps 13, 34). */
export function rawEndKey(end: RawEnd): string {
  const workload = end.workload === null ? "" : `${end.workload.kind}/${end.workload.name}`;
  switch (end.sort) {
    case "pod":
      return ["pod", end.name, workload, end.pod, end.labels.length === 0 ? end.identity : "", ...end.labels].join(
        "\n",
      );
    case "reserved":
      return ["reserved", end.name, ...end.labels].join("\n");
    case "outside":
      return `outside\n${end.address}`;
    case "address":
      return `address\n${end.address}`;
    case "unknown":
      return ["unknown", end.name, end.address, end.identity].join("\n");
  }
}

/** One more sighting of the end: as which endpoint, at which address, on which node. */
export function noteSighting(end: RawEnd, endpoint: FlowEndpoint | null, address: string, node: string): void {
  if (end.addresses.size < MAX_ADDRESSES && address !== "") end.addresses.add(address);
  if (endpoint === null) return;
  if (endpoint.podName !== "" && end.pods.size < MAX_PODS) end.pods.add(endpoint.podName);
  if (endpoint.id !== 0 && end.nodes.size < MAX_NODES) end.nodes.add(node);
  if (end.sort === "outside") addAll(end.outsideLabels, endpoint.labels, MAX_OUTSIDE_LABELS);
}

/** Takes over what another worker saw of the same end. */
export function mergeSightings(end: RawEnd, other: RawEnd): void {
  addAll(end.pods, other.pods, MAX_PODS);
  addAll(end.addresses, other.addresses, MAX_ADDRESSES);
  addAll(end.nodes, other.nodes, MAX_NODES);
  addAll(end.outsideLabels, other.outsideLabels, MAX_OUTSIDE_LABELS);
}

/** Adds to a set as long as it is smaller than `most`. */
export function addAll(set: Set<string>, more: Iterable<string>, most: number): void {
  for (const one of more) {
    if (set.size >= most) return;
    set.add(one);
  }
}
