import { count } from "#model/count.ts";

export { count };

/** `1 hole`, `9 holes`, `0 holes`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A span of time as people say it: `45 s`, `4 min`, `23 h`, `9 days`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`: at most `limit` names before the count. */
export function listed(names: readonly string[], limit: number): string {
  if (names.length > limit) return `${names.slice(0, limit).join(", ")} and ${count(names.length - limit)} more`;
  const last = names.at(-1);
  if (last === undefined) return "";
  return names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** RFC 3339 to minutes, for people: `2026-11-21 08:33 UTC`; anything else as it is. */
export function minuteText(time: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(time);
  return match === null ? time : `${match[1]} ${match[2]} UTC`;
}

/** Values without repeats, in their order. */
export function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
