import type { Candidate } from "#model/connection.ts";
import type { Json } from "#model/json.ts";
import { isObject } from "#model/json.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import type { CauseWorld, Denial } from "../cause.ts";
import type { EditStep } from "../edits/edit-step.ts";
import { itemsAt, valueAt } from "../element.ts";
import { policyToEdit } from "../nearest-rule.ts";
import { ruleFor } from "../peer-rule.ts";

/** Peers or ports of one rule that are tried one by one; a list longer than this is nobody's slip of one item. */
const MAX_ITEMS = 12;

/** An edit that might deny what is allowed: its steps, and the list item that it takes out, if that is all it does. */
export type Narrowing = {
  readonly steps: readonly EditStep[];
  readonly takesOut: { readonly policy: string; readonly path: string; readonly value: Json } | null;
};

/**
 * Edits that might end what the subject's rules allow, the narrowest first: a port less, a peer less, the whole rule
 * less, and last a deny rule for exactly this. None of them is known to do so: whoever offers one has proven it.
 */
export function narrowings(allowance: Denial, world: CauseWorld): readonly Narrowing[] {
  const open = allowance.walk.candidates.filter((candidate) => candidate.fails === "none" && !candidate.deny);
  const rules = open.flatMap((candidate) => {
    const policy = world.policies.get(candidate.rule.policy);
    return policy === undefined ? [] : [{ candidate, policy }];
  });
  const ports = rules.map(({ candidate, policy }) => withoutPorts(candidate, policy));
  const peers = rules.map(({ candidate, policy }) => withoutPeers(candidate, policy));
  const whole = rules.map(({ candidate, policy }) => withoutRule(candidate, policy));
  return [
    ...(rules.length === 1 ? [...ports, ...peers, ...whole].flat() : []),
    ...denyRule(allowance, world).map((step) => ({ steps: [step], takesOut: null })),
  ];
}

/** The clause of a rule that takes the connection, in words: `its fromEntities take it on every port`. */
export function takenBy(candidate: Candidate, policies: ReadonlyMap<string, PolicyObject>): string {
  const policy = policies.get(candidate.rule.policy);
  const element = policy === undefined ? undefined : valueAt(policy.value, elementPath(candidate.rule.element));
  const peer =
    candidate.peerField === null
      ? "it names no peer, so it takes everybody"
      : `its ${peersText(candidate.peerField)} take it`;
  const hasPorts = isObject(element) && ["toPorts", "ports", "icmps", "protocols"].some((key) => key in element);
  return hasPorts ? peer : `${peer}, on every port`;
}

/** `from` and `to` of a NetworkPolicy are no words for peers. */
export function peersText(peerField: string): string {
  return peerField === "from" || peerField === "to" ? "peers" : peerField;
}

function withoutPorts({ rule }: Candidate, policy: PolicyObject): readonly Narrowing[] {
  const path = elementPath(rule.element);
  const lists = [`${path}.ports`, ...itemsAt(policy.value, `${path}.toPorts`).map((item) => `${item.path}.ports`)];
  return lists.flatMap((list) => withoutEach(rule.policy, policy, list));
}

function withoutPeers({ rule, peerField }: Candidate, policy: PolicyObject): readonly Narrowing[] {
  return peerField === null ? [] : withoutEach(rule.policy, policy, `${elementPath(rule.element)}.${peerField}`);
}

/** Only where other rules stay: an emptied list means something else. */
function withoutRule({ rule }: Candidate, policy: PolicyObject): readonly Narrowing[] {
  const cut = /^(.*)\[(\d+)\]$/.exec(elementPath(rule.element));
  if (cut === null) return [];
  const [, list = "", index = ""] = cut;
  return withoutEach(rule.policy, policy, list).filter((_, at) => at === Number(index));
}

/** A list without each of its items in turn; nothing for a list of one, which would be left empty. */
function withoutEach(name: string, policy: PolicyObject, path: string): readonly Narrowing[] {
  const items = valueAt(policy.value, path);
  if (!Array.isArray(items) || items.length < 2 || items.length > MAX_ITEMS) return [];
  return items.map((value: Json, index): Narrowing => {
    const rest = items.filter((_, at) => at !== index);
    return {
      steps: [{ policy: name, path, op: "replace", value: rest }],
      takesOut: { policy: name, path: `${path}[${index}]`, value },
    };
  });
}

/**
 * A deny beats every allow of its tier. Only Cilium's own policies can say so, and only where the direction is isolated
 * already: elsewhere a deny rule would isolate it, and cut what no test speaks of.
 */
function denyRule(allowance: Denial, world: CauseWorld): readonly EditStep[] {
  const { conversation, side } = allowance;
  const target = policyToEdit(allowance, world);
  const policy = target === null ? undefined : world.policies.get(target.policy);
  if (target === null || policy === undefined || allowance.peer.kind === "unknown") return [];
  if (allowance.walk.defaultDeny.length === 0) return [];
  return [
    { policy: target.policy, path: `${target.list}Deny`, op: "append", value: ruleFor(conversation, side, policy) },
  ];
}
