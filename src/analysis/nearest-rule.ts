import type { Candidate } from "#model/connection.ts";
import { isObject } from "#model/json.ts";
import { elementPath, type RuleRef } from "#model/policy.ts";
import { allowRules, type CauseWorld, type Denial } from "./cause.ts";
import { specPath, valueAt } from "./element.ts";
import { endNamespace } from "./end-name.ts";
import { endLabels, isNamespaceKey, textMatches } from "./selector-text.ts";

const SELECTORS = ["fromEndpoints", "toEndpoints", "from", "to"];

/**
 * The allow rule that comes closest: right peer and wrong port before right port and wrong peer; among those the one
 * whose selector shares most with the peer. Null when no rule of the subject shares anything with the conversation.
 */
export function nearestRule(denial: Denial, world: CauseWorld): RuleRef | null {
  const scored = denial.walk.candidates
    .filter((candidate) => !candidate.deny)
    .map((candidate) => ({ candidate, score: closeness(candidate, denial, world) }))
    .filter(({ score }) => score > 0);
  scored.sort((a, b) => b.score - a.score);
  return scored[0]?.candidate.rule ?? null;
}

function closeness(candidate: Candidate, denial: Denial, world: CauseWorld): number {
  if (candidate.peerMatches && candidate.portMatches) return 100;
  if (candidate.peerMatches && candidate.peerField !== null) return 50;
  const shared = sharesLabels(candidate, denial, world) ? 20 : 0;
  const restricted = hasPorts(candidate, world);
  return shared + (candidate.portMatches && restricted ? 10 : 0);
}

function hasPorts(candidate: Candidate, world: CauseWorld): boolean {
  const policy = world.policies.get(candidate.rule.policy);
  const element = policy === undefined ? undefined : valueAt(policy.value, elementPath(candidate.rule.element));
  return isObject(element) && (element["toPorts"] !== undefined || element["ports"] !== undefined);
}

/** Its selector would take the peer if it were not for the namespace. */
function sharesLabels(candidate: Candidate, denial: Denial, world: CauseWorld): boolean {
  if (candidate.peerField === null || !SELECTORS.includes(candidate.peerField)) return false;
  const policy = world.policies.get(candidate.rule.policy);
  const selectors =
    policy === undefined
      ? undefined
      : valueAt(policy.value, `${elementPath(candidate.rule.element)}.${candidate.peerField}`);
  if (!Array.isArray(selectors)) return false;
  return selectors.some((selector) => textMatches(selector, endLabels(denial.peer), isNamespaceKey));
}

/**
 * The policy that an edit for this denial belongs into: the nearest rule's, else the namespaced one that selects the
 * subject and has rules in this direction, else any that selects it and may be edited so. Null when there is none.
 */
export function policyToEdit(
  denial: Denial,
  world: CauseWorld,
): { readonly policy: string; readonly list: string } | null {
  const nearest = nearestRule(denial, world);
  const names = [...(nearest === null ? [] : [nearest.policy]), ...ranked(denial, world)];
  for (const name of names) {
    const found = world.policies.get(name);
    if (found === undefined || found.kind === "NetworkPolicy" || found.kind === "ClusterNetworkPolicy") continue;
    return { policy: name, list: listPath(name, denial, world) };
  }
  return null;
}

function ranked(denial: Denial, world: CauseWorld): readonly string[] {
  const namespace = endNamespace(denial.subject);
  const weight = (name: string) => {
    const policy = world.policies.get(name);
    const direct = denial.walk.defaultDeny.some((rule) => rule.policy === name) ? 2 : 0;
    return direct + (policy?.namespace === namespace ? 4 : 0);
  };
  return [...denial.walk.selecting].sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
}

/** `spec.ingress` of the policy; of several `specs` through which it selects the subject, the one that says most of it. */
function listPath(name: string, denial: Denial, world: CauseWorld): string {
  const rules = [...denial.walk.defaultDeny, ...denial.walk.candidates.map((candidate) => candidate.rule)];
  const bases = [...new Set(rules.filter((rule) => rule.policy === name).map((rule) => specPath(rule.element)))];
  const policy = world.policies.get(name);
  const weight = (base: string) =>
    JSON.stringify(valueAt(policy?.value ?? {}, `${base}.endpointSelector`) ?? null).length;
  const base = bases.sort((a, b) => weight(b) - weight(a))[0] ?? "spec";
  return `${base}.${denial.side}`;
}

/** toFQDNs rules of the subject. */
export function fqdnRules(denial: Denial): readonly Candidate[] {
  return allowRules(denial, ["toFQDNs"]);
}
