import { bytesOf, type Manifest } from "./manifest.ts";
import type { RetentionLimits } from "./store.ts";

const DAY_MS = 86_400_000;

/**
 * The segments that are beyond the limits, the oldest first. Age counts from the newest event that the store holds, or
 * from `now` where that is earlier: a clock that jumps ahead must not cost the past. The newest segment always stays.
 */
export function beyondLimits(
  segments: readonly Manifest[],
  { days, bytes }: RetentionLimits,
  now: number,
): readonly Manifest[] {
  const oldestFirst = [...segments].sort((a, b) => (a.to ?? 0) - (b.to ?? 0) || a.sequence - b.sequence);
  const newest = oldestFirst.at(-1);
  const latest = Math.min(now, newest?.to ?? now);
  let total = segments.reduce((sum, segment) => sum + bytesOf(segment), 0);
  const gone: Manifest[] = [];
  for (const segment of oldestFirst.slice(0, -1)) {
    const isOld = days !== null && (segment.to ?? 0) < latest - days * DAY_MS;
    const isTooMuch = bytes !== null && total > bytes;
    if (!isOld && !isTooMuch) continue;
    gone.push(segment);
    total -= bytesOf(segment);
  }
  return gone;
}
