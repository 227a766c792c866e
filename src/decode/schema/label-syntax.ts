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
  return text.length <= 253 && text.split(".").every(isDnsWord);
}

/** True for one part of such a name, of at most 63 bytes: what namespaces are named by. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && isDnsWord(text);
}

function isDnsWord(text: string): boolean {
  return /^[-a-z0-9]+$/.test(text) && !text.startsWith("-") && !text.endsWith("-");
}

function isLabelName(text: string): boolean {
  return text.length <= 63 && /^[-A-Za-z0-9_.]+$/.test(text) && /^[A-Za-z0-9]/.test(text) && /[A-Za-z0-9]$/.test(text);
}
