import type { Gap } from "#model/coverage.ts";
import type { Finding } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import type { FoldOptions, Fold } from "#traffic/fold.ts";
import type { FoldState } from "#traffic/fold-state.ts";
import type { KeptEvents } from "./kept-events.ts";

/** A stretch of time, in milliseconds since 1970; both ends belong to it. null: without end on that side. */
export type StoreWindow = { readonly from: number | null; readonly to: number | null };

export const ALL_TIME: StoreWindow = { from: null, to: null };

/** What is handed over at a flush: an hour as folded so far, and the events kept since the flush before. */
export type StorePart = {
  /** Hours since 1970. */
  readonly hour: number;
  /** True when nothing more of this hour will come in this run. */
  readonly isFinal: boolean;
  readonly state: FoldState;
  /** Gaps that the recorder noticed by itself, beside those of `state`. */
  readonly gaps: readonly Gap[];
  readonly events: KeptEvents;
  /** Milliseconds since 1970 by the clock of this machine. */
  readonly writtenAt: number;
};

/** What of the store is there, without opening what it holds. */
export type SegmentInfo = {
  readonly name: string;
  readonly hour: number;
  readonly run: number;
  readonly isFinal: boolean;
  /** Of its events; null when it has none with a time. */
  readonly from: number | null;
  readonly to: number | null;
  readonly flows: number;
  readonly conversations: number;
  readonly events: number;
  readonly bytes: number;
};

/** A row of the service map over a window. Ends are keyed by what tells them apart, the same in every segment. */
export type StoredConversation = {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  /** -1 where there is none. */
  readonly port: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly flows: number;
  readonly dropped: number;
  readonly audited: number;
  /** Milliseconds since 1970. */
  readonly firstSeen: number;
  readonly lastSeen: number;
};

/** How far a store had come at a moment: of each segment the number of its events. */
export type StoreMark = ReadonlyMap<string, number>;

/** Which of the kept events are wanted. Empty lists: all. */
export type EventFilter = StoreWindow & {
  /** `verdict`, `drop`, `l7`, `trace`, … as the fold names kinds. */
  readonly kinds?: readonly string[];
  /** Hubble's names. */
  readonly verdicts?: readonly string[];
  /** Default: segment by segment, each in the order of arrival. The others: of the whole store in the order of time. */
  readonly order?: "arrival" | "oldest-first" | "newest-first";
  /** Only what came after a moment, and only what was there at another. */
  readonly after?: StoreMark;
  readonly upTo?: StoreMark;
};

/** More than a cluster has; what is beyond is not told. */
export const MOST_NAMESPACES = 100_000;

export type StoredNamespace = { readonly cluster: string; readonly namespace: string };

/** What a node's recorded time can prove. */
export type StoredNode = {
  readonly name: string;
  readonly flows: number;
  readonly from: number;
  readonly to: number;
  readonly agentStarts: number;
  readonly agentVersions: readonly string[];
};

export type StoreCoverage = {
  readonly from: number | null;
  readonly to: number | null;
  readonly flows: number;
  readonly nodes: readonly StoredNode[];
  readonly gaps: readonly Gap[];
  readonly lostEvents: number;
  readonly lostBySource: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
};

/** A moment between `from` and `to` at which a node's policies, agent or version changed. */
export type StoredEpoch = {
  readonly node: string;
  readonly from: number;
  readonly to: number;
  readonly cause: string;
  readonly revision: number | null;
};

/** null: no limit. Segments go whole, the oldest first. */
export type RetentionLimits = { readonly days: number | null; readonly bytes: number | null };

/** Until when each node was recorded by earlier runs, and whether the last of them ended as it should. */
export type StoreHistory = {
  readonly ranges: ReadonlyMap<string, readonly (readonly [from: number, to: number])[]>;
  readonly endedCleanly: boolean;
};

/** An object as it was from a time on (milliseconds since 1970); `object` null: it was gone. */
export type ObjectVersion = {
  readonly time: number;
  readonly kind: string;
  /** "" where it has none. */
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject | null;
};

/** Objects of the cluster as they were: every version with its time. */
export type ObjectLog = {
  /** In the order in which they came. What it has resolved for survives a crash. */
  readonly append: (versions: readonly ObjectVersion[]) => Promise<void>;
  /** All that there was at a time (milliseconds since 1970); null: at the end. */
  readonly at: (time: number | null) => Promise<readonly JsonObject[]>;
  /** The last version of what is there, by `kind/namespace/name`: its fingerprint. */
  readonly known: () => Promise<ReadonlyMap<string, string>>;
  /** Removes versions that were out of date before a time; the last one before it stays. */
  readonly retain: (before: number) => Promise<void>;
};

/**
 * Weeks of recorded traffic: hours of folded conversations, and of events what is worth keeping. What `append` has
 * resolved for survives a crash of the process and of the machine. One writer at a time; any number of readers, also of
 * a store that is being written.
 */
export type Store = {
  /** Reads `part.state` before it first waits: it may be folded further meanwhile. */
  readonly append: (part: StorePart) => Promise<void>;
  readonly segments: (window?: StoreWindow) => Promise<readonly SegmentInfo[]>;
  /** The service map over a window (whole segments that touch it), most flows first. */
  readonly conversations: (window?: StoreWindow) => Promise<readonly StoredConversation[]>;
  /** Everything of a window (whole segments) folded into one, as if the recording were read. */
  readonly fold: (window?: StoreWindow, options?: FoldOptions) => Promise<Fold>;
  /** The kept events as the JSON lines they came as. */
  readonly events: (filter: EventFilter) => AsyncIterable<string>;
  readonly coverage: (window?: StoreWindow) => Promise<StoreCoverage>;
  /** The namespaces of the ends of conversations, by their names. */
  readonly namespaces: (window?: StoreWindow) => Promise<readonly StoredNamespace[]>;
  readonly epochs: (window?: StoreWindow) => Promise<readonly StoredEpoch[]>;
  /** Removes what is beyond the limits; answers the names. `now`: milliseconds since 1970. */
  readonly retain: (limits: RetentionLimits, now: number) => Promise<readonly string[]>;
  readonly history: () => Promise<StoreHistory>;
  /** Absent where a store keeps none. */
  readonly objects?: ObjectLog;
  /** What is wrong with the store itself: damaged segments, set aside or passed over. */
  readonly findings: () => readonly Finding[];
  readonly close: () => Promise<void>;
};
