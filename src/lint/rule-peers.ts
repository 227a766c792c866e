import { podEnds } from "#analysis/known-ends.ts";
import type { PodEnd } from "#model/conversation.ts";
import type { JsonObject } from "#model/json.ts";
import type { LintRule, LintWorld } from "./lint-world.ts";

const memos = new WeakMap<LintWorld, Map<string, readonly PodEnd[]>>();

const PEERS = [
  "fromEndpoints",
  "toEndpoints",
  "from",
  "to",
  "fromEntities",
  "toEntities",
  "fromCIDRSet",
  "toCIDRSet",
  "toServices",
];

/** The known pods that a rule's peers take. Worked out once for rules that write the same peers in the same namespace. */
export function podPeers(rule: LintRule, world: LintWorld): readonly PodEnd[] {
  const memo = memos.get(world) ?? new Map<string, readonly PodEnd[]>();
  memos.set(world, memo);
  const key = `${rule.policy.kind} ${rule.policy.namespace ?? ""} ${peersText(rule.value)}`;
  const known =
    memo.get(key) ?? podEnds(world.causes.ends).filter((end) => world.set.engine.selectsPeer(rule.ref, end));
  memo.set(key, known);
  return known;
}

function peersText(value: JsonObject): string {
  return JSON.stringify(PEERS.map((field) => value[field] ?? null));
}
