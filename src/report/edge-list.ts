import type { EdgeReport } from "#model/rehearsal.ts";
import { endName, portName } from "./ends.ts";
import type { HoleGroup } from "./hole-groups.ts";
import { count, distinct, listed } from "./words.ts";

/** Ends with the ports on which they are reached, in order of first mention; equal names drawn together. */
type Reached = { readonly name: string; readonly ports: readonly string[] };

function reached(edges: readonly EdgeReport[], within: string | null): readonly Reached[] {
  const ports = new Map<string, string[]>();
  for (const edge of edges) {
    const name = endName(edge.to, within);
    const known = ports.get(name) ?? [];
    if (!known.includes(portName(edge))) known.push(portName(edge));
    ports.set(name, known);
  }
  return [...ports].map(([name, list]) => ({ name, ports: list }));
}

/**
 * `a, b and c :443`, or `a :443, b :5432 :9187` where the ports differ. At most `limit` ends, the others counted.
 * The port stays on the line of its end (non-breaking spaces).
 */
export function destinations(edges: readonly EdgeReport[], within: string | null, limit: number): string {
  const ends = reached(edges, within);
  const portsOf = (end: Reached) => end.ports.join("\u00A0");
  const first = ends[0];
  if (first === undefined) return "";
  const same = ends.every((end) => portsOf(end) === portsOf(first));
  if (!same)
    return listed(
      ends.map((end) => `${end.name}\u00A0${portsOf(end)}`),
      limit,
    );
  return `${listed(
    ends.map((end) => end.name),
    limit,
  )}\u00A0${portsOf(first)}`;
}

/** `a, b and c`: the sources of edges. */
export function sources(edges: readonly EdgeReport[], within: string | null, limit: number): string {
  return listed(distinct(edges.map((edge) => endName(edge.from, within))), limit);
}

/** The lines that say who reaches whom in a group: one where the holes share an end, else one each, at most `limit`. */
export function groupEdges(group: HoleGroup, within: string | null, limit: number): readonly string[] {
  if (group.shared !== "neither") {
    return [`${sources(group.holes, within, limit)} → ${destinations(group.holes, within, limit)}`];
  }
  const byTarget = new Map<string, EdgeReport[]>();
  for (const hole of group.holes) {
    const key = `${endName(hole.from, within)}`;
    byTarget.set(key, [...(byTarget.get(key) ?? []), hole]);
  }
  const lines = [...byTarget].map(([from, edges]) => `${from} → ${destinations(edges, within, limit)}`);
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit), `… ${count(lines.length - limit)} more sources`];
}
