import type { Moment } from "#hubble/go-time.ts";
import type { Message } from "#hubble/message.ts";

/** GetFlowsResponses in canonical form, in the order in which they were recorded; the taker's only until it asks for more. */
export type HistoryPiece = readonly Message[];

/** A node that flows were recorded of. */
export type HistoryNode = {
  readonly name: string;
  readonly version: string;
  readonly flows: number;
  readonly first: Moment | null;
  readonly last: Moment | null;
};

export type HistoryNamespace = { readonly cluster: string; readonly namespace: string };

/** What is recorded, at one moment. */
export type HistorySummary = {
  readonly flows: number;
  readonly first: Moment | null;
  readonly last: Moment | null;
  readonly nodes: readonly HistoryNode[];
  readonly namespaces: readonly HistoryNamespace[];
};

export type HistoryRequest = {
  /** Nothing before it is asked for: what is known to be earlier may be left out. */
  readonly since: Moment | null;
  /** Go on with what is recorded from now on, until the signal aborts. */
  readonly isFollow: boolean;
  /** Begin at the end: nothing recorded so far is asked for. */
  readonly isFromEnd: boolean;
  readonly signal: AbortSignal;
};

/** Recorded flows as the observer server needs them: files, a store. */
export type FlowHistory = {
  readonly pieces: (request: HistoryRequest) => AsyncIterable<HistoryPiece>;
  readonly summary: () => Promise<HistorySummary>;
};
