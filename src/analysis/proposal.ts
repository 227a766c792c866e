import type { Engine } from "#engine/engine.ts";
import { createFastEngine } from "#engine/fast/fast-engine.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { createJudge, type Judge, serviceFrontends } from "./judge.ts";
import { type LearnedNames, learnedNames, type NameFacts } from "./learned-names.ts";

/** One set of policies over a snapshot, ready to be asked. */
export type PolicySet = {
  readonly policies: ReadonlyMap<string, PolicyObject>;
  readonly engine: Engine;
  readonly names: LearnedNames;
  readonly judge: Judge;
};

/** Makes the set askable: engine, names that Cilium would learn under it, judge. */
export function policySet(snapshot: Snapshot, facts: NameFacts, policies: readonly PolicyObject[]): PolicySet {
  const { cilium, config, inventory } = snapshot;
  const engine = createFastEngine({ minor: cilium.value, config: config.value, inventory, policies });
  return setOf(snapshot, facts, { engine, policies });
}

/** Another set over the same snapshot; policies that it shares with `set` are not read again. */
export function changedSet(
  snapshot: Snapshot,
  facts: NameFacts,
  set: PolicySet,
  policies: readonly PolicyObject[],
): PolicySet {
  return setOf(snapshot, facts, { engine: set.engine.with(policies), policies });
}

function setOf(
  snapshot: Snapshot,
  facts: NameFacts,
  { engine, policies }: { readonly engine: Engine; readonly policies: readonly PolicyObject[] },
): PolicySet {
  const names = learnedNames(engine, facts);
  const judge = createJudge({
    engine,
    names,
    frontends: serviceFrontends(snapshot.inventory.services),
    socketLoadBalancing: snapshot.config.value.socketLoadBalancing,
  });
  return { policies: byName(policies), engine, names, judge };
}

/** Policies by `kind/namespace/name`; the last of a name wins. */
export function byName(policies: readonly PolicyObject[]): ReadonlyMap<string, PolicyObject> {
  return new Map(policies.map((policy) => [policyName(policy), policy]));
}

/** The set that would be in force: proposed objects replace those of their name, or are all there is (`only`). */
export function proposedSet(
  inForce: readonly PolicyObject[],
  proposed: readonly PolicyObject[],
  only: boolean,
): readonly PolicyObject[] {
  return [...byName(only ? proposed : [...inForce, ...proposed]).values()];
}

/** How the proposal differs from what is in force, by name and content. */
export function countChanges(inForce: readonly PolicyObject[], proposed: readonly PolicyObject[], only: boolean) {
  const before = byName(inForce);
  const after = byName(proposedSet(inForce, proposed, only));
  const added = [...after.keys()].filter((name) => !before.has(name)).length;
  const removed = [...before.keys()].filter((name) => !after.has(name)).length;
  const changed = [...after].filter(([name, policy]) => isOtherThan(before.get(name), policy)).length;
  return { policiesNew: added, policiesChanged: changed, policiesRemoved: removed };
}

function isOtherThan(before: PolicyObject | undefined, after: PolicyObject): boolean {
  if (before === undefined || before === after) return false;
  const spec = (policy: PolicyObject) => JSON.stringify([policy.value["spec"], policy.value["specs"]]);
  return spec(before) !== spec(after);
}
