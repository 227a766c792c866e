import type { Conversation } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { type Generated, type GeneratedPolicy, UNWANTED_REASONS, type UnwantedConversation } from "#model/generated.ts";
import { assemble, type DraftPolicy, type GroupRules } from "./assemble.ts";
import { baselinePolicy } from "./baseline.ts";
import type { Need } from "./draft.ts";
import { evidenceOf, leftConversation } from "./evidence.ts";
import { excessMeter } from "./excess.ts";
import { findingsOf } from "./findings.ts";
import type { Group } from "./group.ts";
import { writtenSides } from "./infrastructure-namespaces.ts";
import type { GenerateInput } from "./options.ts";
import { propose } from "./propose.ts";
import { prove, resultOf, type Result } from "./prove.ts";
import { resolverNeeds } from "./resolver-needs.ts";
import { rulesFor } from "./rules.ts";
import { sortOut, type Unwanted } from "./sort-out.ts";
import { prepare, type Stage } from "./stage.ts";
import { visibilityPolicy } from "./visibility.ts";

/**
 * Makes policies of what was recorded: the fewest rules that allow it, each with its evidence, and proves them by the
 * engine before anything is printed. What looks unwanted, and what no rule can say, is listed apart. Pure; the same
 * snapshot gives the same text.
 */
export function generate(input: GenerateInput): Generated {
  const stage = prepare(input);
  const { wanted, unwanted, left } = sortOut(stage);
  const { needs: all, left: unsaid } = propose(wanted, stage);
  const sides = sidesMemo(stage);
  const needs = all.filter((need) => sides(need.group).includes(need.side));
  const rules = groupRules([...needs, ...resolverNeeds(needs, stage)], { wanted, stage, sides });
  const drafts = [...assemble(rules, stage), ...(input.options.baseline ? baselinePolicy(stage) : [])];
  const policies = drafts.map((draft) => draft.policy);
  const result = resultOf(policies, stage);
  const lost = new Set(unsaid.map((one) => one.conversation.id));
  const written = wanted.filter((one) => !lost.has(one.id));
  const meter = excessMeter(wanted, result.alone, stage);
  const made = drafts.map((draft) => generatedPolicy(draft, meter));
  return {
    policies: made,
    notWritten: [...left, ...unsaid].map(({ conversation, reason }) => leftConversation(conversation, reason)),
    unwanted: unwanted.map((one) => unwantedConversation(one, result)),
    proof: prove(written, result),
    findings: findingsOf({ stage, policies: made, rules }),
  };
}

type Sides = (group: Group) => readonly Direction[];

function sidesMemo(stage: Stage): Sides {
  const memo = new Map<Group, readonly Direction[]>();
  return (group) => {
    const known = memo.get(group) ?? writtenSides(group, stage);
    memo.set(group, known);
    return known;
  };
}

type Heard = { readonly wanted: readonly Conversation[]; readonly stage: Stage; readonly sides: Sides };

/** Every workload that something was seen of, with its rules. */
function groupRules(needs: readonly Need[], { wanted, stage, sides }: Heard): readonly GroupRules[] {
  const byGroup = new Map<Group, Need[]>();
  for (const { from, to } of wanted) {
    for (const end of [from, to]) {
      const group = stage.groups.of(end);
      if (group !== null && sides(group).length > 0 && !byGroup.has(group)) byGroup.set(group, []);
    }
  }
  for (const need of needs) byGroup.get(need.group)?.push(need);
  return [...byGroup]
    .map(([group, own]) => ({
      group,
      sides: sides(group),
      rules: sides(group).flatMap((side) => rulesFor(own, side, stage)),
    }))
    .sort((a, b) => (nameOf(a.group) < nameOf(b.group) ? -1 : 1));
}

function nameOf({ namespace, name }: Group): string {
  return `${namespace}/${name}`;
}

function generatedPolicy(draft: DraftPolicy, meter: ReturnType<typeof excessMeter>): GeneratedPolicy {
  return {
    policy: draft.policy,
    workloads: [...new Set(draft.groups.flatMap((group) => group.workloads))].sort(),
    notes: draft.notes,
    rules: draft.rules.map((rule) => ({
      path: rule.path,
      direction: rule.draft.side,
      purpose: rule.draft.purpose,
      evidence: evidenceOf(rule.draft.conversations),
      notes: rule.draft.notes,
      excess: meter(draft.policy, rule),
    })),
  };
}

function unwantedConversation({ conversation, kind, reason }: Unwanted, { together }: Result): UnwantedConversation {
  const { verdict } = together.judge(conversation);
  return { ...leftConversation(conversation, reason), kind, result: verdict };
}

/**
 * What makes names and requests visible before any policy exists: one clusterwide policy, with the proof that it refuses
 * nothing that was recorded and closes no pod.
 */
export function generateVisibility(input: GenerateInput): Generated {
  const stage = prepare(input);
  const { policy, notes, findings } = visibilityPolicy(stage);
  const result = resultOf([policy], stage);
  const seen = sortOut({ ...stage, options: { ...stage.options, include: UNWANTED_REASONS } }).wanted;
  return {
    policies: [{ policy, workloads: [], notes, rules: [] }],
    notWritten: [],
    unwanted: [],
    proof: prove(seen, { alone: result.alone, together: result.alone }),
    findings: [...stage.snapshot.findings, ...findings],
  };
}
