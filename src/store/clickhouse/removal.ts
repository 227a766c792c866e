import { numberOf } from "../duckdb.ts";
import type { RetentionLimits } from "../store.ts";
import type { HttpConnection } from "./http-connection.ts";
import { dayOf, dropOpen, dropPartition, openName, publish } from "./part-writer.ts";
import { DAY_TABLES, localIn, nameIn, onCluster, OPEN_TABLES, quoted, SETTINGS, TABLES, WRITERS } from "./schema.ts";
import { RETAIN_DAYS_SETTING, type SegmentManifest } from "./segment-manifest.ts";

const DAY_MS = 86_400_000;

/** `ratio`: bytes on disk for a byte that was inserted. */
export type DiskLimits = RetentionLimits & { readonly ratio: number };

/** The segments of a writer that are beyond the limits, the oldest first: as `beyondLimits` of retention.ts. */
export function segmentsBeyond(
  segments: readonly SegmentManifest[],
  { days, bytes, ratio }: DiskLimits,
  now: number,
): readonly SegmentManifest[] {
  const oldestFirst = [...segments].sort((a, b) => (a.to ?? 0) - (b.to ?? 0) || a.run - b.run || a.index - b.index);
  const newest = oldestFirst.at(-1);
  const latest = Math.min(now, newest?.to ?? now);
  let total = segments.reduce((sum, segment) => sum + segment.bytes * ratio, 0);
  const gone: SegmentManifest[] = [];
  for (const segment of oldestFirst.slice(0, -1)) {
    const isOld = days !== null && (segment.to ?? 0) < latest - days * DAY_MS;
    const isTooMuch = bytes !== null && total > bytes;
    if (!isOld && !isTooMuch) continue;
    gone.push(segment);
    total -= segment.bytes * ratio;
  }
  return gone;
}

/**
 * Removes segments: each is gone for readers at once, and its rows when no segment of its day is left of any writer.
 * `all`: the segments of all writers.
 */
export async function removeSegments(
  connection: HttpConnection,
  gone: readonly SegmentManifest[],
  all: readonly SegmentManifest[],
): Promise<void> {
  if (gone.length === 0) return;
  for (const segment of gone) {
    await publish(connection, { ...segment, isGone: true }, []);
    if (!segment.isFinal) await dropOpen(connection, segment.hour, openName(segment.segment, segment.part));
  }
  const names = new Set(gone.map(({ segment }) => segment));
  const left = new Set(all.filter(({ segment }) => !names.has(segment)).map(({ hour }) => dayOf(hour)));
  for (const day of new Set(gone.map(({ hour }) => dayOf(hour)))) {
    if (!left.has(day)) await dropDay(connection, day);
  }
}

async function dropDay(connection: HttpConnection, day: string): Promise<void> {
  for (const table of OPEN_TABLES) await dropPartition(connection, table, `(${quoted(day)}, '')`);
  for (const table of DAY_TABLES) await dropPartition(connection, table, quoted(day));
}

/** The server's own removal comes later than ours: it is for what recorders that are no more have left. */
const SPARE_DAYS = 2;

/**
 * Makes a limit of days the tables' TTL, unless what is recorded is not of today (`latest`, milliseconds since 1970): the
 * server counts from its clock. The longest of those that recorders of this database ask for holds, until one
 * is alone with it.
 */
export async function limitDays(connection: HttpConnection, days: number, latest: number): Promise<void> {
  const at = connection.address;
  const [values, others, clocks] = await connection.columns(
    `SELECT toUInt32OrZero(argMax(value, at)) AS value,
       ifNull((SELECT toUInt32(count()) FROM ${nameIn(at, WRITERS.name)} FINAL
        WHERE NOT is_over AND renewed > now64(3) - toIntervalMinute(1) AND writer != ${quoted(at.writer)}), 0) AS others,
       toUnixTimestamp64Milli(now64(3)) AS clock
     FROM ${nameIn(at, SETTINGS.name)} WHERE name = '${RETAIN_DAYS_SETTING}'`,
    [
      { name: "value", wire: "UInt32" },
      { name: "others", wire: "UInt32" },
      { name: "clock", wire: "Int64" },
    ],
  );
  if (Math.abs(numberOf(clocks?.[0]) - latest) > DAY_MS) return;
  const known = numberOf(values?.[0]);
  const own = Math.ceil(days);
  const wanted = numberOf(others?.[0]) > 0 ? Math.max(known, own) : own;
  if (wanted === known) return;
  for (const { name, hasDays, columns } of TABLES) {
    if (!hasDays) continue;
    const time = columns.some((one) => one.name === "hour") ? "hour" : "day";
    await connection.run(
      `ALTER TABLE ${localIn(at, name)}${onCluster(at)} MODIFY TTL ${time} + toIntervalDay(${wanted + SPARE_DAYS})
       SETTINGS materialize_ttl_after_modify = 0`,
    );
  }
  await connection.run(
    `INSERT INTO ${nameIn(at, SETTINGS.name)} (name, value, at)
     SELECT '${RETAIN_DAYS_SETTING}', '${wanted}', now64(3) SETTINGS insert_distributed_sync = 1`,
  );
}
