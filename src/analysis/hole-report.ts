import type { Conversation, End } from "#model/conversation.ts";
import type { Edit, Hole } from "#model/rehearsal.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { CauseWorld } from "./cause.ts";
import type { EditedText } from "./edits/edit-text.ts";
import type { EditStep } from "./edits/edit-step.ts";
import { endName, endNamespace } from "./end-name.ts";
import type { ExplainedDenial } from "./holes.ts";
import type { Judgement } from "./judge.ts";
import { publicServices } from "./pod-facts.ts";
import type { Prover } from "./edits/prove-edit.ts";
import { reportEdge, rulePlace } from "./report-edge.ts";

/** What a hole's report needs besides its denial. */
export type HoleFacts = {
  readonly snapshot: Snapshot;
  readonly world: CauseWorld;
  readonly before: (conversation: Conversation) => Judgement;
  readonly prover: Prover;
  readonly write: (steps: readonly EditStep[]) => EditedText;
};

/** The hole in the shape of the JSON contract; `id` is given when all are in order. */
export function reportHole(found: ExplainedDenial, facts: HoleFacts): Omit<Hole, "id"> {
  const { denial } = found;
  const { conversation, side, subject } = denial;
  const { policies } = facts.world;
  return {
    ...reportEdge(conversation),
    side,
    cause: found.cause,
    sentence: found.sentence,
    also: found.also,
    nearestRule: found.nearest === null ? null : rulePlace(found.nearest, policies),
    edit: editOf(found, facts),
    looksUnwanted: looksUnwanted(found, facts.world),
    ...(conversation.processes === undefined ? {} : { processes: conversation.processes }),
    openBefore: conversation.openBefore,
    openAtEnd: conversation.openAtEnd === true,
    deniedBefore: facts.before(conversation).verdict === "denied",
    asNames: namesUsed(conversation, facts),
    namespace: endNamespace(subject),
    l7: denial.refused.length > 0 ? "denied" : null,
    defaultDeny: denial.walk.defaultDeny.map((rule) => rulePlace(rule, policies)),
    triage: null,
  };
}

/** The edit that ends a denial, written and proven; null when no cause proposes one. */
export function editOf(found: ExplainedDenial, facts: Pick<HoleFacts, "prover" | "write">): Edit | null {
  const proof = facts.prover.prove(found.denial, found.steps);
  if (proof === null) return null;
  const text = facts.write(proof.steps);
  const allows = proof.newlyAllows.map(
    (one) => `${endName(one.from)} → ${endName(one.to)} ${one.port ?? one.protocol}`,
  );
  return { ...text, proven: proof.proven && text.diff !== "", newlyAllows: [...new Set(allows)].slice(0, 20) };
}

/**
 * Nobody in the proposal speaks of the source: no namespaced policy selects it or anything in its namespace, and no
 * rule names it as a peer. Shown apart; still a hole until somebody decides.
 */
function looksUnwanted(found: ExplainedDenial, world: CauseWorld): boolean {
  const { denial, cause } = found;
  const { from } = denial.conversation;
  if (denial.side !== "ingress" || from.kind !== "pod" || cause === "scrape-missing" || cause === "hairpin-dead")
    return false;
  const subject = denial.subject;
  if (subject.kind === "pod" && subject.namespace === from.namespace) return false;
  return !hasPolicies(from.namespace, world) && !isNamedPeer(from, world);
}

function hasPolicies(namespace: string, world: CauseWorld): boolean {
  return [...world.policies.values()].some((policy) => policy.namespace === namespace);
}

/** Some rule's text names the source's namespace or one of its telling labels. */
function isNamedPeer(from: End, world: CauseWorld): boolean {
  if (from.kind !== "pod") return false;
  const wanted = `"${from.namespace}"`;
  return [...world.policies.values()].some((policy) => {
    const text = JSON.stringify([policy.value["spec"], policy.value["specs"]]);
    return text.includes(`namespace":${wanted}`) || text.includes(`metadata.name":${wanted}`);
  });
}

/** By which names the source reached it: of the address, or of the Service that turned into this pod. */
function namesUsed(conversation: Conversation, facts: HoleFacts): readonly string[] {
  const { to } = conversation;
  const { byAddress } = facts.world.facts;
  if (to.kind === "address") return byAddress.get(to.address) ?? to.names;
  if (conversation.from.kind !== "pod") return [];
  const addresses = publicServices(to, conversation.port, facts.snapshot).flatMap(
    (service) => service.loadBalancerAddresses,
  );
  const names = [...new Set(addresses.flatMap((address) => byAddress.get(address) ?? []))].sort();
  return names.filter((name) => isSpokenOf(name, facts.world));
}

/** A name that some policy of the proposal writes; the others only share the address. */
function isSpokenOf(name: string, world: CauseWorld): boolean {
  return [...world.policies.values()].some((policy) => JSON.stringify(policy.value).includes(`"${name}"`));
}

/** Stable order: namespace, then most frequent, then the text of the edge. */
export function inReportOrder(holes: readonly Omit<Hole, "id">[]): readonly Hole[] {
  const key = (hole: Omit<Hole, "id">) => `${hole.namespace ?? "~"}`;
  const sorted = [...holes].sort((a, b) => {
    if (key(a) !== key(b)) return key(a) < key(b) ? -1 : 1;
    if (a.looksUnwanted !== b.looksUnwanted) return a.looksUnwanted ? 1 : -1;
    if (a.flows !== b.flows) return b.flows - a.flows;
    return a.conversation === b.conversation ? (a.side < b.side ? -1 : 1) : a.conversation < b.conversation ? -1 : 1;
  });
  return sorted.map((hole, index) => ({ ...hole, id: `h${index + 1}` }));
}
