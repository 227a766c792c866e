import { numberOf, textOf } from "../duckdb.ts";
import type { StoredConversation, StoreWindow } from "../store.ts";
import type { HttpConnection } from "./http-connection.ts";
import { MissingRows } from "./part-reader.ts";
import { dayOf } from "./part-writer.ts";
import type { Columns } from "./row-binary.ts";
import { CONVERSATIONS_DAILY, END_TEXT, ENDS_DAILY, nameIn, quoted } from "./schema.ts";
import { pairsOf, type SegmentManifest, touches } from "./segment-manifest.ts";

const KEYS = CONVERSATIONS_DAILY.order.join(", ");
const MAP_COLUMNS = CONVERSATIONS_DAILY.columns.slice(1);
const END_COLUMNS = ENDS_DAILY.columns.slice(1);
const SUMS = `sum(c.flows) AS flows, sum(c.dropped) AS dropped, sum(c.audited) AS audited,
  min(c.first_seen) AS first_seen, max(c.last_seen) AS last_seen`;
/** So many segments stand in one question. */
const MOST_PAIRS = 2000;

/**
 * The service map of a window. Days of which all is wanted are taken from the view by day, as long as its sums are those
 * that the segments tell; the others from their conversations. Throws MissingRows when rows are not there.
 */
export async function readServiceMap(
  connection: HttpConnection,
  all: readonly SegmentManifest[],
  window: StoreWindow,
): Promise<readonly StoredConversation[]> {
  const wanted = all.filter((segment) => touches(window, segment));
  const days = await summedDays(connection, wholeDays(all, window));
  const single = wanted.filter(({ hour }) => !days.has(dayOf(hour)));
  const rows = new Rows();
  if (days.size > 0) rows.add(await byDay(connection, days));
  for (let from = 0; from < single.length; from += MOST_PAIRS) {
    rows.add(await bySegment(connection, single.slice(from, from + MOST_PAIRS)));
  }
  return rows.named(await endNames(connection, days, single));
}

type Day = { readonly flows: number; readonly rows: number };

/** Days whose segments are all closed and all within the window, and what they sum up to. */
function wholeDays(all: readonly SegmentManifest[], window: StoreWindow): ReadonlyMap<string, Day> {
  const days = new Map<string, Day>();
  const partly = new Set<string>();
  for (const segment of all) {
    const day = dayOf(segment.hour);
    const known = days.get(day) ?? { flows: 0, rows: 0 };
    if (!segment.isFinal || !touches(window, segment)) partly.add(day);
    days.set(day, { flows: known.flows + segment.mapped, rows: known.rows + segment.rows.conversations });
  }
  for (const day of partly) days.delete(day);
  return days;
}

/** Those of which the view holds neither more nor less: it may hold an hour whose recorder died before it was done. */
async function summedDays(connection: HttpConnection, days: ReadonlyMap<string, Day>): Promise<ReadonlySet<string>> {
  if (days.size === 0) return new Set();
  const list = [...days.keys()].map(quoted).join(", ");
  const [names = [], flows = [], rows = []] = await connection.columns(
    `SELECT toString(c.day), toFloat64(sum(c.flows)), toFloat64(sum(c.rows))
     FROM ${nameIn(connection.address, CONVERSATIONS_DAILY.name)} AS c WHERE c.day IN (${list}) GROUP BY c.day`,
    [
      { name: "day", wire: "String" },
      { name: "flows", wire: "Float64" },
      { name: "rows", wire: "Float64" },
    ],
  );
  const equal = names.map(textOf).filter((day, index) => {
    const told = days.get(day);
    return told !== undefined && told.flows === flows[index] && told.rows === rows[index];
  });
  return new Set(equal);
}

function byDay(connection: HttpConnection, days: ReadonlySet<string>): Promise<Columns> {
  return connection.columns(
    `SELECT ${KEYS}, ${SUMS}, sum(c.rows) AS rows FROM ${nameIn(connection.address, CONVERSATIONS_DAILY.name)} AS c
     WHERE c.day IN (${[...days].map(quoted).join(", ")}) GROUP BY ${KEYS}`,
    MAP_COLUMNS,
  );
}

async function bySegment(connection: HttpConnection, segments: readonly SegmentManifest[]): Promise<Columns> {
  const columns = await connection.columns(
    `SELECT ${KEYS}, ${SUMS}, count() AS rows FROM ${nameIn(connection.address, "conversations")} AS c
     WHERE (segment, part) IN (${pairsOf(segments)}) GROUP BY ${KEYS} SETTINGS max_query_size = 10000000`,
    MAP_COLUMNS,
  );
  const found = (columns.at(-1) ?? []).reduce((sum: number, value) => sum + numberOf(value), 0);
  const told = segments.reduce((sum, { rows }) => sum + rows.conversations, 0);
  if (found !== told) throw new MissingRows(segments.map(({ segment }) => segment));
  return columns;
}

/** What the ends are called, by key. */
async function endNames(
  connection: HttpConnection,
  days: ReadonlySet<string>,
  single: readonly SegmentManifest[],
): Promise<ReadonlyMap<string, string>> {
  const at = connection.address;
  const answers: Columns[] = [];
  if (days.size > 0) {
    const list = [...days].map(quoted).join(", ");
    const query = `SELECT key, max(e.text) AS text FROM ${nameIn(at, ENDS_DAILY.name)} AS e WHERE e.day IN (${list}) GROUP BY key`;
    answers.push(await connection.columns(query, END_COLUMNS));
  }
  for (let from = 0; from < single.length; from += MOST_PAIRS) {
    const pairs = pairsOf(single.slice(from, from + MOST_PAIRS));
    const query = `SELECT key, max(${END_TEXT}) AS text FROM ${nameIn(at, "ends")} WHERE (segment, part) IN (${pairs}) GROUP BY key SETTINGS max_query_size = 10000000`;
    answers.push(await connection.columns(query, END_COLUMNS));
  }
  return new Map(
    answers.flatMap(([keys = [], texts = []]) => keys.map((key, row) => [String(key), textOf(texts[row])] as const)),
  );
}

type Sum = { -readonly [Name in keyof Omit<StoredConversation, "from" | "to">]: StoredConversation[Name] } & {
  readonly source: string;
  readonly destination: string;
};

/** Rows of several answers, one of each key. */
class Rows {
  private readonly sums = new Map<string, Sum>();

  add(columns: Columns): void {
    for (let row = 0; row < (columns[0]?.length ?? 0); row++) this.addRow((column) => columns[column]?.[row] ?? null);
  }

  private addRow(value: (column: number) => Columns[number][number]): void {
    const number = (column: number) => numberOf(value(column));
    // Of rows without a time the first is later, and the last earlier, than any.
    const [first, last] = [value(9) ?? Number.POSITIVE_INFINITY, value(10) ?? Number.NEGATIVE_INFINITY].map(Number);
    const key = [0, 1, 2, 3, 4, 5].map((column) => String(value(column))).join(" ");
    const known = this.sums.get(key);
    if (known === undefined) {
      this.sums.set(key, {
        source: String(value(0)),
        destination: String(value(1)),
        protocol: textOf(value(2)),
        port: number(3),
        icmpType: number(4),
        icmpCode: number(5),
        flows: number(6),
        dropped: number(7),
        audited: number(8),
        firstSeen: first ?? 0,
        lastSeen: last ?? 0,
      });
      return;
    }
    known.flows += number(6);
    known.dropped += number(7);
    known.audited += number(8);
    known.firstSeen = Math.min(known.firstSeen, first ?? 0);
    known.lastSeen = Math.max(known.lastSeen, last ?? 0);
  }

  /** The most flows first. */
  named(names: ReadonlyMap<string, string>): readonly StoredConversation[] {
    const rows = [...this.sums.values()].map(({ source, destination, firstSeen, lastSeen, ...others }) => ({
      from: names.get(source) ?? "",
      to: names.get(destination) ?? "",
      ...others,
      firstSeen: Number.isFinite(firstSeen) ? firstSeen : 0,
      lastSeen: Number.isFinite(lastSeen) ? lastSeen : 0,
    }));
    return rows.sort((a, b) => b.flows - a.flows || compare(a.from, b.from) || compare(a.to, b.to) || a.port - b.port);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
