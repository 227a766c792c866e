import { cidrContains } from "#engine/identity/cidr.ts";
import type { Candidate } from "#model/connection.ts";
import type { End } from "#model/conversation.ts";
import { isObject, type Json } from "#model/json.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import { allowingRule } from "../edits/allowing-rule.ts";
import { allowRules, type Cause, type CauseWorld } from "../cause.ts";
import { itemsAt } from "../element.ts";
import { endName } from "../end-name.ts";
import { podsOf } from "../pod-facts.ts";

const FIELDS = ["fromCIDR", "toCIDR", "fromCIDRSet", "toCIDRSet", "from", "to"];

/** CIDR rules take only addresses without an identity of the cluster: never pods, nodes or the API server's node. */
export const cidrCluster: Cause = {
  id: "cidr-cluster",
  explain(denial, world) {
    if ((denial.peer.kind !== "pod" && denial.peer.kind !== "reserved") || denial.refused.length > 0) return null;
    const addresses = addressesOf(denial.peer, world);
    for (const candidate of allowRules(denial, FIELDS)) {
      const policy = world.policies.get(candidate.rule.policy);
      if (policy === undefined || candidate.peerMatches || !candidate.portMatches) continue;
      const cidr = holding(policy, candidate, addresses);
      if (cidr === null) continue;
      return {
        sentence: `${cidr} holds the address, but a CIDR rule never takes what is in the cluster: ${endName(denial.peer)} has an identity`,
        nearest: candidate.rule,
        steps: allowingRule(denial, world),
      };
    }
    return null;
  },
};

function addressesOf(end: End, world: CauseWorld): readonly string[] {
  if (end.kind === "pod") return [...end.addresses, ...podsOf(end, world.snapshot).flatMap((pod) => pod.addresses)];
  return end.kind === "reserved" ? end.addresses : [];
}

function holding(policy: PolicyObject, candidate: Candidate, addresses: readonly string[]): string | null {
  const list = `${elementPath(candidate.rule.element)}.${candidate.peerField ?? ""}`;
  for (const { value } of itemsAt(policy.value, list)) {
    const cidr = cidrOf(value);
    if (cidr !== null && addresses.some((address) => cidrContains(cidr, address))) return cidr;
  }
  return null;
}

function cidrOf(value: Json): string | null {
  if (typeof value === "string") return value;
  if (!isObject(value)) return null;
  const block = isObject(value["ipBlock"]) ? value["ipBlock"] : value;
  return typeof block["cidr"] === "string" ? block["cidr"] : null;
}
