import type { Identity } from "../identity/identity.ts";
import type { PolicyEntry } from "../rules/policy-entry.ts";
import type { ReadPolicy } from "../rules/policy-library.ts";
import { namespaceOf } from "../resolve/selector-policy.ts";
import type { PolicyChange } from "./policy-change.ts";
import type { CompiledSubject, SubjectCompiler } from "./subject-compiler.ts";
import { NUMBERS_MAX } from "./selector-row.ts";
import { type SubjectIndex, subjectIndex } from "./subject-index.ts";

// Upstream: the endpoints of a repository revision. Differs: a new revision keeps every subject that no changed rule is
// about.

type Known = { readonly identity: Identity; readonly namespace: string; readonly subject: CompiledSubject };

/** The subjects of one set of policies, resolved when first asked for. */
export class SubjectTable {
  readonly #policies: readonly ReadPolicy[];
  readonly #compiler: SubjectCompiler;
  /** By identity number. */
  readonly #known: (Known | undefined)[] = [];
  /** Towards the nodes whose host identity is a special one, by both numbers. */
  readonly #towardsHost = new Map<string, CompiledSubject>();
  readonly #hostMatters: boolean;
  #index: SubjectIndex | null;

  constructor(policies: readonly ReadPolicy[], compiler: SubjectCompiler, index: SubjectIndex | null = null) {
    this.#policies = policies;
    this.#compiler = compiler;
    this.#index = index;
    this.#hostMatters = compiler.distill.semantics.hostSkipsL7 === "when-created";
  }

  /** The subject's policy, as it is towards a peer that is its own node. */
  of(identity: Identity, peer?: Identity): CompiledSubject {
    if (this.#hostMatters && peer?.isHost === true && peer !== this.#compiler.library.host) {
      return this.#towards(identity, peer);
    }
    return this.#known[identity.number]?.subject ?? this.#learn(identity);
  }

  /** The policies that select it, by name: nothing is resolved for that. */
  selecting(identity: Identity): ReadonlySet<string> {
    const known = this.#known[identity.number];
    return known === undefined
      ? new Set(this.#matching(identity).map(({ ref }) => ref.policy))
      : known.subject.selecting;
  }

  /** The table of other policies. Subjects that no changed policy is about stay as they are. */
  changed(policies: readonly ReadPolicy[], { entries, inOrder }: PolicyChange): SubjectTable {
    if (!inOrder) return new SubjectTable(policies, this.#compiler);
    const table = new SubjectTable(policies, this.#compiler, this.#index?.changed(policies, entries) ?? null);
    for (let number = 0; number < this.#known.length; number += 1) {
      const known = this.#known[number];
      table.#known[number] = known === undefined || this.#isAffected(known, entries) ? undefined : known;
    }
    return table;
  }

  #isAffected({ identity, namespace }: Known, changes: readonly PolicyEntry[]): boolean {
    return changes.some(
      (entry) =>
        !entry.node &&
        (entry.namespace === "" || entry.namespace === namespace) &&
        this.#compiler.row(entry.subject).takes(identity),
    );
  }

  #learn(identity: Identity): CompiledSubject {
    const subject = this.#compiled(identity, this.#compiler.library.host);
    if (identity.number < NUMBERS_MAX) {
      this.#known[identity.number] = { identity, namespace: namespaceOf(identity), subject };
    }
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
    return this.#compiler.compile(identity, host, this.#matching(identity));
  }

  #matching(identity: Identity): readonly PolicyEntry[] {
    this.#index ??= subjectIndex(this.#policies, this.#compiler.row);
    return this.#index.matching(identity);
  }
}
