import { type Moment, secondsOf } from "../go-time.ts";

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Nanoseconds of a Go duration (`1h43m`, `-1.5s`, `0`); null when it is none. Upstream: time.ParseDuration. */
export function parseDuration(text: string): bigint | null {
  const [, sign, body = ""] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (body === "0") return 0n;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(body)) return null;
  let sum = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of body.matchAll(
    /(\d*)\.?(\d*)(ns|[u\u00b5\u03bc]s|ms|s|m|h)/g,
  )) {
    const scale = UNITS[unit] ?? 0n;
    sum += BigInt(whole === "" ? "0" : whole) * scale;
    if (fraction !== "") sum += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    if (sum > 1n << 63n) return null;
  }
  if (sign === "-") return -sum;
  return sum < 1n << 63n ? sum : null;
}

const DATE = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const ZONE = String.raw`(Z|[-+]\d\d:\d\d)`;
/** Parts are year, month, day, hour, minute, second, fraction, zone. Upstream: hubble/pkg/time layouts. */
const LAYOUTS: readonly RegExp[] = [
  new RegExp(`^${DATE}()()()()()$`),
  new RegExp(String.raw`^${DATE}T(\d{1,2})()()()${ZONE}$`),
  new RegExp(String.raw`^${DATE}T(\d{1,2}):(\d\d)()()${ZONE}$`),
  new RegExp(String.raw`^${DATE}T(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?${ZONE}$`),
];
const RFC1123Z =
  /^(?:mon|tue|wed|thu|fri|sat|sun), +(\d\d) +(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) +(\d{4}) +(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))? +([-+]\d{4})$/i;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** A moment from `--since` or `--until`: a duration before now, or one of the layouts; null when it is neither. Upstream: hubtime.FromString. */
export function momentValue(text: string, now: Moment): Moment | null {
  const duration = parseDuration(text);
  if (duration !== null) {
    const nanos = BigInt(now.seconds) * 1_000_000_000n + BigInt(now.nanos) - duration;
    const rest = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return { seconds: Number((nanos - rest) / 1_000_000_000n), nanos: Number(rest) };
  }
  for (const layout of LAYOUTS) {
    const match = layout.exec(text);
    const moment = match === null ? null : momentOfParts(match.slice(1));
    if (moment !== null) return moment;
  }
  const [, day = "", month = "", year = "", ...rest] = RFC1123Z.exec(text) ?? [];
  if (year === "") return null;
  return momentOfParts([year, String(MONTHS.indexOf(month.toLowerCase()) + 1), day, ...rest]);
}

function momentOfParts(parts: readonly (string | undefined)[]): Moment | null {
  const [fraction = "", zone = ""] = parts.slice(6);
  const seconds = secondsOf(parts.slice(0, 6).map(Number), zone === "" ? "Z" : zone);
  return seconds === null ? null : { seconds, nanos: Number((fraction ?? "").slice(0, 9).padEnd(9, "0")) };
}
