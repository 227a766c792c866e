import type { Moment } from "#hubble/go-time.ts";
import type { Message } from "#hubble/message.ts";

/** GetFlowsResponses in canonical form, in the order in which they were recorded; the taker's only until it asks for more. */
export type HistoryPiece = readonly Message[];

/** A node that flows were recorded of. */
export type HistoryNode = {
  readonly name: string;
  readonly version: string;
  /** Flows that can be asked for; null: not told node by node. */
  readonly flows: number | null;
  /** Flows that were seen, whether they can be asked for or not. */
  readonly seen: number;
  readonly first: Moment | null;
  readonly last: Moment | null;
};

export type HistoryNamespace = { readonly cluster: string; readonly namespace: string };

/** What is recorded, at one moment. */
export type HistorySummary = {
  readonly flows: number;
  readonly seen: number;
  readonly first: Moment | null;
  readonly last: Moment | null;
  readonly nodes: readonly HistoryNode[];
};

export type HistoryRequest = {
  /** Nothing before `since` and after `until` is asked for: what is known to lie there may be left out. */
  readonly since: Moment | null;
  readonly until: Moment | null;
  /** No flows of other verdicts are asked for; they may be left out. null: all are. */
  readonly verdicts: readonly string[] | null;
  /** Go on with what is recorded from now on, until the signal aborts. */
  readonly isFollow: boolean;
  /** Begin at the end: nothing recorded so far is asked for. */
  readonly isFromEnd: boolean;
  readonly signal: AbortSignal;
};

/** A history as it was at one moment, and what came after it. */
export type HistoryView = {
  readonly pieces: (request: HistoryRequest) => AsyncIterable<HistoryPiece>;
  /** The same without what came after, the newest first; absent where a history is read forwards only. */
  readonly newestFirst?: (request: HistoryRequest) => AsyncIterable<HistoryPiece>;
};

/** Recorded flows as the observer server needs them: files, a store. */
export type FlowHistory = {
  readonly view: () => Promise<HistoryView>;
  readonly summary: () => Promise<HistorySummary>;
  /** In their order by cluster and name. */
  readonly namespaces: () => Promise<readonly HistoryNamespace[]>;
};
