import { hasDnsLabelForm, hasLabelNameForm, hasSubdomainForm } from "#model/labels.ts";

/** True for a label key as Kubernetes takes it: an optional DNS subdomain and `/`, then a name of at most 63 bytes. */
export function isLabelKey(key: string): boolean {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2 || !isLabelName(name)) return false;
  return parts.length === 1 || isSubdomain(parts[0] ?? "");
}

/** True for a label value: empty, or like a name. */
export function isLabelValue(value: string): boolean {
  return value === "" || isLabelName(value);
}

/** True for a lower-case DNS subdomain of at most 253 bytes: what objects are named by. */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && hasSubdomainForm(text);
}

/** True for one part of such a name, of at most 63 bytes: what namespaces are named by. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && hasDnsLabelForm(text);
}

function isLabelName(text: string): boolean {
  return text.length <= 63 && hasLabelNameForm(text);
}
