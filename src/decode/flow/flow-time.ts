/** Milliseconds since 1970 of a UTC instant, exact to the microsecond. `month` from 1. */
export function instant(
  date: readonly [year: number, month: number, day: number],
  secondsOfDay: number,
  nanos: number,
): number {
  return dayNumber(date[0], date[1], date[2]) * 86_400_000 + secondsOfDay * 1000 + nanos / 1e6;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (March-based years make leap days fall at the end). */
export function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** An RFC 3339 text in milliseconds since 1970; null when it is none. */
export function readTime(text: string): number | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match;
  const offset = (Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0)) * (sign === "-" ? -1 : 1);
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offset * 60;
  const nanos = fraction === undefined ? 0 : Number(fraction.padEnd(9, "0"));
  return instant([Number(year), Number(month), Number(day)], seconds, nanos);
}
