import type { Identity } from "../identity.ts";
import type { PolicyEntry } from "../policy-entry.ts";
import { namespaceOf } from "../selector-policy.ts";
import type { ReadPolicy } from "../policy-library.ts";
import { LabelIndex, labelProbes } from "./label-index.ts";
import type { SelectorRow } from "./selector-row.ts";
import type { Selector } from "../selector.ts";

// Upstream: Repository.rulesByNamespace. Differs: within a namespace also by subject label.

type Group = { readonly entries: readonly PolicyEntry[]; readonly index: LabelIndex };

/** Finds the entries whose subject selector takes an identity, without asking all of the namespace. */
export class SubjectIndex {
  readonly #byNamespace = new Map<string, PolicyEntry[]>();
  readonly #groups = new Map<string, Group>();
  readonly #row: (selector: Selector) => SelectorRow;

  constructor(policies: readonly ReadPolicy[], row: (selector: Selector) => SelectorRow) {
    this.#row = row;
    for (const { entries } of policies) for (const entry of entries) this.#add(entry);
  }

  /** In the order of matchingEntries: those of clusterwide policies, then those of its namespace, each in order. */
  matching(subject: Identity): readonly PolicyEntry[] {
    const namespace = namespaceOf(subject);
    const clusterwide = this.#ofGroup("", subject);
    return namespace === "" ? clusterwide : [...clusterwide, ...this.#ofGroup(namespace, subject)];
  }

  #add(entry: PolicyEntry): void {
    if (entry.node) return;
    const group = this.#byNamespace.get(entry.namespace);
    if (group === undefined) this.#byNamespace.set(entry.namespace, [entry]);
    else group.push(entry);
  }

  #ofGroup(namespace: string, subject: Identity): readonly PolicyEntry[] {
    const group = this.#group(namespace);
    if (group === null) return [];
    const candidates = group.index
      .candidates(labelProbes(subject.labels))
      .flatMap((place) => group.entries[place] ?? []);
    return candidates.filter((entry) => this.#row(entry.subject).takes(subject));
  }

  #group(namespace: string): Group | null {
    const known = this.#groups.get(namespace);
    if (known !== undefined) return known;
    const entries = this.#byNamespace.get(namespace);
    if (entries === undefined) return null;
    const group = { entries, index: new LabelIndex(entries.map((entry) => entry.subject)) };
    this.#groups.set(namespace, group);
    return group;
  }
}
