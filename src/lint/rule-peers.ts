import { podEnds } from "#analysis/known-ends.ts";
import { bareKey, namesNamespace } from "#analysis/selector-text.ts";
import { itemsOf } from "#analysis/surprises/written-rules.ts";
import type { PodEnd } from "#model/conversation.ts";
import { isObject, type Json } from "#model/json.ts";
import { NAMESPACE_LABEL } from "#model/labels.ts";
import type { LintRule, LintWorld } from "./lint-world.ts";
import { perWorld } from "./per-world.ts";

type Memo = {
  readonly byRule: Map<LintRule, readonly PodEnd[]>;
  readonly all: readonly PodEnd[];
  readonly byNamespace: ReadonlyMap<string, readonly PodEnd[]>;
};

/** The known pods that a rule's peers take. Asked are those alone that stand in a namespace which the rule can mean. */
export function podPeers(rule: LintRule, world: LintWorld): readonly PodEnd[] {
  const memo = memoOf(world);
  const known = memo.byRule.get(rule);
  if (known !== undefined) return known;
  const found = candidatesOf(rule, memo).filter((end) => world.set.engine.selectsPeer(rule.ref, end));
  memo.byRule.set(rule, found);
  return found;
}

/** So many pods at most can be the rule's peers, without asking for each. */
export function mostPodPeers(rule: LintRule, world: LintWorld): number {
  return candidatesOf(rule, memoOf(world)).length;
}

const memoOf = perWorld(
  (world): Memo => ({
    byRule: new Map<LintRule, readonly PodEnd[]>(),
    all: podEnds(world.causes.ends),
    byNamespace: endsByNamespace(world),
  }),
);

function candidatesOf(rule: LintRule, { all, byNamespace }: Memo): readonly PodEnd[] {
  const namespaces = namespacesOf(rule);
  return namespaces === null ? all : namespaces.flatMap((one) => byNamespace.get(one) ?? []);
}

function endsByNamespace(world: LintWorld): ReadonlyMap<string, readonly PodEnd[]> {
  const found = new Map<string, PodEnd[]>();
  for (const end of podEnds(world.causes.ends)) {
    const list = found.get(end.namespace);
    if (list === undefined) found.set(end.namespace, [end]);
    else list.push(end);
  }
  return found;
}

/** The namespaces of which a rule's peers can be; null: any. */
function namespacesOf({ value, policy }: LintRule): readonly string[] | null {
  const fields = Object.keys(value).filter((key) => /^(?:from|to)(?:[A-Z]|$)/.test(key) && key !== "toPorts");
  if (policy.namespace === null || fields.some((key) => !["fromEndpoints", "toEndpoints", "from", "to"].includes(key)))
    return null;
  const found = new Set<string>();
  for (const field of fields) {
    for (const peer of itemsOf(value[field])) {
      const namespace = field.endsWith("Endpoints")
        ? namespaceOf(peer, policy.namespace)
        : namespaceOfPeer(peer, policy.namespace);
      if (namespace === null) return null;
      found.add(namespace);
    }
  }
  return [...found];
}

function namespaceOf(selector: Json, own: string): string | null {
  if (!namesNamespace(selector)) return own;
  const labels = isObject(selector) && isObject(selector["matchLabels"]) ? Object.entries(selector["matchLabels"]) : [];
  const named = labels.find(([key]) => bareKey(key) === NAMESPACE_LABEL);
  return named === undefined ? null : String(named[1]);
}

function namespaceOfPeer(peer: Json, own: string): string | null {
  return isObject(peer) && peer["namespaceSelector"] === undefined ? own : null;
}
