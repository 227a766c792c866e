import { isDeny, isEquivalent, type MapEntry, mergePasses, type Pass, type Precedence } from "./map-entry.ts";
import type { Holder, Key, MapState } from "./map-state.ts";

// Upstream: insertWithPasses and pruneCoveredNarrowerKey in pkg/policy/mapstate.go: entries under passes of higher tiers.

/** An entry on its way into the map. `tierMax` is the highest precedence of its tier. */
type Insertion = { readonly key: Key; readonly entry: MapEntry; readonly tierMax: Precedence };

/** Inserts where some rule of the policy passes. `tierMax` is the highest precedence of the entry's tier. */
export function insertWithPasses(state: MapState, key: Key, entry: MapEntry, tierMax: Precedence): void {
  const [pass] = entry.passes;
  if (pass === undefined) insertAnswer(state, { key, entry, tierMax });
  else insertPass(state, { key, entry, tierMax }, pass);
}

function insertPass(state: MapState, { key, entry, tierMax }: Insertion, pass: Pass): void {
  for (const { entry: v } of state.covering(key)) {
    if (v.valid && tierMax >= v.precedence && v.precedence > pass.precedence) return;
    if (v.passes.some((known) => known.tierMin === pass.tierMin && known.precedence >= pass.precedence)) return;
  }
  for (const { key: k, entry: v } of state.covered(key))
    prune(state, k, v, { key, entry, precedence: pass.precedence });
  state.add(key, entry);
}

/** What the broader and equal keys say of an entry about to be inserted. */
type Survey = {
  readonly passes: readonly Pass[];
  /** Precedence of the strongest covering answer of a higher tier; 0 when there is none. */
  readonly bail: Precedence;
  /** A stronger covering entry of the same tier: the entry has no place. */
  readonly refused: boolean;
  /** Holders of narrower identity, under a pass that does not cover this key: they need keys of their own. */
  readonly passed: readonly Holder[];
  readonly done: readonly Holder[];
};

function insertAnswer(state: MapState, insertion: Insertion): void {
  const { key, entry, tierMax } = insertion;
  const survey = surveyBroader(state, insertion);
  if (survey.refused) return;
  const queue: Key[] = [];
  const done: Key[] = survey.done.map((holder) => ({ ...key, holder }));
  enqueue(
    queue,
    done,
    survey.passed.map((holder) => ({ ...key, holder })),
  );
  for (const { key: k, entry: v } of state.all()) {
    if (k.length < key.length) continue;
    const isCovered = key.holder === "aggregate" || k.holder === key.holder;
    if (survey.bail === 0 && isCovered) prune(state, k, v, { key, entry, precedence: entry.precedence });
    const own: Key = k.holder === "aggregate" ? { ...k, holder: key.holder } : k;
    const isNarrower = own.holder !== key.holder || own.length !== key.length;
    if (isNarrower && v.passes.some((pass) => pass.precedence > tierMax)) enqueue(queue, done, [own]);
  }
  const isPassed = insertPassed(state, insertion, survey);
  if (!isPassed && survey.bail === 0) state.add(key, entry);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const at = next;
    const narrower = surveyBroader(state, { key: at, entry, tierMax }, true);
    done.push(...narrower.done.map((holder) => ({ ...at, holder })));
    enqueue(
      queue,
      done,
      narrower.passed.map((holder) => ({ ...at, holder })),
    );
    insertPassed(state, { key: at, entry, tierMax }, narrower, true);
  }
}

function enqueue(queue: Key[], done: Key[], keys: readonly Key[]): void {
  for (const key of keys) {
    if (done.some((known) => known.holder === key.holder && known.length === key.length)) continue;
    queue.push(key);
    done.push(key);
  }
}

/** Upstream: the BroaderOrEqualKeys loops. `narrower`: a key added for a pass, which nothing of its own tier can refuse. */
function surveyBroader(state: MapState, { key, entry, tierMax }: Insertion, narrower = false): Survey {
  let passes: readonly Pass[] = [];
  let bail = 0;
  const passed: Holder[] = [];
  const done: Holder[] = [];
  for (const { key: k, entry: v } of state.all()) {
    if (k.length > key.length) continue;
    const isCovering = key.holder === "identity" || k.holder === "aggregate";
    for (const pass of v.passes) {
      if (pass.tierMin > entry.precedence) {
        if (!isCovering) {
          passed.push(k.holder);
          break;
        }
        passes = mergePasses(passes, [pass]);
      } else if (isCovering && pass.precedence > entry.precedence && !narrower) return refusal();
    }
    if (!v.valid || !isStronger(k, v, key, entry)) continue;
    if (isCovering) {
      if (v.precedence <= tierMax) {
        if (!narrower) return refusal();
      } else bail = Math.max(bail, v.precedence);
    } else if (v.precedence <= tierMax) done.push(k.holder);
  }
  return { passes, bail, refused: false, passed, done };
}

function refusal(): Survey {
  return { passes: [], bail: 0, refused: true, passed: [], done: [] };
}

function isStronger(k: Key, v: MapEntry, key: Key, entry: MapEntry): boolean {
  const sameKey = k.holder === key.holder && k.length === key.length;
  return v.precedence > entry.precedence || (isDeny(entry) && v.precedence === entry.precedence && !sameKey);
}

/** Adds the entry at the precedence its passes lift it to. True when that was above what covers it. */
function insertPassed(state: MapState, { key, entry }: Insertion, survey: Survey, always = false): boolean {
  if (survey.passes.length === 0 && !always) return false;
  const precedence = survey.passes.reduce((sum, pass) => sum - pass.tierMin + pass.precedence, entry.precedence);
  if (precedence <= survey.bail) return false;
  for (const { key: k, entry: v } of state.covered(key)) prune(state, k, v, { key, entry, precedence });
  state.add(key, { ...entry, precedence });
  return true;
}

/** Takes away what a covering entry overrules: passes of its tier below it, an answer below it. Upstream: pruneCoveredNarrowerKey. */
function prune(
  state: MapState,
  k: Key,
  v: MapEntry,
  by: { readonly key: Key; readonly entry: MapEntry; readonly precedence: Precedence },
): void {
  const passes = v.passes.filter((pass) => isKept(pass, by.precedence));
  const isSame = k.holder === by.key.holder && k.length === by.key.length;
  const isWeaker = v.precedence < by.precedence || (isDeny(v) && v.precedence === by.precedence && !isSame);
  const isAggregated =
    k.length === by.key.length && by.key.holder === "aggregate" && k.holder === "identity" && isEquivalent(v, by.entry);
  const dropsAnswer = !v.valid || isWeaker || (state.aggregates && isAggregated);
  if (passes.length === 0 && dropsAnswer) state.delete(k);
  else if (passes.length < v.passes.length || dropsAnswer || passes.length === 0) {
    state.set(k, { ...v, passes, valid: v.valid && !dropsAnswer });
  }
}

/** Upstream: isDifferentTierOrHigherPrecedence. */
function isKept(pass: Pass, precedence: Precedence): boolean {
  const sameTier = pass.tierMin <= precedence && precedence <= pass.tierMax;
  return !sameTier || pass.precedence > precedence;
}
