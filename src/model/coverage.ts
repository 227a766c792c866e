import type { Finding } from "./finding.ts";

/** What a recording can and cannot prove. Times are milliseconds since 1970. */
export type Coverage = {
  readonly from: number | null;
  readonly to: number | null;
  readonly windowSeconds: number;
  /** Lines read, flow events among them, and what was left out, by reason. */
  readonly lines: number;
  readonly flows: number;
  readonly skipped: Readonly<Record<string, number>>;
  /** Events by kind: verdict, trace, drop, l7, socket, lost, agent, node-status. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Flows that are no evidence of a conversation, by reason: `socket`, `from-point`, `multicast`, …; `bound`: no room. */
  readonly leftOut?: Readonly<Record<string, number>>;
  readonly nodes: readonly NodeCoverage[];
  /** A lower bound: rate limits, switches and filters lose silently (trap 31). */
  readonly lostEvents: number;
  readonly lostBySource: Readonly<Record<string, number>>;
  readonly gaps: readonly Gap[];
  /** Non-policy drops by Hubble's reason text: noise to the decision, kept for people (traps 13, 21, 38). */
  readonly otherDrops: Readonly<Record<string, number>>;
  /** One-sided recordings, masked fields, hit bounds, skew, duplicates, other clusters, …: said, with what to do. */
  readonly findings: readonly Finding[];
};

export type NodeCoverage = {
  readonly name: string;
  readonly flows: number;
  readonly from: number;
  readonly to: number;
  /** Versions of the agent in the order they were met; empty before 1.19, which did not tell. */
  readonly agentVersions?: readonly string[];
};

export type Gap = {
  readonly node: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
};

/** A name and addresses that it had, and who could know it. */
export type NameRecord = {
  /** Lower case, no final dot. The name really asked (search suffixes included). */
  readonly name: string;
  readonly addresses: readonly string[];
  /** `dns` seen through the proxy, `destination-names` of a flow, `file` given by the user. */
  readonly source: "dns" | "destination-names" | "file";
  /** Node that saw it; null when given by a file. */
  readonly node: string | null;
  /** `namespace/pod` that asked; null when not known. */
  readonly askedBy: string | null;
  readonly firstSeen: number | null;
  readonly lastSeen: number | null;
  readonly ttlSeconds: number | null;
  /** With `file`: the file's name, so that a report can say what each decided. */
  readonly file?: string;
};

/** A name as a file gives it. Of an agent's cache: which endpoint asked, known only by the agent's own number for it. */
export type GivenName = NameRecord & {
  readonly endpointId?: number;
  /** Which agent's dump it stands in, counted within the file: endpoint numbers are each agent's own. */
  readonly dump?: number;
};

/** What a query log tells: who asked a resolver which name. It holds no addresses. */
export type NameQuestion = {
  /** Lower case, no final dot. The name really asked (search suffixes included). */
  readonly name: string;
  /** The address that asked. */
  readonly asker: string;
  /** True when some question was answered without an error (NOERROR, also of a name without addresses of that family). */
  readonly answered: boolean;
  readonly count: number;
  readonly file: string;
};
