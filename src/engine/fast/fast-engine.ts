import type { AddressEnd, End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { type PolicyObject, type RuleRef } from "#model/policy.ts";
import { endIdentities, type EndContext, identitiesWithAnyName } from "../identity/ends.ts";
import { type Engine, type PolicyStatus, rulesOf, type RuleInfo, wholeOf, type World } from "../engine.ts";
import type { Identity } from "../identity/identity.ts";
import type { PolicyEntry } from "../rules/policy-entry.ts";
import { PolicyLibrary, type ReadPolicy } from "../rules/policy-library.ts";
import { prefixesOf, type Selector } from "../selector/selector.ts";
import { decideSide, hasPolicy } from "../side.ts";
import type { SideContext } from "../side-context.ts";
import { walkSide } from "../walk.ts";
import { policyChange } from "./policy-change.ts";
import { SubjectCompiler } from "./subject-compiler.ts";
import { SubjectTable } from "./subject-table.ts";

// Upstream: as ../engine.ts. Differs from it: rules are found by label, subjects of the same rules share a policy, peers
// that no rule tells apart share a map, and a map is intervals of ports. What an entry means is decided by the same code.

/** The same answers and reasons as the plain engine's, sooner. */
export type FastEngine = Omit<Engine, "with"> & {
  /** What an end may be: one identity, unless its addresses are told apart. Empty when it is not known. */
  readonly identities: (end: End) => readonly Identity[];
  /**
   * What a subject's policy says of a packet at L4: 0 denied, 1 allowed, 2 allowed into a proxy, 3 the policy cannot be
   * computed. Protocol and port as in Packet; what passes before policy (path MTU discovery) is not asked here.
   */
  readonly verdict: (subject: Identity, peer: Identity, proto: number, port: number, direction: Direction) => number;
  readonly with: (policies: readonly PolicyObject[]) => FastEngine;
};

const NOT_COMPUTED = 3;

/**
 * The compiled policy engine. Nothing is resolved before it is asked for. `library`: of the same world, to share what
 * another engine has read.
 */
export function createFastEngine(world: World, library: PolicyLibrary = new PolicyLibrary(world)): FastEngine {
  const compiler = new SubjectCompiler(library);
  const read = world.policies.map((policy) => compiler.library.read(policy));
  return engineOver({ read, compiler, subjects: new SubjectTable(read, compiler), ends: null });
}

/** What one engine is made of. `ends` null: to be made. */
type Parts = {
  readonly read: readonly ReadPolicy[];
  readonly compiler: SubjectCompiler;
  readonly subjects: SubjectTable;
  readonly ends: EndTable | null;
};

function engineOver({ read, compiler, subjects, ends: given }: Parts): FastEngine {
  const { library } = compiler;
  const ends = given ?? new EndTable(library, read);
  const context = sideContext(compiler, subjects, ends);
  const rules = new RuleTable(read);
  const identities = (end: End) => ends.of(end, []);
  return {
    decide: (connection) => {
      const egress = decideSide(connection, "egress", context);
      const ingress = decideSide(connection, "ingress", context);
      return { verdict: wholeOf(egress, ingress), egress, ingress };
    },
    walk: (connection, direction, detail) => walkSide(connection, direction, context, detail),
    get policies() {
      return rules.statuses();
    },
    get rules() {
      return rules.all();
    },
    selectsSubject: (policy, end) =>
      hasPolicy(end) && identities(end).some((identity) => subjects.selecting(identity).has(policy)),
    policiesOf: (end) => [
      ...new Set(hasPolicy(end) ? identities(end).flatMap((identity) => [...subjects.selecting(identity)]) : []),
    ],
    selectsPeer: (rule, end, names = []) => {
      const selectors = rules.peersOf(rule);
      return ends.of(end, names).some((identity) => selectors.some((item) => compiler.row(item).takes(identity)));
    },
    identities,
    verdict: (subject, peer, proto, port, direction) => {
      const compiled = subjects.of(subject, peer);
      if (compiled.policy.error !== null && compiled.policy[direction].enforced) return NOT_COMPUTED;
      return compiled[direction].code(peer, proto, port);
    },
    with: (policies) => {
      const others = policies.map((policy) => library.read(policy));
      if (!library.isShareable()) return createFastEngine({ ...library.surroundings, policies });
      const change = policyChange(read, others);
      const shared = change.entries.some(tellsAddresses) ? null : ends;
      return engineOver({ read: others, compiler, subjects: subjects.changed(others, change), ends: shared });
    },
  };
}

/** True for an entry whose peers tell addresses or names apart. */
function tellsAddresses({ l3 }: PolicyEntry): boolean {
  return (l3 ?? []).some((selector) => selector.kind === "fqdn" || prefixesOf(selector).length > 0);
}

function sideContext(compiler: SubjectCompiler, subjects: SubjectTable, ends: EndTable): SideContext {
  return {
    ...compiler.distill,
    config: compiler.library.surroundings.config,
    identities: (end, names) => ends.of(end, names),
    identitiesWithAnyName: (end) => ends.withAnyName(end),
    policyOf: (subject, peer) => subjects.of(subject, peer).policy,
    answer: ({ subject, peer, direction, proto, port }) =>
      subjects.of(subject, peer)[direction].entry(peer, proto, port),
  };
}

/** No name: a key for what unknown names could make of an end. */
const ANY_NAME = "";

/** The identities of ends, worked out once an end object. */
class EndTable {
  readonly #library: PolicyLibrary;
  readonly #read: readonly ReadPolicy[];
  #context: EndContext | null = null;
  #epoch: number;
  #nameless = new WeakMap<End, readonly Identity[]>();
  #byNames = new WeakMap<End, Map<string, readonly Identity[]>>();

  constructor(library: PolicyLibrary, read: readonly ReadPolicy[]) {
    this.#library = library;
    this.#read = read;
    this.#epoch = library.cache.epoch;
  }

  of(end: End, names: readonly string[]): readonly Identity[] {
    if (this.#epoch !== this.#library.cache.epoch) this.#forget();
    if (names.length > 0) return this.#named(end, names.join(" "), () => endIdentities(end, names, this.#made()));
    const known = this.#nameless.get(end);
    if (known !== undefined) return known;
    const made = this.#interned(endIdentities(end, [], this.#made()));
    this.#nameless.set(end, made);
    return made;
  }

  /** As if every name were known, see SideContext. */
  withAnyName(end: AddressEnd): readonly Identity[] {
    return this.#named(end, ANY_NAME, () => identitiesWithAnyName(end, this.#made()));
  }

  #named(end: End, names: string, make: () => readonly Identity[]): readonly Identity[] {
    const known = this.#byNames.get(end) ?? new Map<string, readonly Identity[]>();
    this.#byNames.set(end, known);
    const found = known.get(names);
    if (found !== undefined) return found;
    const made = this.#interned(make());
    known.set(names, made);
    return made;
  }

  #interned(identities: readonly Identity[]): readonly Identity[] {
    return identities.map((identity) => this.#library.cache.identity(identity));
  }

  #made(): EndContext {
    this.#context ??= this.#library.endContext(this.#read.flatMap((policy) => policy.entries));
    return this.#context;
  }

  #forget(): void {
    this.#epoch = this.#library.cache.epoch;
    this.#nameless = new WeakMap();
    this.#byNames = new WeakMap();
  }
}

/** The rules of valid policies, read when first asked for. */
class RuleTable {
  readonly #read: readonly ReadPolicy[];
  #statuses: readonly PolicyStatus[] | null = null;
  #all: readonly RuleInfo[] | null = null;
  #peers: Map<string, Selector[]> | null = null;

  constructor(read: readonly ReadPolicy[]) {
    this.#read = read;
  }

  statuses(): readonly PolicyStatus[] {
    this.#statuses ??= this.#read.map((policy) => policy.status);
    return this.#statuses;
  }

  all(): readonly RuleInfo[] {
    this.#all ??= rulesOf(this.#entries());
    return this.#all;
  }

  peersOf(rule: RuleRef): readonly Selector[] {
    this.#peers ??= peersByRule(this.#entries());
    return this.#peers.get(ruleKey(rule)) ?? [];
  }

  #entries(): readonly PolicyEntry[] {
    return this.#read.flatMap((policy) => policy.entries);
  }
}

function peersByRule(entries: readonly PolicyEntry[]): Map<string, Selector[]> {
  const found = new Map<string, Selector[]>();
  for (const { ref, l3 } of entries) {
    const known = found.get(ruleKey(ref)) ?? [];
    for (const selector of l3 ?? []) known.push(selector);
    found.set(ruleKey(ref), known);
  }
  return found;
}

function ruleKey({ policy, element }: RuleRef): string {
  return `${policy} ${element}`;
}
