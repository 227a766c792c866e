import type { AddressEnd, End, PodEnd, ReservedEnd, UnknownEnd } from "#model/conversation.ts";
import { CLUSTER_LABEL, NAMESPACE_LABEL } from "#model/labels.ts";
import type { ContainerPort, Pod, WorkloadRef } from "#model/objects.ts";
import { workloadOf } from "#model/workload.ts";
import { isInPrefix } from "../address.ts";
import { type InventoryIndex, namedPortsOf } from "./inventory-index.ts";
import { labelledPorts } from "../named-ports.ts";
import { labelValue, type RawEnd } from "../raw-end.ts";

const MAX_EXAMPLES = 20;

/** An end with what tells it from others; pods, addresses and nodes gather when several raw ends turn out to be one. */
export type ResolvedEnd = {
  readonly key: string;
  readonly end: End;
  /** All pods, addresses and nodes, unsorted and not cut. */
  readonly pods: Set<string>;
  readonly addresses: Set<string>;
  readonly nodes: Set<string>;
};

/** What ends are resolved with. */
export type EndFacts = {
  readonly index: InventoryIndex;
  /** Pods' workloads that the recording told, by `namespace/pod`. */
  readonly workloads: ReadonlyMap<string, WorkloadRef>;
  /** The one workload of a set of labels, where the recording and the objects know only one. */
  readonly workloadOfLabels: (labels: readonly string[]) => WorkloadRef | null;
  /** Names of an outside address, sorted. */
  readonly namesOf: (address: string) => readonly string[];
  /** Name of the cluster that was recorded; ends of others are not decided. null when not known. */
  readonly ownCluster: string | null;
  /** The one pod end that the recording shows at an address, null when there is none or several. */
  readonly podEndAt: (address: string) => RawEnd | null;
  /** Addresses that are a node's: who shows there under another identity was masqueraded. */
  readonly isNodeAddress: (address: string) => boolean;
  readonly labelsOf: ((pod: Pod) => readonly string[]) | null;
  readonly nodeName: (node: string) => string;
};

/** What an end is. `first`: when it was first seen, for objects that may be younger. */
export function resolveEnd(raw: RawEnd, first: number, facts: EndFacts): ResolvedEnd {
  switch (raw.sort) {
    case "pod":
      return resolvePod(raw, first, facts);
    case "reserved":
      return reserved(raw.name, raw.labels, raw, facts);
    case "outside":
      return outside(raw, facts);
    case "address":
      return resolveAddress(raw, first, facts, () => outside(raw, facts));
    case "unknown":
      return resolveAddress(raw, first, facts, () => unknown(raw, raw.name));
  }
}

function resolvePod(raw: RawEnd, first: number, facts: EndFacts): ResolvedEnd {
  if (raw.labels.length > 0) return podEnd(raw, raw.labels, facts);
  const found = labelsOfObject(raw, first, facts);
  return typeof found === "string" ? unknown(raw, found) : podEnd(raw, found, facts);
}

/** Labels for a pod whose labels the recording lacks; a text says why there are none (traps 18, 40). */
function labelsOfObject(raw: RawEnd, first: number, facts: EndFacts): readonly string[] | string {
  const endpoint = facts.index.endpoint(raw.name, raw.pod);
  const pod = facts.index.pod(raw.name, raw.pod);
  if (pod !== null && isYounger(pod, first)) return "its pod started after it was seen";
  if (endpoint !== null && (raw.identity === 0 || endpoint.identity === raw.identity)) return endpoint.labels;
  const byIdentity = facts.index.identityLabels(raw.identity);
  if (byIdentity !== null) return byIdentity;
  if (pod !== null && facts.labelsOf !== null) return facts.labelsOf(pod);
  return "its labels were not recorded, and the objects do not tell them";
}

function isYounger(pod: Pod, time: number): boolean {
  return pod.startTime !== null && Date.parse(pod.startTime) > time;
}

function podEnd(raw: RawEnd, labels: readonly string[], facts: EndFacts): ResolvedEnd {
  const namespace = labelValue(labels, `k8s:${NAMESPACE_LABEL}`) ?? raw.name;
  const pods = new Set(raw.pods);
  if (raw.pod !== "") pods.add(raw.pod);
  const workload = workloadOfEnd(raw, namespace, labels, facts);
  const namedPorts = labelledPorts(labels) ?? portsOfObject(namespace, pods, workload, facts.index);
  const cluster = labelValue(labels, `k8s:${CLUSTER_LABEL}`) ?? raw.cluster;
  const otherCluster = cluster !== "" && facts.ownCluster !== null && cluster !== facts.ownCluster ? cluster : null;
  const end: PodEnd = {
    kind: "pod",
    namespace,
    workload,
    pods: [],
    podCount: 0,
    labels,
    namedPorts,
    nodes: [],
    addresses: [],
    otherCluster,
  };
  const name = workload === null ? raw.pod : `${workload.kind}/${workload.name}`;
  const ports = namedPorts.map((port) => `${port.name}.${port.protocol}.${port.port}`).join("_");
  const key = ["pod", otherCluster ?? "", namespace, name, ports, ...labels].join("|");
  return { key, end, pods, addresses: new Set(raw.addresses), nodes: nodesOf(raw, namespace, pods, facts) };
}

function workloadOfEnd(raw: RawEnd, namespace: string, labels: readonly string[], facts: EndFacts): WorkloadRef | null {
  if (raw.workload !== null) return raw.workload;
  if (raw.pod !== "") {
    const told = facts.workloads.get(`${namespace}/${raw.pod}`);
    if (told !== undefined) return told;
    const pod = facts.index.pod(namespace, raw.pod);
    return pod === null ? null : workloadOf(pod);
  }
  return facts.workloadOfLabels(labels);
}

function portsOfObject(
  namespace: string,
  pods: ReadonlySet<string>,
  workload: WorkloadRef | null,
  index: InventoryIndex,
): readonly ContainerPort[] {
  for (const name of pods) {
    const pod = index.pod(namespace, name);
    if (pod !== null) return namedPortsOf(pod.ports);
  }
  const stand = workload === null ? null : index.podOf(namespace, workload);
  return stand === null ? [] : namedPortsOf(stand.ports);
}

function nodesOf(raw: RawEnd, namespace: string, pods: ReadonlySet<string>, facts: EndFacts): Set<string> {
  const nodes = new Set([...raw.nodes].map(facts.nodeName));
  for (const name of pods) {
    const node = facts.index.pod(namespace, name)?.nodeName;
    if (node !== undefined && node !== null) nodes.add(node);
  }
  return nodes;
}

function reserved(entity: string, labels: readonly string[], raw: RawEnd, facts: EndFacts): ResolvedEnd {
  const end: ReservedEnd = { kind: "reserved", entity, labels, addresses: [], nodes: [] };
  const nodes = new Set([...raw.nodes].map(facts.nodeName));
  for (const address of raw.addresses) {
    const use = facts.index.entityAt(address);
    if (use !== null) nodes.add(use.node);
  }
  const key = ["reserved", entity, ...labels].join("|");
  return { key, end, pods: new Set(), addresses: new Set(raw.addresses), nodes };
}

function outside(raw: RawEnd, facts: EndFacts): ResolvedEnd {
  const [address = "", length] = raw.address.split("/");
  const labels = raw.outsideLabels.size === 0 ? ["reserved:world"] : [...raw.outsideLabels].sort();
  const end: AddressEnd = {
    kind: "address",
    address,
    names: facts.namesOf(address),
    labels,
    ...(length === undefined ? {} : { prefix: raw.address }),
    ...(facts.isNodeAddress(address) ? { masqueraded: true } : {}),
  };
  return { key: `address|${raw.address}`, end, pods: new Set(), addresses: new Set(), nodes: new Set() };
}

function unknown(raw: RawEnd, reason: string): ResolvedEnd {
  const address = raw.address || ([...raw.addresses][0] ?? "");
  const end: UnknownEnd = { kind: "unknown", address: address === "" ? null : address, reason };
  return {
    key: ["unknown", address, raw.pod, reason].join("|"),
    end,
    pods: new Set(),
    addresses: new Set(),
    nodes: new Set(),
  };
}

/** Who was at an address, only where that is certain: by address and time (traps 17, 18, 40). */
function resolveAddress(raw: RawEnd, first: number, facts: EndFacts, otherwise: () => ResolvedEnd): ResolvedEnd {
  const { address } = raw;
  if (address === "") return otherwise();
  const use = facts.index.entityAt(address);
  if (use !== null) return reserved(use.entity, [`reserved:${use.entity}`], raw, facts);
  const shown = facts.podEndAt(address);
  if (shown !== null) return resolvePod(shown, first, facts);
  const pods = facts.index.podsAt(address).filter((pod) => !pod.fromTemplate);
  const [pod] = pods;
  if (pod !== undefined && pods.length === 1) {
    if (pod.startTime === null || isYounger(pod, first))
      return unknown(raw, "the pod at its address started after it was seen");
    const object = { ...raw, name: pod.namespace, pod: pod.name, identity: 0, labels: [] };
    return resolvePod(object, first, facts);
  }
  if (pods.length > 1) return unknown(raw, "several pods had its address");
  const isInside = facts.index.podCidrs.some((cidr) => isInPrefix(address, cidr));
  return isInside ? unknown(raw, "its address is a pod's, of no pod that is known") : otherwise();
}

/** The end with its examples, sorted and cut. */
export function finishedEnd(resolved: ResolvedEnd): End {
  const { end } = resolved;
  const addresses = [...resolved.addresses].sort().slice(0, MAX_EXAMPLES);
  const nodes = [...resolved.nodes].sort();
  switch (end.kind) {
    case "pod": {
      const pods = [...resolved.pods].sort();
      return { ...end, pods: pods.slice(0, MAX_EXAMPLES), podCount: pods.length, addresses, nodes };
    }
    case "reserved":
      return { ...end, addresses, nodes };
    case "address":
    case "unknown":
      return end;
  }
}
