import type { Candidate } from "#model/connection.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { isObject, type Json } from "#model/json.ts";
import { elementPath, type PolicyObject, policyName } from "#model/policy.ts";
import type { DeadRule } from "#model/rehearsal.ts";
import type { CauseWorld } from "./cause.ts";
import { itemsAt } from "./element.ts";
import { endName } from "./end-name.ts";

import { connectionOf } from "./judge.ts";
import { publicServices, servicesOf, targetPort } from "./pod-facts.ts";
import { rulePlace } from "./report-edge.ts";
import { rulePorts } from "./rule-ports.ts";
import { endLabels, namesNamespace, textMatches } from "./selector-text.ts";

/** A rule's use over the whole recording. */
type Use = { peerMet: boolean; matched: boolean };

const SECTIONS: readonly (readonly [string, Direction])[] = [
  ["ingress", "ingress"],
  ["egress", "egress"],
];

/**
 * Allow rules of the proposal that can be shown not to work: no subject, no peer, the Service's port, a hairpinned
 * caller. A rule that merely went unused proves nothing in a short window and is not listed.
 */
export function deadRules(world: CauseWorld): readonly DeadRule[] {
  const uses = collectUses(world);
  const selecting = selectingPolicies(world);
  return [...world.policies.values()].flatMap((policy) => {
    const elements = elementsOf(policy);
    if (selecting.has(policyName(policy))) return elements.flatMap((one) => judgeRule(one, uses, world));
    return elements.slice(0, 1).map((one) => ({
      ...rulePlace({ policy: one.name, element: one.element }, world.policies),
      reason: "no-subject" as const,
      sentence: "the policy selects no endpoint that is known",
    }));
  });
}

/** The policies that select some endpoint of the objects or the recording. */
function selectingPolicies(world: CauseWorld): ReadonlySet<string> {
  const names = new Set<string>();
  for (const end of world.ends) for (const name of world.engine.policiesOf(end)) names.add(name);
  return names;
}

type RuleElement = {
  readonly policy: PolicyObject;
  readonly name: string;
  readonly element: string;
  readonly direction: Direction;
};

function elementsOf(policy: PolicyObject): readonly RuleElement[] {
  const specs = policy.value["specs"];
  const bases = [
    ...(isObject(policy.value["spec"]) ? ["spec"] : []),
    ...(Array.isArray(specs) ? specs.map((_, index) => `specs[${index}]`) : []),
  ];
  return bases.flatMap((base) =>
    SECTIONS.flatMap(([section, direction]) =>
      itemsAt(policy.value, `${base}.${section}`).map(({ path }) => ({
        policy,
        name: policyName(policy),
        element: path.startsWith("spec.") ? path.slice("spec.".length) : path,
        direction,
      })),
    ),
  );
}

/** Walks every conversation on both sides, once, and notes which rules met their peer and which matched whole. */
function collectUses(world: CauseWorld): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>();
  for (const conversation of world.snapshot.traffic.conversations) {
    if (conversation.notDecided !== null) continue;
    const connection = connectionOf(
      conversation,
      world.names.of(conversation.from, conversation.to, conversation),
      null,
    );
    for (const [, direction] of SECTIONS) {
      for (const candidate of world.engine.walk(connection, direction).candidates) noteUse(uses, candidate);
    }
  }
  return uses;
}

function noteUse(uses: Map<string, Use>, candidate: Candidate): void {
  const key = `${candidate.rule.policy} ${candidate.rule.element}`;
  const use = uses.get(key) ?? { peerMet: false, matched: false };
  uses.set(key, {
    peerMet: use.peerMet || candidate.peerMatches,
    matched: use.matched || (candidate.peerMatches && candidate.portMatches),
  });
}

function judgeRule(rule: RuleElement, uses: ReadonlyMap<string, Use>, world: CauseWorld): readonly DeadRule[] {
  const hairpinned = hairpinnedPeers(rule, world);
  const use = uses.get(`${rule.name} ${rule.element}`);
  const port = use?.matched === true ? null : wrongPort(rule, use, world);
  if (hairpinned.length > 0 || port === null) return hairpinned;
  return [{ ...rulePlace({ policy: rule.name, element: rule.element }, world.policies), ...port }];
}

type Verdict = Pick<DeadRule, "reason" | "sentence">;

/** Peers of an ingress rule that were never met as themselves, but come back in through the public ingress. */
function hairpinnedPeers(rule: RuleElement, world: CauseWorld): readonly DeadRule[] {
  if (rule.direction !== "ingress") return [];
  const base = elementPath(rule.element);
  return itemsAt(rule.policy.value, `${base}.fromEndpoints`).flatMap((item) => {
    const caller = hairpinnedCaller(item.value, rule, world);
    if (caller === null || caller.to.kind !== "pod") return [];
    const element = `${rule.element}${item.path.slice(base.length)}`;
    const via = caller.to.workload?.name ?? caller.to.namespace;
    const sentence = `${endName(caller.from)} was seen only through the public ingress: it arrives as ${via}`;
    return [{ ...rulePlace({ policy: rule.name, element }, world.policies), reason: "hairpin" as const, sentence }];
  });
}

/** A conversation by which the selector's pods reach the ingress controller, when none of them was met here directly. */
function hairpinnedCaller(selector: Json, rule: RuleElement, world: CauseWorld): Conversation | null {
  if (!namesNamespace(selector)) return null;
  const { conversations } = world.snapshot.traffic;
  const own = conversations.filter((one) => textMatches(selector, endLabels(one.from), () => false));
  const direct = own.some((one) => world.engine.selectsSubject(rule.name, one.to));
  if (direct) return null;
  return (
    own.find((one) => one.from.kind === "pod" && publicServices(one.to, one.port, world.snapshot).length > 0) ?? null
  );
}

/** Its peer was met, on another port, and the port it names is a Service's. */
function wrongPort(rule: RuleElement, use: Use | undefined, world: CauseWorld): Verdict | null {
  if (use === undefined || !use.peerMet) return null;
  for (const named of rulePorts(rule.policy, { policy: rule.name, element: rule.element })) {
    const met = world.snapshot.traffic.conversations.find((one) => isTranslated(one, Number(named.port), rule, world));
    if (met === undefined) continue;
    return {
      reason: "wrong-port",
      sentence: `${named.port} is a Service's port; the container listens on ${met.port}`,
    };
  }
  return null;
}

function isTranslated(conversation: Conversation, port: number, rule: RuleElement, world: CauseWorld): boolean {
  if (conversation.port === port || conversation.to.kind !== "pod") return false;
  const connection = connectionOf(conversation, { learned: [], complete: true }, null);
  const candidates = world.engine.walk(connection, rule.direction).candidates;
  const mine = candidates.find((one) => one.rule.policy === rule.name && one.rule.element === rule.element);
  if (mine === undefined || !mine.peerMatches || mine.portMatches) return false;
  const services = servicesOf(conversation.to, world.snapshot);
  return services.some((service) => targetPort(service, port, conversation.to, world.snapshot) === conversation.port);
}
