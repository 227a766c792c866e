import type { Identity } from "../identity/identity.ts";
import type { PolicyEntry } from "../rules/policy-entry.ts";
import { entriesByNamespace, namespaceOf } from "../resolve/selector-policy.ts";
import type { ReadPolicy } from "../rules/policy-library.ts";
import { LabelIndex, labelProbes } from "./label-index.ts";
import type { SelectorRow } from "./selector-row.ts";
import type { Selector } from "../selector/selector.ts";

// Upstream: Repository.rulesByNamespace. Differs: within a namespace also by subject label.

type Group = {
  readonly entries: readonly PolicyEntry[];
  readonly rows: readonly SelectorRow[];
  readonly index: LabelIndex;
};

/** Finds the entries whose subject selector takes an identity, without asking all of the namespace. */
export class SubjectIndex {
  readonly #row: (selector: Selector) => SelectorRow;
  readonly #byNamespace: ReadonlyMap<string, readonly PolicyEntry[]>;
  readonly #groups = new Map<string, Group>();

  constructor(byNamespace: ReadonlyMap<string, readonly PolicyEntry[]>, row: (selector: Selector) => SelectorRow) {
    this.#byNamespace = byNamespace;
    this.#row = row;
  }

  /** In the order of matchingEntries: those of clusterwide policies, then those of its namespace, each in order. */
  matching(subject: Identity): readonly PolicyEntry[] {
    const namespace = namespaceOf(subject);
    const clusterwide = this.#ofGroup("", subject);
    return namespace === "" ? clusterwide : [...clusterwide, ...this.#ofGroup(namespace, subject)];
  }

  /** The index of other policies, of which these entries are the change; other namespaces stay as they are. */
  changed(policies: readonly ReadPolicy[], changes: readonly PolicyEntry[]): SubjectIndex {
    const namespaces = new Set(changes.map((entry) => entry.namespace));
    const byNamespace = new Map(this.#byNamespace);
    for (const namespace of namespaces) byNamespace.set(namespace, entriesOf(policies, namespace));
    const index = new SubjectIndex(byNamespace, this.#row);
    for (const [namespace, group] of this.#groups) if (!namespaces.has(namespace)) index.#groups.set(namespace, group);
    return index;
  }

  #ofGroup(namespace: string, subject: Identity): readonly PolicyEntry[] {
    const { entries, rows, index } = this.#group(namespace);
    const found: PolicyEntry[] = [];
    for (const place of index.candidates(labelProbes(subject.labels))) {
      const entry = entries[place];
      if (entry !== undefined && rows[place]?.takes(subject) === true) found.push(entry);
    }
    return found;
  }

  #group(namespace: string): Group {
    const known = this.#groups.get(namespace);
    if (known !== undefined) return known;
    const entries = (this.#byNamespace.get(namespace) ?? []).filter((entry) => !entry.node);
    const rows = entries.map((entry) => this.#row(entry.subject));
    const group = { entries, rows, index: new LabelIndex(rows) };
    this.#groups.set(namespace, group);
    return group;
  }
}

function entriesOf(policies: readonly ReadPolicy[], namespace: string): readonly PolicyEntry[] {
  const found: PolicyEntry[] = [];
  for (const { entries } of policies) for (const entry of entries) if (entry.namespace === namespace) found.push(entry);
  return found;
}

/** The index of these policies. */
export function subjectIndex(policies: readonly ReadPolicy[], row: (selector: Selector) => SelectorRow): SubjectIndex {
  const entries: PolicyEntry[] = [];
  for (const policy of policies) for (const entry of policy.entries) entries.push(entry);
  return new SubjectIndex(entriesByNamespace(entries), row);
}
