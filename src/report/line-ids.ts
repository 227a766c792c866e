import type { EdgeReport, Hole, JudgedEdge, NotDecidedEdge, Rehearsal, UndecidedEdge } from "#model/rehearsal.ts";

/** A line of the report that `--explain` expands, with what it says. */
export type ExplainedLine =
  | { readonly kind: "hole"; readonly id: string; readonly edge: Hole }
  | { readonly kind: "newly-allowed"; readonly id: string; readonly edge: JudgedEdge }
  | { readonly kind: "undecided"; readonly id: string; readonly edge: UndecidedEdge }
  | { readonly kind: "not-decided"; readonly id: string; readonly edge: NotDecidedEdge };

/** `n1`, `u1`, `x1`: newly allowed, undecided and not judged conversations are numbered in report order. */
export function newlyAllowedId(index: number): string {
  return `n${index + 1}`;
}
export function undecidedId(index: number): string {
  return `u${index + 1}`;
}
export function notDecidedId(index: number): string {
  return `x${index + 1}`;
}

/** Every line with an id, in report order. */
export function explainedLines(rehearsal: Rehearsal): readonly ExplainedLine[] {
  return [
    ...rehearsal.holes.map((edge) => ({ kind: "hole", id: edge.id, edge }) as const),
    ...rehearsal.newlyAllowed.map((edge, at) => ({ kind: "newly-allowed", id: newlyAllowedId(at), edge }) as const),
    ...rehearsal.undecided.map((edge, at) => ({ kind: "undecided", id: undecidedId(at), edge }) as const),
    ...rehearsal.notDecided.map((edge, at) => ({ kind: "not-decided", id: notDecidedId(at), edge }) as const),
  ];
}

/** Edges with their ids, as lists print them. */
export type Numbered<T extends EdgeReport> = { readonly id: string; readonly edge: T };

/** Groups numbered edges by what they share, in order of the first. Never an empty group. */
export function groupNumbered<T extends EdgeReport>(
  edges: readonly Numbered<T>[],
  keyOf: (edge: T) => string,
): readonly (readonly Numbered<T>[])[] {
  const groups = new Map<string, Numbered<T>[]>();
  for (const numbered of edges) {
    const key = keyOf(numbered.edge);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [numbered]);
    else group.push(numbered);
  }
  return [...groups.values()];
}
