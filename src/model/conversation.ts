import type { Direction } from "./decision.ts";
import type { ContainerPort, WorkloadRef } from "./objects.ts";

/** Hubble's l4 key. */
export type Protocol = "TCP" | "UDP" | "SCTP" | "ICMPv4" | "ICMPv6" | (string & {});

/** Hubble's verdicts, spelled as Hubble spells them. */
export type Verdict =
  | "VERDICT_UNKNOWN"
  | "FORWARDED"
  | "DROPPED"
  | "ERROR"
  | "AUDIT"
  | "REDIRECTED"
  | "TRACED"
  | "TRANSLATED";

/**
 * A pod (any endpoint with Kubernetes labels). The key of an end is `labels` (the security-relevant ones,
 * `source:key=value`, sorted, `gen:io.cilium.k8s.named-ports…` among them) with `namedPorts`; pods are examples.
 */
export type PodEnd = {
  readonly kind: "pod";
  readonly namespace: string;
  readonly workload: WorkloadRef | null;
  /** Pod names without namespace, at most 20, sorted; `podCount` is the true number. */
  readonly pods: readonly string[];
  readonly podCount: number;
  readonly labels: readonly string[];
  readonly namedPorts: readonly ContainerPort[];
  /** Node names where its pods ran, sorted; empty when not known. */
  readonly nodes: readonly string[];
  /** At most 20. */
  readonly addresses: readonly string[];
  /** Set when the end belongs to another cluster (ClusterMesh): recognised, not decided. */
  readonly otherCluster: string | null;
};

/** Host, remote-node, kube-apiserver, health, ingress, init, unmanaged. `labels` are the recorded reserved labels. */
export type ReservedEnd = {
  readonly kind: "reserved";
  /** The most specific: host before kube-apiserver before remote-node. */
  readonly entity: string;
  readonly labels: readonly string[];
  readonly addresses: readonly string[];
  /** Node names that it stands for, when known (for toNodes/fromNodes and health/ingress endpoints). */
  readonly nodes: readonly string[];
};

/** An address outside the cluster. World is always this. */
export type AddressEnd = {
  readonly kind: "address";
  readonly address: string;
  /** Names it was known by, sorted, lower case without final dot. For people; what Cilium knew is `NameKnowledge`. */
  readonly names: readonly string[];
  /** Recorded identity labels (`reserved:world`, `cidr:…`, `fqdn:…`): of then-existing policies, never of proposed ones. */
  readonly labels: readonly string[];
  /** Set when there were too many addresses to keep: it stands for every address of this prefix (`198.51.100.0/24`). */
  readonly prefix?: string;
  /** True when the address is a node's: the packet was masqueraded, judge it by its labels, never by the address (trap 50). */
  readonly masqueraded?: true;
};

/** Identity 0, labels that the recording lacks, an address that could be several things. Never decided. */
export type UnknownEnd = {
  readonly kind: "unknown";
  readonly address: string | null;
  readonly reason: string;
};

export type End = PodEnd | ReservedEnd | AddressEnd | UnknownEnd;

/** A request as a proxy sees it. */
export type L7Request =
  | { readonly kind: "dns"; readonly name: string }
  | {
      readonly kind: "http";
      readonly method: string;
      readonly path: string;
      readonly host: string;
      readonly headers: Readonly<Record<string, readonly string[]>>;
    }
  | { readonly kind: "tls"; readonly serverName: string };

/** An L7 request with how often it was seen and what the proxy then said (Hubble's verdict of the L7 event). */
export type SeenRequest = {
  readonly request: L7Request;
  readonly count: number;
  readonly verdicts: Readonly<Record<string, number>>;
  /** Epoch of the first. */
  readonly epoch: number;
};

/**
 * Recorded policy-verdict events (type 5) of one kind, counted. This is what calibration reproduces.
 * `remoteLabels`: the recorded labels of an outside end at that time (they tell which fqdn selectors it matched).
 */
export type RecordedVerdict = {
  readonly side: Direction;
  readonly verdict: Verdict;
  /** Hubble's drop_reason_desc, null unless dropped. */
  readonly dropReason: string | null;
  /** policy_match_type, 0 when absent. */
  readonly matchType: number;
  /** Index into `Snapshot.traffic.epochs`. */
  readonly epoch: number;
  readonly node: string;
  readonly count: number;
  readonly remoteLabels: readonly string[] | null;
  /** Policies named in *_allowed_by or *_denied_by, `policyName` form, sorted. */
  readonly policies: readonly string[];
  /** Milliseconds since 1970. */
  readonly firstSeen: number;
  readonly lastSeen: number;
};

/** One event kept as an example, enough to find it again. */
export type FlowExample = {
  readonly uuid: string;
  readonly time: number;
  readonly node: string;
  readonly source: string;
  readonly destination: string;
  readonly verdict: Verdict;
};

/**
 * All flows with the same source, destination, protocol and destination port (or ICMP type and code), folded.
 * Replies are turned round first. Counts are of events; never compare counts of different verdicts (trap 6, lab 1.5).
 */
export type Conversation = {
  /** Stable: a hash of the key, the same in every run over the same cluster. */
  readonly id: string;
  readonly from: End;
  readonly to: End;
  readonly protocol: Protocol;
  /** Destination port after service translation; null for ICMP and where L4 is absent. */
  readonly port: number | null;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  readonly flows: number;
  /** Events by Hubble verdict. */
  readonly recorded: Readonly<Record<string, number>>;
  /** Which side's node was heard: egress at the source's, ingress at the destination's. */
  readonly sidesSeen: readonly Direction[];
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Events an hour: key is hours since 1970. */
  readonly hours: Readonly<Record<string, number>>;
  readonly nodes: readonly string[];
  readonly examples: readonly FlowExample[];
  readonly verdicts: readonly RecordedVerdict[];
  readonly requests: readonly SeenRequest[];
  /** Requests beyond the bound, not kept. */
  readonly requestsDropped: number;
  /** Service the source asked for, `namespace/name`, when an event named it. */
  readonly services: readonly string[];
  /** Names in destination_names (the source endpoint's own lookups, trap 37). */
  readonly destinationNames: readonly string[];
  /** "probable": may be a reply taken for a request (traps 2, 14, 33): undecided, blocks ready. */
  readonly reply: "no" | "probable";
  /** Connections seen established in the window without their SYN: open since before the recording. */
  readonly openBefore: boolean;
  /** A connection was still open, and heard, when the recording ended: the flip meets it as established. */
  readonly openAtEnd?: boolean;
  /** Programs that opened it, sorted, at most 5; absent when no Tetragon export names any. */
  readonly processes?: readonly string[];
  /** Seconds between first and last event of the longest connection (one source port) seen. */
  readonly longestSeconds: number;
  /** Some event of this conversation came after every change in the last epoch: see `Traffic.epochs`. */
  readonly epochs: readonly number[];
  /** Set when this must not be judged as policy between pods: `host-firewall`, `cluster-mesh`, `mesh-proxy`, … (said, not decided). */
  readonly notDecided: string | null;
};

/** A way of saying which policies were in force: cut at policy, configuration or agent changes, per node. */
export type Epoch = {
  readonly node: string;
  /** Milliseconds since 1970, inclusive. */
  readonly from: number;
  readonly to: number;
  /** Policy repository revision in *_allowed_by, null when never named. */
  readonly revision: number | null;
  /** What began it: `recording`, `revision`, `policy-updated`, `agent-started`, `object-changed`, `settling`. */
  readonly cause: string;
};
