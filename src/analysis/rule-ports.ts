import { isObject, type Json } from "#model/json.ts";
import { elementPath, type PolicyObject, type RuleRef } from "#model/policy.ts";
import { itemsAt, valueAt } from "./element.ts";

/** One port that a rule names, and where it stands. */
export type RulePort = {
  readonly path: string;
  readonly port: string;
  readonly protocol: string;
  readonly endPort: number | null;
};

/** The ports of a rule, CNP (`toPorts[].ports[]`) or NetworkPolicy (`ports[]`). */
export function rulePorts(policy: PolicyObject, rule: RuleRef): readonly RulePort[] {
  const base = elementPath(rule.element);
  const lists =
    policy.kind === "NetworkPolicy"
      ? [`${base}.ports`]
      : itemsAt(policy.value, `${base}.toPorts`).map((item) => `${item.path}.ports`);
  return lists.flatMap((list) => itemsAt(policy.value, list).flatMap((item) => portAt(item.path, item.value)));
}

function portAt(path: string, value: Json): readonly RulePort[] {
  if (!isObject(value)) return [];
  const port = value["port"];
  if (typeof port !== "string" && typeof port !== "number") return [];
  const endPort = typeof value["endPort"] === "number" ? value["endPort"] : null;
  return [{ path: `${path}.port`, port: String(port), protocol: String(value["protocol"] ?? "ANY"), endPort }];
}

/** The first `toPorts` entry of a rule, where a port or L7 rules can be added; null when it has none. */
export function firstToPorts(policy: PolicyObject, rule: RuleRef): string | null {
  const path = `${elementPath(rule.element)}.toPorts[0]`;
  return valueAt(policy.value, path) === undefined ? null : path;
}
