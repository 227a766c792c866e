import type { JsonObject } from "./json.ts";
import type { Place } from "./place.ts";

/** The Kubernetes objects an analysis may ask for, read into what ringfence uses of them. All lists keep file order. */
export type Inventory = {
  readonly namespaces: readonly Namespace[];
  readonly pods: readonly Pod[];
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly nodes: readonly Node[];
  readonly cidrGroups: readonly CidrGroup[];
  readonly webhooks: readonly Webhook[];
  readonly ciliumEndpoints: readonly CiliumEndpoint[];
  readonly ciliumIdentities: readonly CiliumIdentity[];
  readonly ciliumNodes: readonly CiliumNode[];
  /** Kinds of cilium.io and policy.networking.k8s.io that the cluster's CustomResourceDefinitions define. Absent: none were given. */
  readonly policyCrds?: readonly string[];
};

export const EMPTY_INVENTORY: Inventory = {
  namespaces: [],
  pods: [],
  workloads: [],
  services: [],
  endpointSlices: [],
  nodes: [],
  cidrGroups: [],
  webhooks: [],
  ciliumEndpoints: [],
  ciliumIdentities: [],
  ciliumNodes: [],
};

export type StringMap = Readonly<Record<string, string>>;

export type Namespace = { readonly name: string; readonly labels: StringMap; readonly annotations: StringMap };

/** A container port with a name; unnamed ports are kept too (`name` ""), for Service and scrape questions. */
export type ContainerPort = { readonly name: string; readonly port: number; readonly protocol: string };

export type OwnerRef = { readonly kind: string; readonly name: string; readonly controller: boolean };

export type Pod = {
  readonly namespace: string;
  readonly name: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly serviceAccount: string;
  /** null when not scheduled, or when a workload stands for its pod. */
  readonly nodeName: string | null;
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  /** Ports of the plain containers in order; native sidecars (init containers) are left out, as Cilium does. */
  readonly ports: readonly ContainerPort[];
  readonly owners: readonly OwnerRef[];
  readonly generateName: string;
  readonly phase: string;
  /** RFC 3339, or null. */
  readonly startTime: string | null;
  readonly deletionTime: string | null;
  readonly dnsPolicy: string;
  /** Search domains added by `spec.dnsConfig.searches`. */
  readonly dnsSearches: readonly string[];
  /** True when a workload's template stands for this pod (no such Pod object was given). */
  readonly fromTemplate: boolean;
};

export const WORKLOAD_KINDS = [
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "Job",
  "CronJob",
  "ReplicationController",
] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** Hubble's notion of a workload: Deployment, not ReplicaSet; CronJob, not Job. */
export type WorkloadRef = { readonly kind: string; readonly name: string };

export type Workload = {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly OwnerRef[];
  /** The pod its template makes, named like the workload; null when the object has no template. */
  readonly template: Pod | null;
  /** spec.replicas, null when absent or not of this kind. */
  readonly replicas: number | null;
  /** CronJob only. */
  readonly schedule: string | null;
  readonly timeZone: string | null;
  readonly suspended: boolean;
};

export type ServicePort = {
  readonly name: string;
  readonly port: number;
  /** A number, a port name, or null when absent (then `port`). */
  readonly targetPort: number | string | null;
  readonly protocol: string;
  readonly nodePort: number | null;
};

export type Service = {
  readonly namespace: string;
  readonly name: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  /** null when absent: a Service without selector. */
  readonly selector: StringMap | null;
  readonly type: string;
  readonly clusterIPs: readonly string[];
  readonly loadBalancerAddresses: readonly string[];
  readonly externalIPs: readonly string[];
  readonly externalTrafficPolicy: string;
  readonly ports: readonly ServicePort[];
};

export type EndpointSlice = {
  readonly namespace: string;
  /** Label kubernetes.io/service-name, "" when absent. */
  readonly service: string;
  readonly labels: StringMap;
  /** Addresses of endpoints that are ready, or serving while terminating. */
  readonly addresses: readonly string[];
  readonly ports: readonly { readonly name: string; readonly port: number | null; readonly protocol: string }[];
};

export type NodeAddress = { readonly type: string; readonly address: string };
export type Node = {
  readonly name: string;
  readonly labels: StringMap;
  readonly addresses: readonly NodeAddress[];
  readonly podCIDRs: readonly string[];
};

export type CidrGroup = { readonly name: string; readonly labels: StringMap; readonly cidrs: readonly string[] };

/** What the API server calls inside the cluster: admission webhooks, aggregated APIs, CRD conversion. */
export type Webhook = {
  readonly kind: string;
  readonly name: string;
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    /** Service port, 443 by default. */
    readonly port: number;
  }[];
};

export type CiliumEndpoint = {
  readonly namespace: string;
  readonly name: string;
  readonly identity: number;
  /** `source:key=value`, sorted. */
  readonly labels: readonly string[];
  readonly addresses: readonly string[];
  readonly nodeAddress: string | null;
  readonly namedPorts: readonly ContainerPort[];
  /** The agent's own number of the endpoint, unique on its node; absent when it had none yet. */
  readonly endpointId?: number;
};

export type CiliumIdentity = { readonly id: number; readonly labels: readonly string[] };

export type CiliumNode = {
  readonly name: string;
  readonly labels: StringMap;
  readonly addresses: readonly NodeAddress[];
  readonly podCIDRs: readonly string[];
  readonly healthAddresses: readonly string[];
  readonly ingressAddresses: readonly string[];
};

/** One document of a manifest stream, read but not yet understood. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly value: JsonObject;
  readonly place: Place;
};
