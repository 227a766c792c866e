import type { Hole } from "#model/rehearsal.ts";
import { distinct } from "./words.ts";

/** Holes that one change cures: same namespace, side and cause, and the same edit or nearest rule. Never empty. */
export type HoleGroup = {
  readonly first: Hole;
  readonly holes: readonly Hole[];
  /** What the holes have in common: `from` when one source reaches several ends, `to` the other way round. */
  readonly shared: "from" | "to" | "both" | "neither";
};

/** The groups of one namespace; null for endpoints outside namespaces (cluster-wide). */
export type NamespaceHoles = { readonly namespace: string | null; readonly groups: readonly HoleGroup[] };

function cureOf(hole: Hole): string {
  if (hole.edit !== null) return `edit ${hole.edit.file ?? ""} ${hole.edit.diff}`;
  // Without an edit the sentence is the advice: only holes that read the same are one.
  const rule = hole.nearestRule;
  return rule === null ? `sentence ${hole.sentence}` : `rule ${rule.policy} ${rule.element} ${hole.sentence}`;
}

function endKey(hole: Hole, end: "from" | "to"): string {
  const { kind, ...rest } = hole[end];
  return `${kind} ${JSON.stringify(rest)}`;
}

function sharedEnd(holes: readonly Hole[]): HoleGroup["shared"] {
  const one = (end: "from" | "to") => distinct(holes.map((hole) => endKey(hole, end))).length === 1;
  if (one("from")) return one("to") ? "both" : "from";
  return one("to") ? "to" : "neither";
}

function groupBy(holes: readonly Hole[], keyOf: (hole: Hole) => string): readonly (readonly Hole[])[] {
  const groups = new Map<string, Hole[]>();
  for (const hole of holes) {
    const key = keyOf(hole);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [hole]);
    else group.push(hole);
  }
  return [...groups.values()];
}

function groupOf(holes: readonly Hole[]): readonly HoleGroup[] {
  const first = holes[0];
  return first === undefined ? [] : [{ first, holes, shared: sharedEnd(holes) }];
}

/** Groups holes by cure, in the order in which the first of each stands. */
export function groupHoles(holes: readonly Hole[]): readonly HoleGroup[] {
  const keyOf = (hole: Hole) => [hole.namespace, hole.side, hole.cause, cureOf(hole)].join("\n");
  return groupBy(holes, keyOf).flatMap(groupOf);
}

/** Groups holes by the namespace that has to change, then by cure; both in the order of the rehearsal (worst first). */
export function holesByNamespace(holes: readonly Hole[]): readonly NamespaceHoles[] {
  return groupBy(holes, (hole) => JSON.stringify(hole.namespace)).map((some) => ({
    namespace: some[0]?.namespace ?? null,
    groups: groupHoles(some),
  }));
}

/** Ids as `--explain` takes them, runs drawn together: `h1–h5, h9`. */
export function idsText(ids: readonly string[]): string {
  const runs: { first: string; last: string; next: string }[] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    const next = id.replace(/\d+$/, (digits) => String(Number(digits) + 1));
    if (run !== undefined && run.next === id) Object.assign(run, { last: id, next });
    else runs.push({ first: id, last: id, next });
  }
  return runs.map((run) => (run.first === run.last ? run.first : `${run.first}–${run.last}`)).join(", ");
}
