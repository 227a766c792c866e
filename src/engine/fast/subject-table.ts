import type { Identity } from "../identity.ts";
import type { PolicyEntry } from "../policy-entry.ts";
import type { ReadPolicy } from "../policy-library.ts";
import { namespaceOf } from "../selector-policy.ts";
import type { CompiledSubject, SubjectCompiler } from "./subject-compiler.ts";
import { NUMBERS_MAX } from "./selector-row.ts";
import { SubjectIndex } from "./subject-index.ts";

// Upstream: the endpoints of a repository revision. Differs: a new revision keeps every subject that no changed rule is
// about.

type Known = { readonly identity: Identity; readonly subject: CompiledSubject };

/** The subjects of one set of policies, resolved when first asked for. */
export class SubjectTable {
  readonly #policies: readonly ReadPolicy[];
  readonly #compiler: SubjectCompiler;
  /** By identity number. */
  readonly #known: (Known | undefined)[];
  /** Towards the nodes whose host identity is a special one, by both numbers. */
  readonly #towardsHost = new Map<string, CompiledSubject>();
  readonly #hostMatters: boolean;
  #index: SubjectIndex | null = null;

  constructor(policies: readonly ReadPolicy[], compiler: SubjectCompiler, known: readonly (Known | undefined)[] = []) {
    this.#policies = policies;
    this.#compiler = compiler;
    this.#known = [...known];
    this.#hostMatters = compiler.distill.semantics.hostSkipsL7 === "when-created";
  }

  /** The subject's policy, as it is towards a peer that is its own node. */
  of(identity: Identity, peer?: Identity): CompiledSubject {
    if (this.#hostMatters && peer?.isHost === true && peer !== this.#compiler.library.host) {
      return this.#towards(identity, peer);
    }
    return this.#known[identity.number]?.subject ?? this.#learn(identity);
  }

  /** The table of other policies. Subjects that no changed policy is about stay as they are. */
  changed(policies: readonly ReadPolicy[]): SubjectTable {
    const changes = changedEntries(this.#policies, policies);
    if (changes === null) return new SubjectTable(policies, this.#compiler);
    const kept = this.#known.map((known) =>
      known !== undefined && !this.#isAffected(known.identity, changes) ? known : undefined,
    );
    return new SubjectTable(policies, this.#compiler, kept);
  }

  #isAffected(identity: Identity, changes: readonly PolicyEntry[]): boolean {
    const namespace = namespaceOf(identity);
    return changes.some(
      (entry) =>
        !entry.node &&
        (entry.namespace === "" || entry.namespace === namespace) &&
        this.#compiler.row(entry.subject).takes(identity),
    );
  }

  #learn(identity: Identity): CompiledSubject {
    const subject = this.#compiled(identity, this.#compiler.library.host);
    if (identity.number < NUMBERS_MAX) this.#known[identity.number] = { identity, subject };
    return subject;
  }

  #towards(identity: Identity, host: Identity): CompiledSubject {
    const key = `${identity.number} ${host.number}`;
    const known = this.#towardsHost.get(key);
    if (known !== undefined) return known;
    const subject = this.#compiled(identity, host);
    this.#towardsHost.set(key, subject);
    return subject;
  }

  #compiled(identity: Identity, host: Identity): CompiledSubject {
    this.#index ??= new SubjectIndex(this.#policies, this.#compiler.row);
    return this.#compiler.compile(identity, host, this.#index.matching(identity));
  }
}

/** Entries that only one of both sets has; null when what they share stands in another order, which reasons show. */
function changedEntries(before: readonly ReadPolicy[], after: readonly ReadPolicy[]): readonly PolicyEntry[] | null {
  const old = new Set(before);
  const fresh = new Set(after);
  if (old.size !== before.length || fresh.size !== after.length) return null;
  const kept = before.filter((policy) => fresh.has(policy));
  const stayed = after.filter((policy) => old.has(policy));
  if (kept.some((policy, index) => stayed[index] !== policy)) return null;
  const gone = before.filter((policy) => !fresh.has(policy));
  const added = after.filter((policy) => !old.has(policy));
  return [...gone, ...added].flatMap((policy) => policy.entries);
}
