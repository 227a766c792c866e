import type { Gap } from "#model/coverage.ts";
import type { StoreWindow } from "../store.ts";
import { textOf } from "../duckdb.ts";
import type { HttpConnection } from "./http-connection.ts";
import { nameIn, quoted, SEGMENTS, SETTINGS, type StateTable } from "./schema.ts";

/** The newest part of a segment: its own account, as it stands in `segments`. */
export type SegmentManifest = {
  readonly segment: string;
  readonly part: number;
  /** Hours since 1970. */
  readonly hour: number;
  readonly writer: string;
  readonly run: number;
  /** The segment's place among those of its run. */
  readonly index: number;
  readonly isFinal: boolean;
  readonly isGone: boolean;
  /** Parts whose events count. */
  readonly eventParts: readonly number[];
  readonly from: number | null;
  readonly to: number | null;
  readonly flows: number;
  /** Flows of its conversations together: what the view by day adds up. */
  readonly mapped: number;
  readonly events: number;
  readonly eventsDropped: number;
  /** Rows of this part by table: a reader that finds another number has come between. */
  readonly rows: Readonly<Record<StateTable, number>>;
  /** As they were inserted; on disk they are fewer. */
  readonly bytes: number;
  readonly gaps: readonly Gap[];
  readonly writtenAt: number;
};

/** When each node was heard in a segment: asked for by `history` alone. */
export type HeardNode = { readonly name: string; readonly from: number; readonly to: number };

/** The part that stands for "removed". */
export const GONE_PART = 0xffff_ffff;

export const RETAIN_DAYS_SETTING = "retain_days";

/**
 * The segments that count, oldest first: of all writers, or of one. Those beyond the days that all recorders agreed on
 * are left out: the server may be removing them.
 */
export async function listSegments(
  connection: HttpConnection,
  writer: string | null = null,
): Promise<readonly SegmentManifest[]> {
  const at = connection.address;
  const days = `(SELECT toUInt32OrZero(argMax(value, at)) FROM ${nameIn(at, SETTINGS.name)} WHERE name = '${RETAIN_DAYS_SETTING}')`;
  const [texts = []] = await connection.columns(
    `WITH ${days} AS days SELECT manifest FROM ${nameIn(at, SEGMENTS.name)} FINAL
     WHERE part < ${GONE_PART} AND (days = 0 OR hour > now() - toIntervalDay(days + 1))
     ${writer === null ? "" : `AND writer = ${quoted(writer)}`}`,
    [{ name: "manifest", wire: "String" }],
  );
  return texts.map((one): SegmentManifest => JSON.parse(textOf(one))).sort(byAge);
}

function byAge(a: SegmentManifest, b: SegmentManifest): number {
  return a.hour - b.hour || compare(a.writer, b.writer) || a.run - b.run || a.index - b.index;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Whether a segment's events touch a window. */
export function touches({ from, to }: StoreWindow, segment: SegmentManifest): boolean {
  return (
    (from === null || segment.to === null || segment.to >= from) &&
    (to === null || segment.from === null || segment.from <= to)
  );
}

/** Segments and their parts as SQL's list of pairs. */
export function pairsOf(segments: readonly SegmentManifest[]): string {
  return segments.map(({ segment, part }) => `(${quoted(segment)}, ${part})`).join(", ");
}
