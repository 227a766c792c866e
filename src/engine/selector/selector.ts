import { isObject, type Json } from "#model/json.ts";
import type { Prefix } from "../identity/cidr.ts";
import { hasKey, type LabelArray, lookupLabel, type SelectLabel, selectLabel } from "./labels.ts";
import type { FqdnRule } from "./match-pattern.ts";
import { listOf, textOf, textsOf } from "../validate/fields.ts";

// Upstream: pkg/policy/api/selector.go and pkg/policy/types/{selector,requirements}.go. Differs: keys are always written
// `source:key` here, also for 1.18 and 1.19, which write `source.key`.

export type Operator = "In" | "NotIn" | "Exists" | "DoesNotExist";
/** `unknown`: an operator that Kubernetes does not have, which nobody rejected. */
export type Expression = {
  readonly key: string;
  readonly operator: Operator | "unknown";
  readonly values: readonly string[];
};

/** A label selector with extended keys (`any:app`, `k8s:io.kubernetes.pod.namespace`), still being put together. */
export type EndpointSelector = {
  readonly labels: ReadonlyMap<string, string>;
  readonly expressions: readonly Expression[];
};

export type Requirement = {
  readonly key: SelectLabel;
  readonly operator: Operator;
  readonly values: ReadonlySet<string>;
  /** A prefix that is asked for, and that the ipcache is not told of. Absent: it is. */
  readonly isUntold?: true;
};

/**
 * What a rule's subject or peer field selects by. `key` is equal where Cilium's selector cache holds one selector.
 * `labels` with no requirement is the wildcard: every identity there is.
 */
export type Selector =
  | { readonly kind: "labels"; readonly key: string; readonly requirements: readonly Requirement[] }
  /** `valuesInKeys`: a cidrGroupSelector that matches `key+value` labels. */
  | {
      readonly kind: "cidr";
      readonly key: string;
      readonly requirements: readonly Requirement[];
      readonly valuesInKeys: boolean;
    }
  /** `label` is the key of the `fqdn:` label that identities of matching names carry. */
  | { readonly kind: "fqdn"; readonly key: string; readonly label: string; readonly rule: FqdnRule };

export const EMPTY_SELECTOR: EndpointSelector = { labels: new Map(), expressions: [] };

/** Reads a Kubernetes label selector, each key through `extend`. Absent or null reads as empty. */
export function readSelector(value: Json | undefined, extend: (key: string) => string): EndpointSelector {
  if (!isObject(value)) return EMPTY_SELECTOR;
  const matchLabels = value["matchLabels"];
  const entries = isObject(matchLabels) ? Object.entries(matchLabels) : [];
  const labels = new Map(entries.map(([key, text]) => [extend(key), typeof text === "string" ? text : ""]));
  const expressions = listOf(value, "matchExpressions").map((item) => readExpression(item, extend));
  return { labels, expressions };
}

function readExpression(item: Json, extend: (key: string) => string): Expression {
  const fields = isObject(item) ? item : {};
  const operator = readOperator(textOf(fields, "operator"));
  return { key: extend(textOf(fields, "key")), operator, values: textsOf(fields, "values") };
}

function readOperator(text: string): Expression["operator"] {
  switch (text) {
    case "In":
    case "NotIn":
    case "Exists":
    case "DoesNotExist":
      return text;
    default:
      return "unknown";
  }
}

/** Adds `key = value`, replacing what was asked of that key. Upstream: EndpointSelector.AddMatch. */
export function withMatch(selector: EndpointSelector, key: string, value: string): EndpointSelector {
  return { ...selector, labels: new Map([...selector.labels, [key, value]]) };
}

export function withExpression(selector: EndpointSelector, expression: Expression): EndpointSelector {
  return { ...selector, expressions: [...selector.expressions, expression] };
}

/** True when the selector asks for this very extended key. Upstream: EndpointSelector.HasKey. */
export function asksKey(selector: EndpointSelector, key: string): boolean {
  return selector.labels.has(key) || selector.expressions.some((expression) => expression.key === key);
}

export function asksPrefix(selector: EndpointSelector, prefix: string): boolean {
  const keys = [...selector.labels.keys(), ...selector.expressions.map((expression) => expression.key)];
  return keys.some((key) => key.startsWith(prefix));
}

/** The finished selector. Upstream: pkg/policy/types NewLabelSelector. */
export function labelSelector(selector: EndpointSelector): Selector {
  return { kind: "labels", key: selectorKey(selector), requirements: requirementsOf(selector) };
}

/** A selector of one label that must exist: `reserved:host`. */
export function reservedSelector(name: string): Selector {
  return labelSelector({ labels: new Map([[`reserved:${name}`, ""]]), expressions: [] });
}

export const WILDCARD: Selector = labelSelector(EMPTY_SELECTOR);
export const HOST: Selector = reservedSelector("host");
export const NONE: Selector = reservedSelector("none");

export function isWildcard(selector: Selector): boolean {
  return selector.key === WILDCARD.key;
}

function selectorKey(selector: EndpointSelector): string {
  const labels = [...selector.labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([labels, selector.expressions.map((item) => [item.key, item.operator, item.values])]);
}

/** An unknown operator asks nothing, so that a selector of nothing else takes all. Upstream: 1.20 LabelSelectorToRequirements. */
export function requirementsOf(selector: EndpointSelector): readonly Requirement[] {
  const equals = [...selector.labels].map(([key, value]) => requirement({ key, operator: "In", values: [value] }));
  const expressions = selector.expressions.flatMap(({ key, operator, values }) =>
    operator === "unknown" ? [] : [requirement({ key, operator, values })],
  );
  return [...equals, ...expressions];
}

export function requirement(asked: Pick<Expression, "key" | "values"> & Pick<Requirement, "operator">): Requirement {
  return { key: selectLabel(asked.key), operator: asked.operator, values: new Set(asked.values) };
}

/** What a CIDR selector may reach, from the agent's settings. */
export type CidrReach = {
  /** 1.20: only the world, and what `policyCIDRMatchMode` adds. null: no such check. */
  readonly modes: { readonly nodes: boolean; readonly pods: boolean } | null;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
};

/** True when an identity with these labels is selected. */
export function selects(selector: Selector, labels: LabelArray, reach: CidrReach): boolean {
  switch (selector.kind) {
    case "labels":
      return selector.requirements.every((item) => isMet(item, labels));
    case "fqdn":
      return labels.byKey.get(selector.label)?.source === "fqdn";
    case "cidr":
      return (
        isReached(labels, reach) && selector.requirements.every((item) => isCidrMet(selector, item, labels, reach))
      );
  }
}

/** Upstream: MatchesRequirement. NotIn and DoesNotExist are met by what lacks the key. */
export function isMet(item: Requirement, labels: LabelArray): boolean {
  const value = lookupLabel(labels, item.key);
  switch (item.operator) {
    case "In":
      return value !== undefined && item.values.has(value);
    case "NotIn":
      return value === undefined || !item.values.has(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** Upstream: 1.20 CIDRSelector.Matches. */
function isReached(labels: LabelArray, reach: CidrReach): boolean {
  if (reach.modes === null) return true;
  if (["world", "world-ipv4", "world-ipv6"].some((name) => hasKey(labels, name))) return true;
  const isNode = hasKey(labels, "host") || hasKey(labels, "remote-node");
  return isNode ? reach.modes.nodes : reach.modes.pods;
}

function isCidrMet(
  selector: Extract<Selector, { kind: "cidr" }>,
  item: Requirement,
  labels: LabelArray,
  reach: CidrReach,
): boolean {
  if (!selector.valuesInKeys) return isWorldOfPods(item, labels, reach) || isMet(item, labels);
  switch (item.operator) {
    case "Exists":
    case "DoesNotExist":
      return isMet(item, labels);
    case "In":
      return hasGroupValue(item, labels);
    case "NotIn":
      return !hasGroupValue(item, labels);
  }
}

/** Upstream: matchesEncodedRequirement: a group's label `env=prod` is also held as `env+prod`. */
function hasGroupValue(item: Requirement, labels: LabelArray): boolean {
  return [...item.values].some(
    (value) => lookupLabel(labels, { ...item.key, key: `${item.key.key}+${value}` }) !== undefined,
  );
}

/** In match mode `pods` a /0 is met by any address of its family. Upstream: 1.20 matchesCIDRWildcard. */
function isWorldOfPods(item: Requirement, labels: LabelArray, reach: CidrReach): boolean {
  if (reach.modes?.pods !== true || item.key.source !== "reserved") return false;
  const has = (family: 4 | 6) => labels.prefixes.some((prefix) => prefix.family === family);
  const asks = (family: string) => item.key.key === "world" || item.key.key === family;
  return (reach.ipv4 && asks("world-ipv4") && has(4)) || (reach.ipv6 && asks("world-ipv6") && has(6));
}

/** The prefixes a selector mentions, `except` included: the ipcache must know them. Upstream: GetCIDRPrefixes. */
export function prefixesOf(selector: Selector): readonly Prefix[] {
  const isCidr = selector.kind === "cidr" || (selector.kind === "labels" && selector.key.startsWith(CIDR_LABELS));
  if (!isCidr) return [];
  return selector.requirements.flatMap(({ key, isUntold }) => (isUntold === true ? [] : (key.prefix ?? [])));
}

/** How the keys of 1.18's CIDR label selectors begin. */
export const CIDR_LABELS = "cidr ";
