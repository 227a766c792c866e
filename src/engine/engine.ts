import type { Connection, Walk } from "#model/connection.ts";
import type { AddressEnd, End } from "#model/conversation.ts";
import type { Answer, ConversationDecision, Direction, Ruling } from "#model/decision.ts";
import type { Inventory } from "#model/objects.ts";
import type { PolicyObject, RuleRef } from "#model/policy.ts";
import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";
import { endIdentities, identitiesWithAnyName } from "./identity/ends.ts";
import { answer, type DistillContext } from "./resolve/endpoint-policy.ts";
import type { Identity } from "./identity/identity.ts";
import { Memo } from "./memo.ts";
import { sameRule } from "./rules/origin.ts";
import type { PolicyEntry } from "./rules/policy-entry.ts";
import { PolicyLibrary, type ReadPolicy } from "./rules/policy-library.ts";
import type { Selector } from "./selector/selector.ts";
import { entriesByNamespace, matchingEntries, type Repository, resolvePolicy } from "./resolve/selector-policy.ts";
import { decideSide, hasPolicy } from "./side.ts";
import type { SideContext } from "./side-context.ts";
import { walkSide, type WalkDetail } from "./walk.ts";

// Upstream: pkg/policy repository.go and endpoint policies, as one function of a world. Differs: nothing changes over
// time, and every answer comes with its reason.

/** All that decides besides the connection itself. */
export type World = {
  readonly minor: CiliumMinor;
  readonly config: CiliumConfig;
  readonly inventory: Inventory;
  readonly policies: readonly PolicyObject[];
};

/** What the agent makes of one policy object. */
export type PolicyStatus = ReadPolicy["status"];

/** One rule of a valid policy, for questions about rules that no connection asks. */
export type RuleInfo = {
  readonly rule: RuleRef;
  readonly direction: Direction;
  readonly verdict: "allow" | "deny" | "pass";
  /** Which peer field it uses; null when it has none. */
  readonly peerField: string | null;
};

export type Engine = {
  /** Both sides of a connection, with reasons. */
  readonly decide: (connection: Connection) => ConversationDecision;
  /** Every rule of the policies that select a side's endpoint, held against the connection; clause by clause with `detail`. */
  readonly walk: (connection: Connection, direction: Direction, detail?: WalkDetail) => Walk;
  /** Every policy object of the world in order; a rejected one contributes nothing. */
  readonly policies: readonly PolicyStatus[];
  /** Rules of valid policies, in order. */
  readonly rules: readonly RuleInfo[];
  /** True when a rule of the policy is about this endpoint. */
  readonly selectsSubject: (policy: string, end: End) => boolean;
  /** The policies of which a rule is about this endpoint, by name. */
  readonly policiesOf: (end: End) => readonly string[];
  /** True when the rule's peers take this end (which is known by these names). */
  readonly selectsPeer: (rule: RuleRef, end: End, names?: readonly string[]) => boolean;
  /**
   * An engine of the same world over other policies. Objects that both have (the very same) are not read again: trying
   * one changed policy costs what that policy costs.
   */
  readonly with: (policies: readonly PolicyObject[]) => Engine;
};

/**
 * The plain policy engine: decides as this minor of Cilium would. Subjects are resolved when first asked for. `library`:
 * of the same world, to share what another engine has read.
 */
export function createEngine(world: World, library: PolicyLibrary = new PolicyLibrary(world)): Engine {
  return engineOver(world.policies, library);
}

function otherEngine(policies: readonly PolicyObject[], library: PolicyLibrary): Engine {
  for (const policy of policies) library.read(policy);
  return library.isShareable() ? engineOver(policies, library) : createEngine({ ...library.surroundings, policies });
}

function engineOver(policies: readonly PolicyObject[], library: PolicyLibrary): Engine {
  const read = policies.map((policy) => library.read(policy));
  const entries = read.flatMap((policy) => policy.entries);
  const context = createContext(library, entries);
  const subjects = (end: End) => (hasPolicy(end) ? context.identities(end, []) : []);
  const matching = (end: End) => subjects(end).flatMap((identity) => matchingEntries(context.repository, identity));
  return {
    decide: (connection) => {
      const egress = decideSide(connection, "egress", context);
      const ingress = decideSide(connection, "ingress", context);
      return { verdict: wholeOf(egress, ingress), egress, ingress };
    },
    walk: (connection, direction, detail) => walkSide(connection, direction, context, detail),
    policies: read.map((policy) => policy.status),
    rules: rulesOf(entries),
    selectsSubject: (policy, end) => matching(end).some((entry) => entry.ref.policy === policy),
    policiesOf: (end) => [...new Set(matching(end).map((entry) => entry.ref.policy))],
    selectsPeer: (rule, end, names = []) => {
      const selectors = entries.filter((entry) => sameRule(entry.ref, rule)).flatMap((entry) => entry.l3 ?? []);
      return context
        .identities(end, names)
        .some((identity) => selectors.some((item) => context.selects(item, identity)));
    },
    with: (others) => otherEngine(others, library),
  };
}

/** Denied if a side is, or a proxy refuses what was seen; undecided if a side is, or a proxy was shown nothing. */
export function wholeOf(egress: Ruling | null, ingress: Ruling | null): Answer {
  const from = egress === null ? "allowed" : sideAnswer(egress);
  const to = ingress === null ? "allowed" : sideAnswer(ingress);
  if (from === "denied" || to === "denied") return "denied";
  return from === "undecided" ? from : to;
}

function sideAnswer(ruling: Ruling): Answer {
  if (ruling.decision !== "allowed") return ruling.decision;
  return ruling.l7 === "unseen" ? "undecided" : (ruling.l7 ?? "allowed");
}

/** Each rule of these entries once, in order. */
export function rulesOf(entries: readonly PolicyEntry[]): readonly RuleInfo[] {
  const rules = new Map<string, RuleInfo>();
  for (const { ref, direction, verdict, peerField } of entries) {
    const key = `${ref.policy} ${ref.element}`;
    if (ref.element !== "" && !rules.has(key)) rules.set(key, { rule: ref, direction, verdict, peerField });
  }
  return [...rules.values()];
}

function createContext(
  library: PolicyLibrary,
  entries: readonly PolicyEntry[],
): SideContext & { readonly repository: Repository } {
  const { cache, parse, host: plainHost } = library;
  const { config } = library.surroundings;
  const { semantics } = parse;
  const memo = new Memo(cache);
  const endContext = library.endContext(entries);
  const distill: DistillContext = {
    semantics,
    allowLocalhost: config.allowLocalhost === "always",
    ports: library.ports,
    selects: (selector: Selector, identity: Identity) => cache.selects(selector, identity.labels),
    selectsAggregate: (selector, identity) =>
      identity.aggregate !== null && cache.selects(selector, identity.aggregate),
  };
  const repository: Repository = {
    config,
    semantics,
    byNamespace: entriesByNamespace(entries),
    selects: distill.selects,
  };
  const policyOf = (subject: Identity, peer?: Identity) => {
    const host = peer?.isHost === true ? peer : plainHost;
    return memo.policyOf(subject, host, () => resolvePolicy(repository, { identity: subject, host }));
  };
  const intern = (made: readonly Identity[]) => made.map((identity) => cache.identity(identity));
  return {
    ...distill,
    config,
    repository,
    identities: (end, names) =>
      names.length > 0
        ? intern(endIdentities(end, names, endContext))
        : memo.identities(end, () => endIdentities(end, [], endContext)),
    identitiesWithAnyName: (end: AddressEnd) => intern(identitiesWithAnyName(end, endContext)),
    policyOf,
    answer: (packet) =>
      memo.answer(packet, () => answer(policyOf(packet.subject, packet.peer)[packet.direction], packet, distill)),
  };
}
