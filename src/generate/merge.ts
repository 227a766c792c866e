import { applySteps, type EditStep } from "#analysis/edits/edit-step.ts";
import { valueAt } from "#analysis/element.ts";
import { byName, changedSet, type PolicySet, proposedSet } from "#analysis/proposal.ts";
import { isolatedDirections } from "#analysis/isolation.ts";
import { podEnds } from "#analysis/known-ends.ts";
import { bareKey } from "#analysis/selector-text.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Generated, GeneratedPolicy, GeneratedRule, GenerationProof } from "#model/generated.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import type { GenerateInput } from "./options.ts";
import { prove, resultOf } from "./prove.ts";
import { prepare, type Stage } from "./stage.ts";

/** What a merge does to files that are there. Human rules stay, whatever was seen of them. */
export type MergePlan = {
  /** Additions to policies that are there, in order. */
  readonly steps: readonly EditStep[];
  /** Policies that nothing there stands for, as they are to be written. */
  readonly added: readonly GeneratedPolicy[];
  /** Rules that something there allows already, all that they were made from. */
  readonly covered: number;
  /** The source conversations decided under what is there then. */
  readonly proof: GenerationProof;
};

const SIDES: readonly Direction[] = ["ingress", "egress"];

/**
 * Plans how generated policies come into a set of files. A generated rule is added to the policy of the same name, or of
 * the same subject; not when all that it was made from is allowed by what is there already. So a second run over the
 * same recording plans nothing.
 */
export function planMerge(generated: Generated, existing: readonly PolicyObject[], input: GenerateInput): MergePlan {
  const stage = prepare(input);
  const alone = resultOf(
    generated.policies.map(({ policy }) => policy),
    stage,
  ).alone;
  const current = changedSet(
    stage.snapshot,
    stage.facts,
    stage.inForce,
    proposedSet(stage.snapshot.policies, existing, false),
  );
  const world = { stage, current, alone, made: conversationsOf(alone, stage.conversations) };
  const draft: Draft = { steps: [], added: [], covered: 0, names: new Set(existing.map(policyName)) };
  for (const one of generated.policies) mergeOne(one, existing, world, draft);
  const { steps, added, covered } = draft;
  const changed = applySteps(byName(existing), steps);
  if (changed === null) throw new Error("a step of a merge leads nowhere");
  const result = [...changed.values(), ...added.map(({ policy }) => policy)];
  const written = [...new Set([...world.made.values()].flat())];
  return { steps, added, covered, proof: prove(written, resultOf(result, stage)) };
}

type Draft = {
  readonly steps: EditStep[];
  readonly added: GeneratedPolicy[];
  covered: number;
  /** Of all policies that will be there. */
  readonly names: Set<string>;
};

type World = {
  readonly stage: Stage;
  /** The generated policies by themselves. */
  readonly alone: PolicySet;
  /** What is there, and in force beside it. */
  readonly current: PolicySet;
  /** What the engine says each generated rule allows: `policy element side` to conversations. */
  readonly made: ReadonlyMap<string, readonly Conversation[]>;
};

function conversationsOf(alone: PolicySet, conversations: readonly Conversation[]): World["made"] {
  const found = new Map<string, Conversation[]>();
  for (const conversation of conversations) {
    if (conversation.notDecided !== null) continue;
    const judgement = alone.judge(conversation);
    if (judgement.verdict !== "allowed") continue;
    for (const side of SIDES) {
      const ruling = judgement.decision[side];
      for (const { policy, element } of ruling?.decision === "allowed" ? ruling.by : []) {
        const key = `${policy} ${element}`;
        const list = found.get(key) ?? [];
        list.push(conversation);
        found.set(key, list);
      }
    }
  }
  return found;
}

function mergeOne(one: GeneratedPolicy, existing: readonly PolicyObject[], world: World, draft: Draft): void {
  const homes = specPaths(one.policy).map((path) => ({ path, home: homeOf(one.policy, path, existing) }));
  const homeless = homes.filter(({ home }) => home === null).map(({ path }) => path);
  for (const { path, home } of homes) if (home !== null) mergeSpec({ one, path, home }, world, draft);
  if (homeless.length === 0) return;
  const own = one.rules.filter((rule) => homeless.some((path) => rule.path.startsWith(`${path}.`)));
  const isThere = own.every((rule) => isCovered(rule, one.policy, world));
  if (isThere && !homeless.some((path) => closedAnew(one, path, world).length > 0)) {
    draft.covered += own.length;
    return;
  }
  draft.added.push(renamed(homeless.length === homes.length ? one : onlySpecs(one, homeless), draft.names));
}

/** The sides that a spec closes without a rule, and that nothing closes yet for one of those that it selects. */
function closedAnew(one: GeneratedPolicy, path: string, { stage, current, alone }: World): readonly Direction[] {
  const spec = valueAt(one.policy.value, path);
  if (!isObject(spec)) return [];
  const silent = SIDES.filter(
    (side) => isolates(spec, side) && !one.rules.some((rule) => rule.path.startsWith(`${path}.${side}[`)),
  );
  if (silent.length === 0) return [];
  const name = policyName(one.policy);
  const ends = podEnds(stage.ends).filter((end) => alone.engine.selectsSubject(name, end));
  const closed = ends.map((end) => isolatedDirections(current.engine, end));
  return silent.filter((side) => closed.some((sides) => !sides.includes(side)));
}

/** Where the rules of a spec go: a policy and the path of its spec. */
type Home = { readonly policy: PolicyObject; readonly path: string };

/** The spec of the same subject: of the policy of that name before others of its kind and namespace. */
function homeOf(policy: PolicyObject, path: string, existing: readonly PolicyObject[]): Home | null {
  const subject = subjectKey(valueAt(policy.value, path));
  const own = existing.filter(({ kind, namespace }) => kind === policy.kind && namespace === policy.namespace);
  const named = own.filter(({ name }) => name === policy.name);
  for (const candidate of [...named, ...own]) {
    const found = specPaths(candidate).find((at) => subjectKey(valueAt(candidate.value, at)) === subject);
    if (found !== undefined) return { policy: candidate, path: found };
  }
  return null;
}

function specPaths({ value }: PolicyObject): readonly string[] {
  const { spec, specs } = value;
  const several = Array.isArray(specs) ? specs.map((_, index) => `specs[${index}]`) : [];
  return [...(isObject(spec) ? ["spec"] : []), ...several];
}

/** Equal for specs that select by the same labels, however they are written. */
function subjectKey(spec: Json | undefined): string {
  const selector = isObject(spec) ? (spec["endpointSelector"] ?? spec["podSelector"] ?? null) : null;
  return JSON.stringify(sorted(selector));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => !isEmpty(member));
  return Object.fromEntries(entries.map(([key, member]) => [bareKey(key), sorted(member)]).sort(byKey));
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function byKey([a]: readonly [string, Json] | Json[], [b]: readonly [string, Json] | Json[]): number {
  return String(a) < String(b) ? -1 : 1;
}

type Joining = { readonly one: GeneratedPolicy; readonly path: string; readonly home: Home };

function mergeSpec({ one, path, home }: Joining, world: World, draft: Draft): void {
  const made = valueAt(one.policy.value, path);
  const there = valueAt(home.policy.value, home.path);
  if (!isObject(made) || !isObject(there)) return;
  const closing = closedAnew(one, path, world);
  for (const side of SIDES) {
    const rules = one.rules.filter((rule) => rule.path.startsWith(`${path}.${side}[`));
    const known = new Set(listOf(there[side]).map((rule) => JSON.stringify(sorted(rule))));
    const missing = rules.filter((rule) => {
      const isKnown = known.has(JSON.stringify(sorted(valueAt(one.policy.value, rule.path) ?? null)));
      return !isKnown && !isCovered(rule, one.policy, world);
    });
    draft.covered += rules.length - missing.length;
    const values = missing.map((rule) => valueAt(one.policy.value, rule.path)).filter((rule) => rule !== undefined);
    const isClosing = closing.includes(side);
    draft.steps.push(...additions({ side, home, values: isClosing ? listOf(made[side]) : values }));
    if (values.length > 0 || isClosing) draft.steps.push(...policyTypeStep(side, made, there, home));
  }
}

/** A CiliumNetworkPolicy closes a side by its section (`[{}]` without a rule), a NetworkPolicy by its type; Ingress always. */
function isolates(spec: JsonObject, side: Direction): boolean {
  const types = spec["policyTypes"];
  if (spec[side] !== undefined) return true;
  if (spec["podSelector"] === undefined) return false;
  return Array.isArray(types) ? types.includes(TYPES[side]) : side === "ingress";
}

const TYPES: Readonly<Record<Direction, string>> = { ingress: "Ingress", egress: "Egress" };

type Addition = { readonly side: Direction; readonly home: Home; readonly values: readonly Json[] };

function additions({ side, home, values }: Addition): readonly EditStep[] {
  const policy = policyName(home.policy);
  return values.map((value) => ({ policy, path: `${home.path}.${side}`, op: "append", value }));
}

function policyTypeStep(side: Direction, made: JsonObject, there: JsonObject, home: Home): readonly EditStep[] {
  const types = there["policyTypes"];
  const type = TYPES[side];
  if (!Array.isArray(types) || types.includes(type) || !listOf(made["policyTypes"]).includes(type)) return [];
  return [{ policy: policyName(home.policy), path: `${home.path}.policyTypes`, op: "append", value: type }];
}

/** All that the rule was made from is allowed by a rule that is there already. */
function isCovered(rule: GeneratedRule, policy: PolicyObject, { made, current }: World): boolean {
  const conversations = made.get(`${policyName(policy)} ${rule.path.replace(/^spec\./, "")}`) ?? [];
  const isAllowed = (conversation: Conversation) => {
    const { decision, refused } = current.judge(conversation);
    const ruling = decision[rule.direction];
    const isRefused = refused.some(({ side }) => side === rule.direction);
    return ruling?.decision === "allowed" && ruling.by.length > 0 && !isRefused;
  };
  return conversations.length > 0 && conversations.every(isAllowed);
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** The policy with some of its specs alone; the paths of its rules follow. */
function onlySpecs(one: GeneratedPolicy, paths: readonly string[]): GeneratedPolicy {
  const { spec: _, specs: __, ...rest } = one.policy.value;
  const specs = paths.flatMap((path) => valueAt(one.policy.value, path) ?? []);
  const isSingle = specs.length === 1;
  const rules = one.rules.flatMap((rule) => {
    const index = paths.findIndex((path) => rule.path.startsWith(`${path}.`));
    const own = paths[index];
    if (own === undefined) return [];
    return [{ ...rule, path: `${isSingle ? "spec" : `specs[${index}]`}${rule.path.slice(own.length)}` }];
  });
  const body: JsonObject = isSingle ? { spec: specs[0] ?? {} } : { specs };
  return { ...one, rules, policy: { ...one.policy, value: { ...rest, ...body } } };
}

/** With a name that no other policy of its kind and namespace has. */
function renamed(one: GeneratedPolicy, names: Set<string>): GeneratedPolicy {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? one.policy.name : `${one.policy.name}-${number}`;
    const policy = named(one.policy, name);
    if (names.has(policyName(policy))) continue;
    names.add(policyName(policy));
    return { ...one, policy };
  }
}

function named(policy: PolicyObject, name: string): PolicyObject {
  const metadata = policy.value["metadata"];
  return { ...policy, name, value: { ...policy.value, metadata: { ...(isObject(metadata) ? metadata : {}), name } } };
}
