import type { AddressEnd, End, PodEnd } from "#model/conversation.ts";
import { NAMESPACE_LABEL, NAMESPACE_META_PREFIX, parseLabel, SERVICE_ACCOUNT_LABEL } from "#model/labels.ts";
import type { Namespace, Pod } from "#model/objects.ts";
import { endKey } from "../end-name.ts";

/** The ends of one test under the names that its connections use. */
export type Cast = {
  /** `namespace/name`, `reserved:<entity>` or an address. */
  readonly nameOf: (end: End) => string;
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
};

/** Whether policies may match pods by address (`policyCIDRMatchMode`), and name ports. */
export type Kept = { readonly addresses: boolean; readonly ports: boolean };

const OWNED = "io.cilium.k8s.";
const METADATA_NAME = "kubernetes.io/metadata.name";

/**
 * Gives every end a name: a pod is called like its workload, since pods vanish and workloads stay; of several that differ
 * in labels the later ones get a number. Pods and namespaces are made from the recorded labels alone; their addresses and
 * named ports are kept where policies tell pods by them.
 */
export function castOf(ends: readonly End[], kept: Kept): Cast {
  const names = new Map<string, string>();
  const pods = new Map<string, Pod>();
  const namespaces = new Map<string, Record<string, string>>();
  for (const end of ends) {
    if (end.kind !== "pod" || names.has(endKey(end))) continue;
    const name = freeName(baseName(end), end.namespace, pods);
    names.set(endKey(end), `${end.namespace}/${name}`);
    pods.set(`${end.namespace}/${name}`, podOf(end, name, kept));
    namespaces.set(end.namespace, { ...namespaces.get(end.namespace), ...namespaceLabels(end) });
  }
  return {
    nameOf: (end) => names.get(endKey(end)) ?? outsideName(end),
    pods: sortedValues(pods),
    namespaces: [...namespaces]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, labels]) => ({ name, labels: sortedKeys(labels), annotations: {} })),
  };
}

function outsideName(end: End): string {
  switch (end.kind) {
    case "reserved":
      return `reserved:${end.entity}`;
    case "address":
      return addressOf(end);
    default:
      throw new Error("an end without a name is no part of a test");
  }
}

/** One address stands for all of a prefix. */
function addressOf(end: AddressEnd): string {
  return end.prefix === undefined ? end.address : (end.prefix.split("/")[0] ?? end.address);
}

function baseName(end: PodEnd): string {
  return end.workload?.name ?? end.pods[0] ?? "pod";
}

function freeName(base: string, namespace: string, taken: ReadonlyMap<string, Pod>): string {
  if (!taken.has(`${namespace}/${base}`)) return base;
  for (let number = 2; ; number += 1) {
    if (!taken.has(`${namespace}/${base}-${number}`)) return `${base}-${number}`;
  }
}

function podOf(end: PodEnd, name: string, kept: Kept): Pod {
  const labels = end.labels.map(parseLabel).filter((label) => label.source === "k8s");
  const own = labels.filter(({ key }) => !key.startsWith(OWNED) && key !== NAMESPACE_LABEL);
  return {
    namespace: end.namespace,
    name,
    labels: sortedKeys(Object.fromEntries(own.map(({ key, value }) => [key, value]))),
    annotations: {},
    serviceAccount: labels.find(({ key }) => key === SERVICE_ACCOUNT_LABEL)?.value ?? "",
    nodeName: null,
    hostNetwork: false,
    addresses: kept.addresses ? end.addresses.slice(0, 1) : [],
    ports: kept.ports ? end.namedPorts : [],
    owners: [],
    generateName: "",
    phase: "",
    startTime: null,
    deletionTime: null,
    dnsPolicy: "",
    dnsSearches: [],
    fromTemplate: false,
  };
}

/** A namespace's labels as the agent puts them on its pods; its name is known without being said. */
function namespaceLabels(end: PodEnd): Readonly<Record<string, string>> {
  const labels = end.labels
    .map(parseLabel)
    .filter(({ key }) => key.startsWith(NAMESPACE_META_PREFIX))
    .map(({ key, value }) => [key.slice(NAMESPACE_META_PREFIX.length), value] as const)
    .filter(([key]) => key !== METADATA_NAME);
  return Object.fromEntries(labels);
}

function sortedKeys(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sortedValues(pods: ReadonlyMap<string, Pod>): readonly Pod[] {
  return [...pods].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pod]) => pod);
}
