/** A moment as protobuf's Timestamp holds it. */
export type Moment = { readonly seconds: number; readonly nanos: number };

/** The range of protobuf's Timestamp: the years 1 to 9999. */
const LEAST_SECONDS = -62135596800;
const MOST_SECONDS = 253402300799;

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)$/;

/** A moment from RFC 3339 text, fractions cut after nine digits; null when it is none. Upstream: time.Parse(time.RFC3339Nano). */
export function parseRfc3339(text: string): Moment | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "", zone = ""] = match;
  const seconds = secondsOf([year, month, day, hour, minute, second].map(Number), zone);
  return seconds === null ? null : { seconds, nanos: Number(fraction.slice(0, 9).padEnd(9, "0")) };
}

/** Unix seconds of a date, checked as Go checks it; null when a part is out of its range. Zone is `Z`, `+hh:mm` or `+hhmm`. */
export function secondsOf(parts: readonly number[], zone: string): number | null {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const offset = offsetOf(zone);
  if (offset === null || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (day < 1 || date.getUTCMonth() !== month - 1) return null;
  date.setUTCHours(hour, minute, second);
  return date.getTime() / 1000 - offset;
}

function offsetOf(zone: string): number | null {
  if (zone === "Z") return 0;
  const match = /^([-+])(\d\d):?(\d\d)$/.exec(zone);
  if (match === null) return null;
  const [, sign, hours = "0", minutes = "0"] = match;
  if (Number(hours) > 24 || Number(minutes) > 60) return null;
  return (Number(hours) * 3600 + Number(minutes) * 60) * (sign === "-" ? -1 : 1);
}

/** Whether protobuf's Timestamp can hold it. */
export function isInRange({ seconds }: Moment): boolean {
  return seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS;
}

/** As protojson writes a Timestamp: UTC with 0, 3, 6 or 9 digits, the shortest that is exact. */
export function timestampText({ seconds, nanos }: Moment): string {
  const head = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (nanos === 0) return `${head}Z`;
  const digits = String(nanos).padStart(9, "0");
  return `${head}.${digits.replace(/(?:000){1,2}$/, "")}Z`;
}

/** Below 0 when `a` is earlier. */
export function compareMoments(a: Moment, b: Moment): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

let lastSecond = "";
let lastSeconds = 0;

/** The moment of a canonical Timestamp text, such as protojson writes. Flows follow one another within a second: the last one is kept. */
export function momentOf(text: string): Moment {
  const second = text.slice(0, 19);
  if (second !== lastSecond) {
    lastSeconds = Date.parse(`${second}Z`) / 1000;
    lastSecond = second;
  }
  return { seconds: lastSeconds, nanos: text.length === 20 ? 0 : Number(text.slice(20, -1).padEnd(9, "0")) };
}
