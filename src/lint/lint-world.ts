import type { CauseWorld } from "#analysis/cause.ts";
import { causeWorld, denials, type ExplainedDenial, explainDenial } from "#analysis/holes.ts";
import { serviceFrontends } from "#analysis/judge.ts";
import { podEnds } from "#analysis/known-ends.ts";
import { type NameFacts, nameFacts } from "#analysis/learned-names.ts";
import { changedSet, type PolicySet, policySet, proposedSet } from "#analysis/proposal.ts";
import { type WrittenRule, writtenRules } from "#analysis/surprises/written-rules.ts";
import { withNames } from "#analysis/with-names.ts";
import type { Engine } from "#engine/engine.ts";
import type { Conversation, PodEnd } from "#model/conversation.ts";
import type { Finding } from "#model/finding.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { Need } from "./check.ts";
import { isWholeInventory } from "./whole-inventory.ts";
import {
  madeUpSubjects,
  onlySpec,
  realSubjects,
  type Spec,
  SpecSet,
  specsOf,
  type Subjects,
  witnesses,
} from "./subjects.ts";

/** What is linted. `linted` replace the snapshot's policies of their name; findings are about them alone. */
export type LintInput = {
  readonly snapshot: Snapshot;
  readonly linted: readonly PolicyObject[];
  /** What decoding and the API server's schema said of the linted files. */
  readonly said: readonly Finding[];
  readonly has: ReadonlySet<Need>;
};

/** A rule as written, with its policy. */
export type LintRule = WrittenRule & { readonly policy: PolicyObject };

/** What a check may look at. Everything that costs is worked out when first asked for. */
export type LintWorld = {
  readonly snapshot: Snapshot;
  readonly minor: CiliumMinor;
  readonly config: CiliumConfig;
  readonly has: ReadonlySet<Need>;
  readonly said: readonly Finding[];
  /** Policies to judge, whether the agent accepts them or not, in file order. */
  readonly linted: readonly PolicyObject[];
  /** Those of them that the agent accepts: for every check but the ones about validity. */
  readonly accepted: readonly PolicyObject[];
  /** Rules and specs of `accepted`. */
  readonly rules: readonly LintRule[];
  readonly specs: readonly Spec[];
  /** All policies that would be in force, merged: its engine, its judge, the names that Cilium would learn. */
  readonly set: PolicySet;
  /** Those in force now. */
  readonly before: PolicySet;
  readonly facts: NameFacts;
  /** Ends, frontends, engine and policies as the causes of denials take them. */
  readonly causes: CauseWorld;
  /** Recorded conversations that can be judged. */
  readonly conversations: readonly Conversation[];
  /** Every denied side of a recorded conversation under the set, with its causes. */
  readonly denied: () => readonly ExplainedDenial[];
  /** The engine of one policy by itself: leaving the whole set for it would cost as much as the set has rules. */
  readonly alone: (policy: PolicyObject) => Engine;
  /** See Subjects. */
  readonly subjects: (spec: Spec) => Subjects;
};

/** Makes the world that all checks of one run share. */
export function createLintWorld(input: LintInput): LintWorld {
  const facts = nameFacts(input.snapshot);
  const snapshot = withNames(input.snapshot, facts);
  const before = policySet(snapshot, facts, snapshot.policies);
  const set = changedSet(snapshot, facts, before, proposedSet(snapshot.policies, input.linted, false));
  return worldOver({ ...input, snapshot }, facts, before, set);
}

/** The same world with other policies in the place of those linted: what else is in the set comes with `others`. */
export function withLinted(
  world: LintWorld,
  { linted, said, others }: Pick<LintInput, "linted" | "said"> & { readonly others: readonly PolicyObject[] },
): LintWorld {
  const { snapshot, has, facts, before } = world;
  const policies = proposedSet(snapshot.policies, [...others, ...linted], false);
  const set = changedSet(snapshot, facts, world.set, policies);
  return worldOver({ snapshot, said, has, linted }, facts, before, set);
}

/**
 * The same world with other texts of some policies, for fixes. `about`: the policies that are linted then, and the
 * conversations that are looked at, so that a proof costs what it is about and not what the whole set costs.
 */
export function changedWorld(
  world: LintWorld,
  policies: ReadonlyMap<string, PolicyObject>,
  about: { readonly linted: readonly PolicyObject[]; readonly conversations: readonly Conversation[] },
): LintWorld {
  const set = changedSet(world.snapshot, world.facts, world.set, [...policies.values()]);
  const linted = about.linted.map((policy) => policies.get(policyName(policy)) ?? policy);
  const traffic = { ...world.snapshot.traffic, conversations: about.conversations };
  const { said, has, facts, before } = world;
  return worldOver({ snapshot: { ...world.snapshot, traffic }, said, has, linted }, facts, before, set);
}

function worldOver(input: LintInput, facts: NameFacts, before: PolicySet, set: PolicySet): LintWorld {
  const { snapshot, linted } = input;
  const rejected = new Set(set.engine.policies.flatMap((one) => (one.valid ? [] : [one.policy])));
  const accepted = linted.filter((policy) => !rejected.has(policyName(policy)));
  const conversations = snapshot.traffic.conversations.filter((one) => one.notDecided === null);
  const specs = once(() => accepted.flatMap(specsOf));
  const rules = once(() => accepted.flatMap((policy) => writtenRules(policy).map((rule) => ({ ...rule, policy }))));
  const specSet = once(() => new SpecSet([...set.policies.values()].flatMap(specsOf)));
  const causes = once(() => causeWorld(snapshot, facts, set, serviceFrontends(snapshot.inventory.services)));
  const none = once(() => set.engine.with([]));
  const alone = (policy: PolicyObject) => none().with([policy]);
  const selectedEnds = once(() => endsByPolicy(podEnds(causes().ends), set.engine));
  const known = new Map<object, Subjects>();
  const subjects = (spec: Spec): Subjects => {
    const found = known.get(spec.value);
    if (found !== undefined) return found;
    const name = policyName(spec.policy);
    // Of this spec alone: an engine of the whole set would work out all policies of every end that is tried.
    const own = alone(onlySpec(spec));
    const selected = selectedEnds().get(name) ?? [];
    const isOnly = onlySpec(spec) === spec.policy;
    const real = isOnly ? selected : selected.filter((end) => own.selectsSubject(name, end));
    const isReal = real.length > 0 || isWholeInventory(snapshot.inventory);
    const made = isReal ? realSubjects(real) : madeUpSubjects(witnesses(spec, specSet(), snapshot, own));
    known.set(spec.value, made);
    return made;
  };
  return {
    ...{ snapshot, linted, accepted, before, set, facts, conversations, alone, subjects },
    ...{ has: input.has, said: input.said, minor: snapshot.cilium.value, config: snapshot.config.value },
    denied: once(() => deniedSides(conversations, set, causes())),
    get rules() {
      return rules();
    },
    get specs() {
      return specs();
    },
    get causes() {
      return causes();
    },
  };
}

/** The endpoints that each policy selects: every endpoint is asked once for its policies. */
function endsByPolicy(ends: readonly PodEnd[], engine: Engine): ReadonlyMap<string, readonly PodEnd[]> {
  const found = new Map<string, PodEnd[]>();
  for (const end of ends) {
    for (const name of engine.policiesOf(end)) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [end]);
      else list.push(end);
    }
  }
  return found;
}

function deniedSides(conversations: readonly Conversation[], set: PolicySet, world: CauseWorld) {
  return conversations
    .flatMap((one) => denials(one, set.judge(one), set))
    .map((denial) => explainDenial(denial, world));
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
