import type { Candidate } from "#model/connection.ts";
import type { Conversation, End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { isObject } from "#model/json.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import type { DeadRule } from "#model/rehearsal.ts";
import type { CauseWorld } from "./cause.ts";
import { itemsAt } from "./element.ts";
import { selectedBy } from "./isolation.ts";
import { connectionOf } from "./judge.ts";
import { publicServices, servicesOf, targetPort } from "./pod-facts.ts";
import { rulePlace } from "./report-edge.ts";
import { rulePorts } from "./rule-ports.ts";

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
  for (const end of world.ends) for (const name of selectedBy(world.engine, end)) names.add(name);
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
    const connection = connectionOf(conversation, world.names.of(conversation.from, conversation.to), null);
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
  const use = uses.get(`${rule.name} ${rule.element}`);
  if (use?.matched === true) return [];
  const found = hairpinned(rule, world) ?? wrongPort(rule, use, world);
  return found === null
    ? []
    : [{ ...rulePlace({ policy: rule.name, element: rule.element }, world.policies), ...found }];
}

type Verdict = Pick<DeadRule, "reason" | "sentence">;

/** An ingress rule for a caller that comes back in through the public ingress instead. */
function hairpinned(rule: RuleElement, world: CauseWorld): Verdict | null {
  if (rule.direction !== "ingress") return null;
  const callers = world.snapshot.traffic.conversations.filter(
    (one) => one.from.kind === "pod" && publicServices(one.to, one.port, world.snapshot).length > 0,
  );
  const caller = callers.find((one) => one.from.kind === "pod" && namesNamespaceOf(rule, one.from));
  if (caller === undefined || caller.from.kind !== "pod" || caller.to.kind !== "pod") return null;
  const via = caller.to.workload?.name ?? caller.to.namespace;
  return {
    reason: "hairpin",
    sentence: `${caller.from.namespace} was seen only through the public ingress: it arrives as ${via}`,
  };
}

/** The rule's peers are in this end's namespace, by the text of its selectors. */
function namesNamespaceOf(rule: RuleElement, end: End): boolean {
  if (end.kind !== "pod" || rule.policy.namespace === end.namespace) return false;
  const path = rule.element.startsWith("specs[") ? rule.element : `spec.${rule.element}`;
  return itemsAt(rule.policy.value, `${path}.fromEndpoints`).some(({ value }) =>
    JSON.stringify(value).includes(`io.kubernetes.pod.namespace":"${end.namespace}"`),
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
