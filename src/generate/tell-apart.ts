import type { PodEnd } from "#model/conversation.ts";
import type { LabelSelector } from "./label-selector.ts";
import { byTelling } from "./stable-labels.ts";

/** The labels of an end that may be named. */
export type LabelsOf = (end: PodEnd) => ReadonlyMap<string, string>;

/** Ends and the fewest, most telling labels that select them and no other end of the namespace. */
export type Told = { readonly ends: readonly PodEnd[]; readonly selector: LabelSelector };

type Unit = { readonly ends: readonly number[] };
type Namespace = {
  readonly ends: readonly PodEnd[];
  readonly labels: readonly ReadonlyMap<string, string>[];
  /** Ends by `key=value`. */
  readonly having: ReadonlyMap<string, ReadonlySet<number>>;
};

/** The most telling keys that combinations are tried of. */
const TRIED_KEYS = 8;
const MAX_ABSENT = 3;

/**
 * Finds a selector for each unit of one namespace. Units that no stable label tells apart become one: a policy cannot
 * tell them apart either.
 */
export function tellApart(units: readonly (readonly PodEnd[])[], labelsOf: LabelsOf): readonly Told[] {
  const ends = units.flat();
  const namespace = indexed(ends, labelsOf);
  const open: Unit[] = [];
  let next = 0;
  for (const unit of units) {
    open.push({ ends: unit.map((_, index) => next + index) });
    next += unit.length;
  }
  return merged(open, namespace).map(({ unit, selector }) => ({
    ends: unit.ends.flatMap((index) => ends[index] ?? []),
    selector,
  }));
}

function indexed(ends: readonly PodEnd[], labelsOf: LabelsOf): Namespace {
  const labels = ends.map(labelsOf);
  const having = new Map<string, Set<number>>();
  labels.forEach((own, index) => {
    for (const [key, value] of own) {
      const set = having.get(pair(key, value)) ?? new Set<number>();
      set.add(index);
      having.set(pair(key, value), set);
    }
  });
  return { ends, labels, having };
}

const pair = (key: string, value: string) => `${key}\u0000${value}`;

type Selected = { readonly unit: Unit; readonly selector: LabelSelector };

function merged(units: readonly Unit[], namespace: Namespace): readonly Selected[] {
  const home = new Map<number, Unit>();
  for (const unit of units) for (const end of unit.ends) home.set(end, unit);
  const done = new Map<Unit, LabelSelector>();
  const open = [...units];
  for (let unit = open.shift(); unit !== undefined; unit = open.shift()) {
    if (unit.ends.some((end) => home.get(end) !== unit)) continue;
    const found = selectorFor(unit, namespace);
    if (found.kind === "selector") {
      done.set(unit, found.selector);
      continue;
    }
    const alike = new Set([unit, ...found.alike.flatMap((end) => home.get(end) ?? [])]);
    const whole: Unit = { ends: [...alike].flatMap((one) => one.ends).sort((a, b) => a - b) };
    for (const one of alike) done.delete(one);
    for (const end of whole.ends) home.set(end, whole);
    open.push(whole);
  }
  return [...done]
    .map(([unit, selector]) => ({ unit, selector }))
    .sort((a, b) => (a.unit.ends[0] ?? 0) - (b.unit.ends[0] ?? 0));
}

type Found =
  | { readonly kind: "selector"; readonly selector: LabelSelector }
  | { readonly kind: "alike"; readonly alike: readonly number[] };

function selectorFor(unit: Unit, namespace: Namespace): Found {
  const common = commonLabels(unit, namespace);
  const keys = [...common.keys()].sort(byTelling);
  const labelsOf = (chosen: readonly string[]) => Object.fromEntries(chosen.map((key) => [key, common.get(key) ?? ""]));
  for (const chosen of combinations(keys)) {
    if (isExact(chosen, common, unit, namespace)) {
      return { kind: "selector", selector: { labels: labelsOf(chosen), absent: [], oneOf: {} } };
    }
  }
  const others = matching(keys, common, namespace).filter((end) => !unit.ends.includes(end));
  if (others.length === 0) return { kind: "selector", selector: { labels: labelsOf(keys), absent: [], oneOf: {} } };
  const absent = keysOnlyOf(others, unit, namespace);
  if (absent === null) return { kind: "alike", alike: others };
  return { kind: "selector", selector: { labels: labelsOf(keys), absent, oneOf: {} } };
}

function commonLabels(unit: Unit, { labels }: Namespace): ReadonlyMap<string, string> {
  const [first, ...rest] = unit.ends.map((end) => labels[end] ?? new Map<string, string>());
  const shared = [...(first ?? [])].filter(([key, value]) => rest.every((one) => one.get(key) === value));
  return new Map(shared);
}

/** One key, then two, then three of the most telling, in order. */
function* combinations(keys: readonly string[]): Generator<readonly string[]> {
  for (const key of keys) yield [key];
  const tried = keys.slice(0, TRIED_KEYS);
  for (const [index, a] of tried.entries()) for (const b of tried.slice(index + 1)) yield [a, b];
  for (const [index, a] of tried.entries())
    for (const [next, b] of tried.slice(index + 1).entries())
      for (const c of tried.slice(index + next + 2)) yield [a, b, c];
}

function isExact(
  chosen: readonly string[],
  common: ReadonlyMap<string, string>,
  unit: Unit,
  namespace: Namespace,
): boolean {
  const sets = chosen.map((key) => namespace.having.get(pair(key, common.get(key) ?? "")) ?? new Set<number>());
  const smallest = sets.reduce((a, b) => (b.size < a.size ? b : a));
  let count = 0;
  for (const end of smallest) {
    if (sets.every((set) => set.has(end))) count += 1;
    if (count > unit.ends.length) return false;
  }
  return count === unit.ends.length;
}

/** Ends that have all of these labels; every end where there are none. */
function matching(keys: readonly string[], common: ReadonlyMap<string, string>, namespace: Namespace) {
  const all = namespace.ends.map((_, index) => index);
  return all.filter((end) => keys.every((key) => namespace.labels[end]?.get(key) === common.get(key)));
}

/** Few keys that each of the others has one of and the unit has none of; null when there are none such. */
function keysOnlyOf(others: readonly number[], unit: Unit, { labels }: Namespace): readonly string[] | null {
  const own = new Set(unit.ends.flatMap((end) => [...(labels[end]?.keys() ?? [])]));
  let left = others;
  const chosen: string[] = [];
  while (left.length > 0) {
    const counts = new Map<string, number>();
    for (const end of left)
      for (const key of labels[end]?.keys() ?? []) if (!own.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
    const [best] = [...counts].sort((a, b) => b[1] - a[1] || byTelling(a[0], b[0]));
    if (best === undefined || chosen.length === MAX_ABSENT) return null;
    chosen.push(best[0]);
    left = left.filter((end) => labels[end]?.has(best[0]) !== true);
  }
  return chosen;
}
