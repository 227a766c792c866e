import type { Protocol, Verdict } from "./conversation.ts";
import type { Direction } from "./decision.ts";
import type { WorkloadRef } from "./objects.ts";

/** One end of a flow as Hubble wrote it. Upstream: api/v1/flow Endpoint. */
export type FlowEndpoint = {
  /** Endpoint id on the observing node; 0 when the end is not on that node (or the id was not recorded). */
  readonly id: number;
  /** Numeric identity, 0 when unknown. Never compare it between nodes or times (traps 13, 34): labels decide. */
  readonly identity: number;
  readonly clusterName: string;
  readonly namespace: string;
  readonly podName: string;
  /** `source:key=value`, sorted; empty when the recording does not hold them. */
  readonly labels: readonly string[];
  /** Only for pods of the observing node; null otherwise. */
  readonly workload: WorkloadRef | null;
};

/** A policy named in `*_allowed_by` or `*_denied_by`. Best effort of the agent, looked up when the event was parsed (trap 36). */
export type FlowPolicy = {
  /** As `policyName` writes it; "" for what has no name (an implicit rule). */
  readonly policy: string;
  /** Policy repository revision, which begins anew with the agent (trap 52); null when absent. */
  readonly revision: number | null;
};

export type L7Type = "REQUEST" | "RESPONSE" | "SAMPLE" | "";

/** What the proxy saw. `record` names other L7 protocols (`kafka`, "" when there is none). */
export type FlowL7 =
  | {
      readonly kind: "dns";
      readonly type: L7Type;
      /** As asked: any case, usually with a final dot. */
      readonly query: string;
      readonly addresses: readonly string[];
      /** null when there is no answer (Hubble writes 4294967295). */
      readonly ttlSeconds: number | null;
      readonly rcode: number;
    }
  | {
      readonly kind: "http";
      readonly type: L7Type;
      readonly method: string;
      readonly url: string;
      /** 0 for requests. */
      readonly code: number;
      readonly headers: readonly { readonly key: string; readonly value: string }[];
    }
  | { readonly kind: "other"; readonly type: L7Type; readonly record: string };

/**
 * Numbers that a reader gives to what it recognises: of two flows with the same four (none 0) only time, uuid, addresses,
 * ports, L7 and socket cookie may differ. They mean nothing beyond that reader.
 */
export type FlowSerials = {
  readonly source: number;
  readonly destination: number;
  readonly shape: number;
  readonly tail: number;
};

/**
 * A flow event. Zero values of the wire read as 0, "" or empty; where absent and zero differ (`isReply`), null is absent.
 * The fast reader hands out one object that it overwrites with the next line: who keeps a field copies it.
 */
export type Flow = {
  readonly kind: "flow";
  /** Milliseconds since 1970, null when the recording holds no time. */
  readonly time: number | null;
  /** As written: `node` or `cluster/node`. */
  readonly node: string;
  readonly uuid: string;
  /** 64 bits of the uuid's text, to find duplicates; both 0 without uuid. */
  readonly uuidHigh: number;
  readonly uuidLow: number;
  readonly verdict: Verdict;
  /** Cilium's event type: 1 drop, 3 capture, 4 trace, 5 policy verdict, 7 socket trace, 129 L7; 0 when absent. */
  readonly eventType: number;
  readonly subType: number;
  readonly flowType: string;
  /** `TO_ENDPOINT`, `FROM_NETWORK`, …; "" when absent. */
  readonly observationPoint: string;
  /** `NEW`, `ESTABLISHED`, `REPLY`, `RELATED`, …; "" when unknown. */
  readonly traceReason: string;
  readonly isReply: boolean | null;
  /** Of the connection, and only trustworthy on policy verdicts and L7 events (trap 3). */
  readonly direction: Direction | null;
  /** Hubble's drop_reason_desc, null when none. */
  readonly dropReason: string | null;
  readonly policyMatchType: number;
  readonly source: FlowEndpoint | null;
  readonly destination: FlowEndpoint | null;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  /** Address after source translation, "" when untranslated. */
  readonly sourceXlated: string;
  /** Hubble's l4 key; "" when the event holds no L4. */
  readonly protocol: Protocol;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Bits of `TcpFlag`; -1 when the flags were not recorded. */
  readonly tcpFlags: number;
  /** True when the event was seen inside a tunnel's packet. */
  readonly tunnel: boolean;
  readonly sourceNames: readonly string[];
  readonly destinationNames: readonly string[];
  /** `namespace/name`, "" when none. */
  readonly sourceService: string;
  readonly destinationService: string;
  readonly l7: FlowL7 | null;
  readonly egressAllowedBy: readonly FlowPolicy[];
  readonly ingressAllowedBy: readonly FlowPolicy[];
  readonly egressDeniedBy: readonly FlowPolicy[];
  readonly ingressDeniedBy: readonly FlowPolicy[];
  readonly socketCookie: string;
  /** Flows that this line stands for: more than 1 only when the exporter aggregated (from 1.19). */
  readonly count: number;
  readonly isAggregated: boolean;
  /** Version of the agent (emitter), "" before 1.19. */
  readonly agentVersion: string;
  /** Absent where the reader recognises nothing. */
  readonly serials?: FlowSerials;
};

export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128, ns: 256 } as const;

/** Events that somebody says were lost: a lower bound (trap 31). */
export type LostEvents = {
  readonly kind: "lost";
  readonly time: number | null;
  readonly node: string;
  readonly source: string;
  readonly count: number;
  readonly first: number | null;
  readonly last: number | null;
};

export type NodeStatus = {
  readonly kind: "node-status";
  readonly time: number | null;
  readonly node: string;
  /** NODE_CONNECTED, NODE_UNAVAILABLE, NODE_GONE, NODE_ERROR. */
  readonly state: string;
  readonly nodes: readonly string[];
  readonly message: string;
};

/** What the agent says of itself. Policy and start events cut epochs. */
export type AgentEvent = {
  readonly kind: "agent";
  readonly time: number | null;
  readonly node: string;
  /** POLICY_UPDATED, POLICY_DELETED, AGENT_STARTED, … */
  readonly type: string;
  /** Policy repository revision, for policy events. */
  readonly revision: number | null;
};

/** Debug events, and lines of a kind that this version does not know (`what` is its key). */
export type OtherEvent = {
  readonly kind: "debug" | "unknown";
  readonly time: number | null;
  readonly node: string;
  readonly what: string;
};

export type FlowEvent = Flow | LostEvents | NodeStatus | AgentEvent | OtherEvent;
