import { readInventory } from "#decode/objects/objects.ts";
import { readManifests } from "#decode/yaml/yaml.ts";
import { editManifest } from "#edit/edit-manifest.ts";
import type { Check } from "#lint/check.ts";
import { lintWithFixes, type ProvenFix } from "#lint/lint.ts";
import type { LintFinding, LintReport } from "#model/lint.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import { storedPolicies } from "./gather-stored.ts";
import type { LintTexts } from "./lint-input.ts";

/** Rounds of mending: each applies what it can to policies that it has not touched yet, and looks again. */
const MOST_ROUNDS = 50;

/**
 * Applies every proven fix to the texts, in memory. A fix is proven on the texts as they stand when it is applied: after
 * each round the checks look again. `look` says which findings count: what is ignored is not mended.
 */
export async function fixAll(
  start: LintTexts,
  checks: readonly Check[],
  look: (texts: LintTexts) => LintReport,
): Promise<LintTexts> {
  let texts = start;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const wanted = new Set(look(texts).findings.map(keyOf));
    const { fixes } = lintWithFixes(texts.input, { sources: texts.sources, checks });
    const changed = applyRound(
      texts,
      fixes.filter(({ finding }) => wanted.has(keyOf(finding))),
    );
    if (changed.size === 0) return texts;
    texts = await readAgain(texts, changed);
  }
  return texts;
}

function keyOf({ check, place, message }: LintFinding): string {
  return JSON.stringify([check, place, message]);
}

/** The texts that change; of fixes that touch the same policy the first. */
function applyRound({ input, sources }: LintTexts, fixes: readonly ProvenFix[]): ReadonlyMap<string, string> {
  const policies = new Map(input.linted.map((policy) => [policyName(policy), policy]));
  const touched = new Set<string>();
  const changed = new Map<string, string>();
  for (const { steps } of fixes) {
    const names = [...new Set(steps.map((step) => step.policy))];
    if (names.some((name) => touched.has(name))) continue;
    const edited = applySteps(steps, policies, (file) => changed.get(file) ?? sources[file]);
    if (edited === null) continue;
    for (const name of names) touched.add(name);
    for (const [file, text] of edited) changed.set(file, text);
  }
  return changed;
}

function applySteps(
  steps: ProvenFix["steps"],
  policies: ReadonlyMap<string, PolicyObject>,
  textOf: (file: string) => string | undefined,
): ReadonlyMap<string, string> | null {
  const edited = new Map<string, string>();
  for (const step of steps) {
    const policy = policies.get(step.policy);
    const file = policy?.file ?? null;
    const text = file === null ? undefined : (edited.get(file) ?? textOf(file));
    const after = policy === undefined || text === undefined ? null : editManifest(text, policy, step);
    if (file === null || after === null) return null;
    edited.set(file, after);
  }
  return edited;
}

/** The input with the policies of the changed files read again. */
async function readAgain({ input, sources }: LintTexts, changed: ReadonlyMap<string, string>): Promise<LintTexts> {
  const manifests = [...changed].flatMap(([file, text]) => readManifests(text, file).manifests);
  const read = readInventory(manifests);
  const sets = { inForce: [], proposed: read.policies };
  const stored = await storedPolicies(sets, input.snapshot.cilium.value);
  const isOther = (file: string | null | undefined) => file === null || file === undefined || !changed.has(file);
  const again = new Map(stored.proposed.map((policy) => [policyName(policy), policy]));
  const linted = input.linted.map((policy) =>
    isOther(policy.file) ? policy : (again.get(policyName(policy)) ?? policy),
  );
  const said = [...input.said.filter(({ place }) => isOther(place?.file)), ...read.findings, ...stored.findings];
  return { input: { ...input, linted, said }, sources: { ...sources, ...Object.fromEntries(changed) } };
}
