import { itemsAt } from "#analysis/element.ts";
import { bareKey, isNamespaceKey, textMatches } from "#analysis/selector-text.ts";
import type { Inventory, Pod } from "#model/objects.ts";
import { isObject, type Json } from "#model/json.ts";
import { NAMESPACE_LABEL, NAMESPACE_META_PREFIX } from "#model/labels.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import type { LintRule } from "./lint-world.ts";

/** A label selector that stands for peers: an element of `fromEndpoints`/`toEndpoints`, of a NetworkPolicy's `from`/`to`. */
export type WrittenPeer = {
  readonly path: string;
  /** Selector of pod labels, as it is written. */
  readonly selector: Json;
  /** A NetworkPolicy's namespaceSelector; undefined where there is none. */
  readonly namespaces: Json | undefined;
};

/** The peer selectors of a rule. */
export function writtenPeers({ policy, ref, direction }: LintRule): readonly WrittenPeer[] {
  const base = elementPath(ref.element);
  const side = direction === "egress" ? "to" : "from";
  if (policy.kind !== "NetworkPolicy") {
    const items = itemsAt(policy.value, `${base}.${side}Endpoints`);
    return items.map(({ path, value }) => ({ path, selector: value, namespaces: undefined }));
  }
  return itemsAt(policy.value, `${base}.${side}`).flatMap(({ path, value }) =>
    isObject(value) && value["ipBlock"] === undefined
      ? [{ path, selector: value["podSelector"] ?? {}, namespaces: value["namespaceSelector"] }]
      : [],
  );
}

/** The label pairs that a selector asks for by matchLabels, without those that place it in a namespace or cluster. */
export function askedPairs(selector: Json): ReadonlyMap<string, string> {
  const labels = isObject(selector) && isObject(selector["matchLabels"]) ? selector["matchLabels"] : {};
  const pairs = Object.entries(labels).map(([key, value]): [string, string] => [bareKey(key), String(value)]);
  return new Map(pairs.filter(([key]) => !isNamespaceKey(key) && !key.startsWith("io.cilium.k8s.")));
}

/** A pod's labels as a selector reads them, those of its namespace as well. */
export function labelsOfPod(pod: Pod, { namespaces }: Inventory): readonly string[] {
  const own = Object.entries(pod.labels).map(([key, value]) => `k8s:${key}=${value}`);
  const meta = Object.entries(namespaces.find(({ name }) => name === pod.namespace)?.labels ?? {});
  return [
    ...own,
    `k8s:${NAMESPACE_LABEL}=${pod.namespace}`,
    `k8s:${NAMESPACE_META_PREFIX}kubernetes.io/metadata.name=${pod.namespace}`,
    ...meta.map(([key, value]) => `k8s:${NAMESPACE_META_PREFIX}${key}=${value}`),
    `k8s:io.cilium.k8s.policy.serviceaccount=${pod.serviceAccount}`,
  ];
}

/** Whether a selector would take a pod by its labels and place, were the pod an endpoint. */
export function meansPod(policy: PolicyObject, peer: WrittenPeer, pod: Pod, inventory: Inventory): boolean {
  const ignored = (key: string) => key.startsWith("io.cilium.k8s.policy.cluster");
  if (!textMatches(peer.selector, labelsOfPod(pod, inventory), ignored)) return false;
  if (policy.kind === "NetworkPolicy") {
    if (peer.namespaces === undefined) return policy.namespace === pod.namespace;
    return namespaceMatches(peer.namespaces, pod.namespace, inventory);
  }
  return policy.namespace === null || policy.namespace === pod.namespace || placesItself(peer.selector);
}

/** True when a selector says itself in which namespaces it looks. */
export function placesItself(selector: Json): boolean {
  if (!isObject(selector)) return false;
  const labels = isObject(selector["matchLabels"]) ? Object.keys(selector["matchLabels"]) : [];
  const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"] : [];
  const keys = [...labels, ...expressions.map((one) => (isObject(one) ? String(one["key"] ?? "") : ""))];
  return keys.some((key) => isNamespaceKey(bareKey(key)) || bareKey(key).startsWith("reserved"));
}

function namespaceMatches(selector: Json, name: string, { namespaces }: Inventory): boolean {
  const labels = { "kubernetes.io/metadata.name": name, ...namespaces.find((one) => one.name === name)?.labels };
  const held = Object.entries(labels).map(([key, value]) => `k8s:${key}=${value}`);
  return textMatches(selector, held, () => false);
}
