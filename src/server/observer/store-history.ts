import { setTimeout as sleep } from "node:timers/promises";
import { CanonicalScanner } from "#hubble/canonical/scanner.ts";
import type { Moment } from "#hubble/go-time.ts";
import { ResponseReader } from "#hubble/response-reader.ts";
import { markOf } from "#store/event-range.ts";
import { StoreFault } from "#store/store-fault.ts";
import type { EventFilter, SegmentInfo, Store, StoreMark, StoreWindow } from "#store/store.ts";
import type { FlowHistory, HistoryPiece, HistoryRequest, HistorySummary } from "./flow-history.ts";

/** How often the store is looked at for what was written; the recorder writes once a minute. */
const POLL_MILLISECONDS = 1000;

export type StoreHistoryOptions = {
  /** Nothing outside is offered. */
  readonly window: StoreWindow;
  readonly warn: (text: string) => void;
  readonly pollMilliseconds?: number;
};

/**
 * A store as a history: its kept events, in the order of time. To follow is to look for what was written since, every
 * second; nothing is read before it is asked for.
 */
export function storeHistory(store: Store, options: StoreHistoryOptions): FlowHistory {
  const { window } = options;
  const read = (filter: EventFilter) => messagesOf(store.events(filter), options.warn);
  let known: { readonly mark: StoreMark; readonly summary: Promise<HistorySummary> } | null = null;
  return {
    view: async () => {
      const upTo = markOf(await store.segments());
      return {
        pieces: (request) => piecesOf({ store, read, upTo }, request, options),
        newestFirst: (request) => read({ ...filterOf(window, request), order: "newest-first", upTo }),
      };
    },
    summary: async () => {
      const segments = await store.segments(window);
      const mark = markOf(segments);
      if (known === null || !isSame(known.mark, mark)) known = { mark, summary: summaryOf(store, segments, window) };
      // What failed may go well the next time.
      return await known.summary.catch((cause: unknown) => {
        known = null;
        throw cause;
      });
    },
    namespaces: async () => await store.namespaces(window),
  };
}

type Reading = {
  readonly store: Store;
  readonly read: (filter: EventFilter) => AsyncIterable<HistoryPiece>;
  readonly upTo: StoreMark;
};

async function* piecesOf(
  { store, read, upTo }: Reading,
  request: HistoryRequest,
  { window, warn, pollMilliseconds = POLL_MILLISECONDS }: StoreHistoryOptions,
): AsyncGenerator<HistoryPiece> {
  const { isFollow, isFromEnd, signal } = request;
  const asked = { ...filterOf(window, request), order: "oldest-first" } as const;
  if (!isFromEnd) yield* read({ ...asked, upTo });
  if (!isFollow) return;
  for (let after = upTo; !signal.aborted; ) {
    const now = await markNow(store, after, warn);
    if (!isSame(after, now)) {
      yield* read({ ...asked, after, upTo: now });
      after = now;
    }
    await sleep(pollMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}

/** Where the store is now; as it was before when it cannot be asked for the moment. */
async function markNow(store: Store, before: StoreMark, warn: (text: string) => void): Promise<StoreMark> {
  try {
    const now = markOf(await store.segments());
    // The newest segment always stays: a store without any is out of reach.
    return now.size === 0 ? before : now;
  } catch (cause) {
    if (!(cause instanceof StoreFault) || !cause.isPassing) throw cause;
    warn(`the store is asked again: ${cause.message}`);
    return before;
  }
}

function isSame(one: StoreMark, other: StoreMark): boolean {
  return one.size === other.size && [...one].every(([name, events]) => other.get(name) === events);
}

/** Lost events have no verdict: they are always asked for. */
function filterOf(window: StoreWindow, request: HistoryRequest): EventFilter {
  const { verdicts } = request;
  return { ...within(window, request), ...(verdicts === null ? {} : { verdicts: ["", ...verdicts] }) };
}

/** The window that is asked for of the one that is offered: whole milliseconds, which hold it. */
function within({ from, to }: StoreWindow, { since, until }: HistoryRequest): StoreWindow {
  const begin = since === null ? null : Math.floor(millisecondsOf(since));
  const end = until === null ? null : Math.ceil(millisecondsOf(until));
  return {
    from: from === null || begin === null ? (from ?? begin) : Math.max(from, begin),
    to: to === null || end === null ? (to ?? end) : Math.min(to, end),
  };
}

function millisecondsOf({ seconds, nanos }: Moment): number {
  return seconds * 1000 + nanos / 1e6;
}

/** Messages are handed out one at a time: each is good until the next. */
async function* messagesOf(lines: AsyncIterable<string>, warn: (text: string) => void): AsyncGenerator<HistoryPiece> {
  const scanner = new CanonicalScanner();
  const reader = new ResponseReader((_level, message) => warn(message));
  const encoder = new TextEncoder();
  for await (const line of lines) {
    const bytes = encoder.encode(line);
    const message = scanner.scan(bytes, 0, bytes.length) ?? reader.read(bytes);
    if (message !== null) yield [message];
  }
}

async function summaryOf(store: Store, segments: readonly SegmentInfo[], window: StoreWindow): Promise<HistorySummary> {
  const { flows, from, to, nodes } = await store.coverage(window);
  return {
    flows: segments.reduce((sum, { events }) => sum + events, 0),
    seen: flows,
    first: from === null ? null : momentAt(from),
    last: to === null ? null : momentAt(to),
    nodes: nodes.map((node) => ({
      name: node.name,
      version: node.agentVersions.at(-1) ?? "",
      flows: null,
      seen: node.flows,
      first: momentAt(node.from),
      last: momentAt(node.to),
    })),
  };
}

/** The moment of milliseconds since 1970. */
function momentAt(milliseconds: number): Moment {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1e6) };
}
