import { eventRange } from "./event-range.ts";
import type { Manifest } from "./manifest.ts";
import type { EventGroup } from "./segment-reader.ts";
import type { EventFilter } from "./store.ts";

/** Segments that hold events which a filter's marks leave; parts of one hour that go on together. */
export function eventGroups(current: readonly Manifest[], filter: EventFilter): readonly EventGroup[] {
  const groups: EventGroup[number][][] = [];
  for (const segment of current) {
    const range = eventRange(segment, filter);
    if (range.from >= range.to) continue;
    const before = groups.at(-1);
    const last = before?.at(-1)?.segment;
    if (before !== undefined && last !== undefined && isOfOneHour(last, segment)) before.push({ segment, range });
    else groups.push([{ segment, range }]);
  }
  return groups;
}

/** Templates have one number in all parts of an hour as one run wrote it. */
function isOfOneHour(before: Manifest, segment: Manifest): boolean {
  return before.run === segment.run && before.hour === segment.hour && segment.supersedes.includes(before.name);
}

/** When the flows of several segments were seen; null where one does not say. */
export function timesOf(segments: readonly Manifest[]): Pick<Manifest, "from" | "to"> {
  const least = segments.reduce((time, { from }) => Math.min(time, from ?? Number.NEGATIVE_INFINITY), Infinity);
  const most = segments.reduce((time, { to }) => Math.max(time, to ?? Number.POSITIVE_INFINITY), -Infinity);
  return { from: Number.isFinite(least) ? least : null, to: Number.isFinite(most) ? most : null };
}
