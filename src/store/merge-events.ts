import type { EventFilter } from "./store.ts";

/** A kept event. `time`: nanoseconds since 1970. */
export type StoredEvent = { readonly time: bigint; readonly line: string };

/** Events in the order of time; it is opened when the others have come to the hour that it is of. */
export type EventStream = {
  /** Hours since 1970. */
  readonly hour: number;
  /** Milliseconds since 1970; null when unknown. */
  readonly from: number | null;
  readonly to: number | null;
  readonly open: () => AsyncGenerator<StoredEvent>;
};

type Waiting = { readonly place: number; readonly bound: number; readonly stream: EventStream };
type Open = { readonly place: number; readonly rest: AsyncGenerator<StoredEvent>; head: StoredEvent };

const HOUR_MS = 3_600_000;

/**
 * The events of several streams, each in the order of time, in one such order: of equal ones those of the earlier stream
 * first (or last, newest first). Only streams whose hours meet are open at a time.
 */
export async function* mergeEvents(
  streams: readonly EventStream[],
  order: Exclude<EventFilter["order"], "arrival" | undefined>,
): AsyncGenerator<StoredEvent> {
  const sign = order === "newest-first" ? -1 : 1;
  const waiting = streams
    .map((stream, place): Waiting => ({ place: place * sign, bound: boundOf(stream, sign) * sign, stream }))
    .sort((a, b) => (a.bound === b.bound ? a.place - b.place : a.bound < b.bound ? -1 : 1));
  const open: Open[] = [];
  try {
    for (;;) {
      const first = earliest(open, sign);
      const next = waiting[0];
      if (next !== undefined && (first === null || next.bound <= milliseconds(first.head.time) * sign)) {
        waiting.shift();
        await begin(next, open);
      } else if (first === null) return;
      else {
        yield first.head;
        await advance(first, open);
      }
    }
  } finally {
    for (const { rest } of open) await rest.return(undefined);
  }
}

/** Nothing of it lies beyond: events of the hour that tell no flow may lie outside of the times of its flows. */
function boundOf({ hour, from, to }: EventStream, sign: number): number {
  if (sign > 0) return Math.min(from ?? Number.NEGATIVE_INFINITY, hour * HOUR_MS);
  return Math.max(to ?? Number.POSITIVE_INFINITY, (hour + 1) * HOUR_MS);
}

function milliseconds(time: bigint): number {
  return Number(time) / 1e6;
}

async function begin({ place, stream }: Waiting, open: Open[]): Promise<void> {
  const rest = stream.open();
  const { done, value } = await rest.next();
  if (done !== true) open.push({ place, rest, head: value });
}

async function advance(one: Open, open: Open[]): Promise<void> {
  const { done, value } = await one.rest.next();
  if (done === true) open.splice(open.indexOf(one), 1);
  else one.head = value;
}

function earliest(open: readonly Open[], sign: number): Open | null {
  let best: Open | null = null;
  for (const one of open) if (best === null || isBefore(one, best, sign)) best = one;
  return best;
}

function isBefore(one: Open, other: Open, sign: number): boolean {
  if (one.head.time === other.head.time) return one.place < other.place;
  return one.head.time < other.head.time === sign > 0;
}
