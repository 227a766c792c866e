import { isObject, type Json } from "#model/json.ts";
import { type PolicyObject, placeOf, policyName } from "#model/policy.ts";
import type { PolicySelection } from "#model/explanation.ts";
import { specPath, valueAt } from "../element.ts";
import { bareKey, endLabels, operatorHolds } from "../selector-text.ts";
import { parseLabel } from "#model/labels.ts";
import { askedWords, keyWords } from "./selector-words.ts";
import type { ExplainedSide, ExplainStage } from "./stage.ts";

/** The policies that select the subject and speak of this direction, with the labels by which they do. */
export function selecting({ walk }: ExplainedSide, { set }: ExplainStage): readonly PolicySelection[] {
  const rules = [...walk.candidates.map((candidate) => candidate.rule), ...walk.defaultDeny];
  const elements = new Map([...rules].reverse().map((rule) => [rule.policy, rule.element]));
  return walk.selecting.flatMap((name) => {
    const policy = set.policies.get(name);
    const element = elements.get(name);
    return policy === undefined || element === undefined ? [] : [selectionOf(policy, specPath(element))];
  });
}

function selectionOf(policy: PolicyObject, path: string): PolicySelection {
  const at = selectorPath(policy, path);
  return { ...placed(policy, at), labels: selectorWords(valueAt(policy.value, at), policy) };
}

function placed(policy: PolicyObject, at: string) {
  const { file, line } = placeOf(policy, at);
  return { policy: policyName(policy), file: file ?? null, line: line ?? null };
}

function selectorPath(policy: PolicyObject, path: string): string {
  return policy.kind === "NetworkPolicy"
    ? `${path}.podSelector`
    : policy.kind === "ClusterNetworkPolicy"
      ? `${path}.subject`
      : `${path}.endpointSelector`;
}

type Requirement = Parameters<typeof askedWords>[0];

function selectorWords(selector: Json | undefined, policy: PolicyObject): string {
  const asked = requirements(selector);
  if (asked.length > 0) return asked.map(askedWords).join(", ");
  if (policy.kind === "ClusterNetworkPolicy") return "its subject";
  return policy.namespace === null ? "every pod" : `every pod of ${policy.namespace}`;
}

function requirements(selector: Json | undefined): readonly Requirement[] {
  if (!isObject(selector)) return [];
  const labels = isObject(selector["matchLabels"]) ? Object.entries(selector["matchLabels"]) : [];
  const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"].filter(isObject) : [];
  return [
    ...labels.map(([key, value]): Requirement => ({ key, operator: "In", values: [String(value)] })),
    ...expressions.flatMap((item): readonly Requirement[] => {
      const operator = item["operator"];
      if (operator !== "In" && operator !== "NotIn" && operator !== "Exists" && operator !== "DoesNotExist") return [];
      const values = Array.isArray(item["values"]) ? item["values"].map(String) : [];
      return [{ key: String(item["key"]), operator, values }];
    }),
  ];
}

const NOT_SELECTING = 3;

/** Policies of the subject's namespace that speak of this direction and pass it by, each with the first label that differs. */
export function notSelecting(
  { walk, subject, side }: ExplainedSide,
  { set }: ExplainStage,
): readonly PolicySelection[] {
  if (subject.kind !== "pod") return [];
  const labels = new Map(endLabels(subject).map((text) => [parseLabel(text).key, parseLabel(text).value]));
  const isMet = ({ key, operator, values }: Requirement) => operatorHolds(operator, labels.get(bareKey(key)), values);
  return [...set.policies.values()]
    .filter((policy) => policy.namespace === subject.namespace && !walk.selecting.includes(policyName(policy)))
    .flatMap((policy) => {
      const at = selectorPath(policy, "spec");
      const first = requirements(valueAt(policy.value, at)).find((item) => !isMet(item));
      const speaks = valueAt(policy.value, `spec.${side}`) !== undefined;
      if (first === undefined || !speaks) return [];
      const value = labels.get(bareKey(first.key));
      const found = value === undefined ? `no ${keyWords(first.key)}` : `${keyWords(first.key)}=${value}`;
      return [{ ...placed(policy, at), labels: `${askedWords(first)} ≠ ${found}` }];
    })
    .slice(0, NOT_SELECTING);
}
