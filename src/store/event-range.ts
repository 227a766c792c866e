import type { EventFilter, SegmentInfo, StoreMark } from "./store.ts";

/** A segment as far as its events are counted. `replaces`: segments whose events it begins with, in their order. */
type Counted = Pick<SegmentInfo, "name" | "events"> & { readonly replaces?: readonly string[] };

/** Events of a segment by their place in the order of arrival: from `from` on, before `to`. */
export type EventRange = { readonly from: number; readonly to: number };

/** How far the store has come with these segments, all of them. */
export function markOf(segments: readonly Counted[]): StoreMark {
  return new Map(segments.map(({ name, events }) => [name, events]));
}

/** Which of a segment's events lie between the filter's marks; what comes is only ever added at the end of a segment. */
export function eventRange(segment: Counted, { after, upTo }: Pick<EventFilter, "after" | "upTo">): EventRange {
  const { events } = segment;
  return {
    from: after === undefined ? 0 : Math.min(takenOf(segment, after), events),
    to: upTo === undefined ? events : Math.min(takenOf(segment, upTo), events),
  };
}

function takenOf({ name, replaces = [] }: Counted, mark: StoreMark): number {
  return mark.get(name) ?? replaces.reduce((sum, part) => sum + (mark.get(part) ?? 0), 0);
}
