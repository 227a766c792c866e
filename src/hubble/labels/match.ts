import { contains, parsePrefix } from "#engine/validate/netip.ts";
import { integerOf, type Requirement } from "./selector.ts";

/** `source:key=value` taken apart. Upstream: pkg/labels Label. */
export type Label = { readonly source: string; readonly key: string; readonly value: string };

/** Upstream: pkg/labels ParseLabelArrayFromArray: sorted by key. */
export function parseLabels(texts: readonly string[]): readonly Label[] {
  return texts
    .map((text) => parseLabel(text, ":", "unspec"))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Upstream: pkg/labels parseLabel. */
function parseLabel(text: string, delimiter: ":" | ".", unspecified: string): Label {
  const [source, next] = splitSource(text, delimiter);
  const equals = next.indexOf("=");
  if (equals < 0) return { source: source || unspecified, key: next, value: "" };
  if (equals === 0 && source === "reserved") return { source, key: next.slice(1), value: "" };
  return { source: source || unspecified, key: next.slice(0, equals), value: next.slice(equals + 1) };
}

function splitSource(text: string, delimiter: ":" | "."): readonly [string, string] {
  if (text.startsWith("$")) return ["reserved", text.slice(1)];
  const at = text.indexOf(delimiter);
  return at < 0 ? ["", text] : [text.slice(0, at), text.slice(at + 1)];
}

/** A requirement ready to be asked of labels. Upstream: labels.Requirement.Matches over K8sLabelArray. */
export function requirementMatcher(requirement: Requirement): (labels: readonly Label[]) => boolean {
  const { operator, values } = requirement;
  const key = parseLabel(requirement.key, ".", "any");
  const valueIn = (labels: readonly Label[]) => labels.find((label) => hasKey(label, key))?.value;
  const limit = integerOf(values[0] ?? "");
  const isOrdered = (value: string | undefined, isGreater: boolean) => {
    const number = value === undefined ? null : integerOf(value);
    return number !== null && limit !== null && (isGreater ? number > limit : number < limit);
  };
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return (labels) => isOneOf(valueIn(labels), values);
    case "notin":
    case "!=":
      return (labels) => !isOneOf(valueIn(labels), values);
    case "exists":
      return (labels) => valueIn(labels) !== undefined;
    case "!":
      return (labels) => valueIn(labels) === undefined;
    case "gt":
      return (labels) => isOrdered(valueIn(labels), true);
    case "lt":
      return (labels) => isOrdered(valueIn(labels), false);
  }
}

function isOneOf(value: string | undefined, values: readonly string[]): boolean {
  return value !== undefined && values.includes(value);
}

/** Upstream: pkg/labels Label.HasKey: `any` is every source; a CIDR has those that lie around it. */
function hasKey(label: Label, target: Label): boolean {
  if (target.source !== "any" && label.source !== target.source) return false;
  if (target.source !== "cidr") return label.key === target.key;
  const outer = parsePrefix(target.key.replaceAll("-", ":"));
  const inner = parsePrefix(label.key.replaceAll("-", ":"));
  if ("error" in outer || "error" in inner || outer.prefix.bits > inner.prefix.bits) return false;
  return contains(outer.prefix, inner.prefix.address);
}
