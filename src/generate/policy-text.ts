import { timeText } from "#analysis/report-edge.ts";
import { count } from "#model/count.ts";
import type { GeneratedPolicy, GeneratedRule, RuleEvidence } from "#model/generated.ts";
import { type Comments, writeYaml } from "./write-yaml.ts";

/** A generated policy as YAML; with its evidence as comments above each rule, or without. */
export function policyText({ policy, workloads, notes, rules }: GeneratedPolicy, withEvidence: boolean): string {
  if (!withEvidence) return writeYaml(policy.value, new Map());
  const head = [...(workloads.length === 0 ? [] : [subjectsText(workloads)]), ...notes];
  const comments: Comments = new Map([
    ["", head],
    ...rules.map((rule): [string, readonly string[]] => [rule.path, ruleLines(rule)]),
  ]);
  return writeYaml(policy.value, comments);
}

function subjectsText(workloads: readonly string[]): string {
  const shown = workloads.slice(0, 6).join(", ");
  return workloads.length > 6 ? `${shown} and ${count(workloads.length - 6)} more` : shown;
}

function ruleLines({ evidence, notes, excess }: GeneratedRule): readonly string[] {
  const loose =
    excess.count === 0
      ? []
      : [
          `allows ${count(excess.count)} more that ${excess.count === 1 ? "was" : "were"} not seen, as ${excess.examples.join("; ")}`,
        ];
  return [evidenceText(evidence), ...notes, ...(excess.beyond === null ? [] : [excess.beyond]), ...loose];
}

/** `1,203 flows of 4 conversations, 2026-11-21 02:40 to 02:44 UTC, as …`. */
export function evidenceText({ conversations, flows, firstSeen, lastSeen, seenOnce, example }: RuleEvidence): string {
  if (flows === 0 || firstSeen === null || lastSeen === null) return "not seen";
  const of = conversations === 1 ? "" : ` of ${count(conversations)} conversations`;
  const as = example === null ? "" : `, as ${example}`;
  const when = seenOnce ? `seen once, ${minuteText(firstSeen)}` : spanText(minuteText(firstSeen), minuteText(lastSeen));
  return `${count(flows)} flow${flows === 1 ? "" : "s"}${of}, ${when}${as}`;
}

/** The day once when it is the same. */
function spanText(from: string, to: string): string {
  if (from === to) return from;
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} to ${to.slice(11)}` : `${from} to ${to}`;
}

function minuteText(time: number): string {
  return timeText(time).replace("T", " ").slice(0, 16);
}
