import type { RuleRef } from "#model/policy.ts";
import type { DistillContext } from "../resolve/endpoint-policy.ts";
import type { Identity } from "../identity/identity.ts";
import { hasKey } from "../selector/labels.ts";
import type { PolicyEntry } from "../rules/policy-entry.ts";
import type { PolicyLibrary } from "../rules/policy-library.ts";
import type { Selector } from "../selector/selector.ts";
import { namespaceOf, resolveMatching, type Resolving, type SelectorPolicy } from "../resolve/selector-policy.ts";
import { CompiledDirection, type Compiling } from "./compiled-direction.ts";
import { SelectorRow } from "./selector-row.ts";

// Upstream: pkg/policy/distillery.go PolicyCache. Differs: subjects of the same rules share one resolved policy, whatever
// their identity.

/** A subject's policy, resolved and ready to answer. */
export type CompiledSubject = {
  readonly policy: SelectorPolicy;
  readonly selecting: ReadonlySet<RuleRef["policy"]>;
  readonly egress: CompiledDirection;
  readonly ingress: CompiledDirection;
};

/** Policies kept at most; beyond it they are dropped once. */
const POLICIES_MAX = 20_000;

type Shared = Omit<CompiledSubject, "ingress"> & { readonly ingress: Map<string, CompiledDirection> };

/** Resolves and compiles subjects for all engines of one library, each set of rules once. */
export class SubjectCompiler {
  readonly library: PolicyLibrary;
  readonly distill: DistillContext;
  readonly #resolving: Resolving;
  readonly #compiling: Compiling;
  readonly #rows = new WeakMap<Selector, SelectorRow>();
  readonly #numbers = new WeakMap<PolicyEntry, number>();
  #nextNumber = 0;
  readonly #policies = new Map<string, Shared>();

  constructor(library: PolicyLibrary) {
    const { config } = library.surroundings;
    const { semantics } = library.parse;
    this.library = library;
    const selects = (selector: Selector, identity: Identity) => this.row(selector).takes(identity);
    const { cache } = library;
    this.distill = {
      semantics,
      allowLocalhost: config.allowLocalhost === "always",
      ports: library.ports,
      selects,
      selectsAggregate: (selector, { aggregate }) => aggregate !== null && cache.selects(selector, aggregate),
    };
    this.#resolving = { config, semantics, selects };
    this.#compiling = {
      distill: this.distill,
      row: (selector) => this.row(selector),
      selects: (selector, labels) => cache.selects(selector, labels),
      room: { taken: 0, epoch: 0 },
    };
  }

  /** Whom a selector takes, as far as it is known. */
  readonly row = (selector: Selector): SelectorRow => {
    const known = this.#rows.get(selector);
    if (known !== undefined) return known;
    const row = new SelectorRow(selector, this.library.cache.reach);
    this.#rows.set(selector, row);
    return row;
  };

  /** The policy of a subject, given the entries that are about it, towards the node that hosts it. */
  compile(subject: Identity, host: Identity, matching: readonly PolicyEntry[]): CompiledSubject {
    const shared = this.#shared(subject, host, matching);
    const { policy, selecting, egress } = shared;
    const named = policy.ingress.filters.some((filter) => filter.portName !== "");
    const key = named ? [...subject.namedPorts].map(([name, to]) => `${name}=${to.proto}/${to.port}`).join() : "";
    const ingress =
      shared.ingress.get(key) ?? new CompiledDirection(policy.ingress, "ingress", subject, this.#compiling);
    shared.ingress.set(key, ingress);
    return { policy, selecting, egress, ingress };
  }

  #shared(subject: Identity, host: Identity, matching: readonly PolicyEntry[]): Shared {
    const key = this.#key(subject, host, matching);
    const known = this.#policies.get(key);
    if (known !== undefined) return known;
    const policy = resolveMatching(this.#resolving, { identity: subject, host }, matching);
    const shared: Shared = {
      policy,
      selecting: new Set(policy.selecting),
      egress: new CompiledDirection(policy.egress, "egress", subject, this.#compiling),
      ingress: new Map(),
    };
    if (this.#policies.size >= POLICIES_MAX) this.#policies.clear();
    this.#policies.set(key, shared);
    return shared;
  }

  /** All that resolveMatching looks at. */
  #key(subject: Identity, host: Identity, matching: readonly PolicyEntry[]): string {
    const special = `${hasKey(subject.labels, "init")} ${hasKey(subject.labels, "host")}`;
    const numbers = matching.map((entry) => this.#numberOf(entry));
    return `${namespaceOf(subject)} ${special} ${host.number} ${numbers.join()}`;
  }

  #numberOf(entry: PolicyEntry): number {
    const known = this.#numbers.get(entry);
    if (known !== undefined) return known;
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    this.#numbers.set(entry, number);
    return number;
  }
}
