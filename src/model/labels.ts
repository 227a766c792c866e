/**
 * One identity label. Cilium writes it `source:key=value` (`k8s:app=blog`, `reserved:host`, `cidr:10.0.0.0/8`,
 * `fqdn:*.github.com`, `gen:io.cilium.k8s.named-ports=…`); a snapshot keeps that text, sorted, and the engine reads it.
 * Upstream: pkg/labels Label.
 */
export type Label = { readonly source: string; readonly key: string; readonly value: string };

/** Reads `source:key=value`. The first `:` before any `=` ends the source; without one the source is "unspec". */
export function parseLabel(text: string): Label {
  const equals = text.indexOf("=");
  const head = equals < 0 ? text : text.slice(0, equals);
  const colon = head.indexOf(":");
  // cidr labels hold colons of their own in IPv6 (written with dashes by Cilium); only the first one counts.
  const source = colon > 0 ? text.slice(0, colon) : "unspec";
  return {
    source,
    key: head.slice(colon + 1),
    value: equals < 0 ? "" : text.slice(equals + 1),
  };
}

/** The text form of a label: `reserved:host` without a value, `k8s:app=` with an empty one of the source k8s. */
export function labelText(label: Label): string {
  const head = `${label.source}:${label.key}`;
  return label.value === "" && label.source !== "k8s" ? head : `${head}=${label.value}`;
}

export const NAMESPACE_LABEL = "io.kubernetes.pod.namespace";
export const NAMESPACE_META_PREFIX = "io.cilium.k8s.namespace.labels.";
export const CLUSTER_LABEL = "io.cilium.k8s.policy.cluster";
export const SERVICE_ACCOUNT_LABEL = "io.cilium.k8s.policy.serviceaccount";
export const NAMED_PORTS_LABEL = "io.cilium.k8s.named-ports";

/** True for the characters of a label's name or value, whatever its length. Upstream: apimachinery qualifiedNameFmt. */
export function hasLabelNameForm(text: string): boolean {
  return /^[-A-Za-z0-9_.]+$/.test(text) && /^[A-Za-z0-9]/.test(text) && /[A-Za-z0-9]$/.test(text);
}

/** True for lower-case letters, digits and inner dashes, whatever the length. Upstream: apimachinery dns1123LabelFmt. */
export function hasDnsLabelForm(text: string): boolean {
  return /^[-a-z0-9]+$/.test(text) && !text.startsWith("-") && !text.endsWith("-");
}

/** True for such labels with dots between them. Upstream: apimachinery dns1123SubdomainFmt. */
export function hasSubdomainForm(text: string): boolean {
  return text.split(".").every(hasDnsLabelForm);
}
