import type { LabelCheck } from "#model/connection.ts";
import { CLUSTER_LABEL, NAMESPACE_LABEL, NAMESPACE_META_PREFIX, SERVICE_ACCOUNT_LABEL } from "#model/labels.ts";
import { bareKey } from "../selector-text.ts";

const SHORT: Readonly<Record<string, string>> = {
  [NAMESPACE_LABEL]: "namespace",
  [`${NAMESPACE_META_PREFIX}kubernetes.io/metadata.name`]: "namespace",
  [CLUSTER_LABEL]: "cluster",
  [SERVICE_ACCOUNT_LABEL]: "service account",
};

/** A label's key as people say it: without its source; Cilium's own long keys by what they mean. */
export function keyWords(extendedKey: string): string {
  const key = bareKey(extendedKey);
  if (SHORT[key] !== undefined) return SHORT[key];
  if (extendedKey.startsWith("reserved:")) return extendedKey;
  return key.startsWith(NAMESPACE_META_PREFIX) ? `namespace label ${key.slice(NAMESPACE_META_PREFIX.length)}` : key;
}

/** What a requirement asks: `app=api`, `app in (a, b)`, `app not in (a)`, `app exists`, `no app`. */
export function askedWords(item: Pick<LabelCheck, "key" | "operator" | "values">): string {
  const key = keyWords(item.key);
  const [only = ""] = item.values;
  switch (item.operator) {
    case "In":
      if (key.startsWith("reserved:")) return key;
      return item.values.length === 1 ? `${key}=${only}` : `${key} in (${item.values.join(", ")})`;
    case "NotIn":
      return `${key} not in (${item.values.join(", ")})`;
    case "Exists":
      return `${key} exists`;
    case "DoesNotExist":
      return `no ${key}`;
  }
}

/** What the end has under that key: `app=web`, `no app`. */
export function foundWords(item: LabelCheck): string {
  const key = keyWords(item.key);
  return item.found === null ? `no ${key}` : item.found === "" ? key : `${key}=${item.found}`;
}
