import { type Label, parseLabel } from "#model/labels.ts";
import { covers, type Prefix, parsePrefix } from "../identity/cidr.ts";

// Upstream: pkg/labels labels.go and array.go. Differs: identity labels are read once into a map with their CIDR
// prefixes beside it, where Cilium walks an array; one label a key, as Cilium's Labels map has it.

/** The labels of one identity. `key` is the same for equal sets. */
export type LabelArray = {
  readonly key: string;
  readonly byKey: ReadonlyMap<string, Label>;
  /** Prefixes of its `cidr:` labels. */
  readonly prefixes: readonly Prefix[];
};

/** A key that a selector asks for. `source` "any" matches every source; `prefix` is set for `cidr:` keys. */
export type SelectLabel = { readonly source: string; readonly key: string; readonly prefix: Prefix | null };

/** Makes the set; of two labels with one key the last is kept, as in Labels.MergeLabels. */
export function labelArray(labels: Iterable<Label>): LabelArray {
  const byKey = new Map<string, Label>();
  for (const label of labels) byKey.set(label.key, label);
  const prefixes = [...byKey.values()].flatMap((label) => cidrOf(label) ?? []);
  const key = [...byKey.values()]
    .map((label) => `${label.source}:${label.key}=${label.value};`)
    .sort()
    .join("");
  return { key, byKey, prefixes };
}

/** Reads `source:key=value` texts into a set. */
export function parseLabels(texts: readonly string[]): LabelArray {
  return labelArray(texts.map(parseLabel));
}

function cidrOf(label: Label): Prefix | null {
  return label.source === "cidr" ? parsePrefix(label.key.replaceAll("-", ":")) : null;
}

/**
 * The value under a key, undefined when there is none. A `cidr:` key is held by every set with a prefix inside it.
 * Upstream: pkg/labels LabelArray.LookupLabel, Label.HasKey.
 */
export function lookupLabel(labels: LabelArray, wanted: SelectLabel): string | undefined {
  const { prefix } = wanted;
  if (prefix !== null) return labels.prefixes.some((inner) => covers(prefix, inner)) ? "" : undefined;
  const label = labels.byKey.get(wanted.key);
  if (label === undefined) return undefined;
  return wanted.source === "any" || wanted.source === label.source ? label.value : undefined;
}

/** Splits `source:key`; the source is "any" without one, and `cidr:` keys get their prefix. */
export function selectLabel(extendedKey: string): SelectLabel {
  const colon = extendedKey.indexOf(":");
  const source = colon <= 0 ? "any" : extendedKey.slice(0, colon);
  const key = extendedKey.slice(colon + 1);
  return { source, key, prefix: source === "cidr" ? parsePrefix(key.replaceAll("-", ":")) : null };
}

/** True when the set holds a label of this name, whatever its source. Upstream: Labels.HasLabelWithKey. */
export function hasKey(labels: LabelArray, key: string): boolean {
  return labels.byKey.has(key);
}

/** `reserved:host` and the like: a label without a value. */
export function reservedLabel(name: string): Label {
  return { source: "reserved", key: name, value: "" };
}
