import type { PolicyObject } from "#model/policy.ts";
import { cnpEntries } from "./cilium-network-policy.ts";
import { kcnpEntries } from "./cluster-network-policy.ts";
import type { FqdnEntry } from "../identity/ipcache.ts";
import { fqdnMatcher } from "../selector/match-pattern.ts";
import { knpEntries } from "./network-policy.ts";
import type { ParseContext } from "./parse-context.ts";
import type { PolicyEntry } from "./policy-entry.ts";
import type { Selector } from "../selector/selector.ts";
import type { Semantics } from "../semantics.ts";

/** The entries of a policy object that the agent accepted. */
export function policyEntries(policy: PolicyObject, context: ParseContext): readonly PolicyEntry[] {
  switch (policy.kind) {
    case "CiliumNetworkPolicy":
    case "CiliumClusterwideNetworkPolicy":
      return cnpEntries(policy, context);
    case "NetworkPolicy":
      return knpEntries(policy, context);
    case "ClusterNetworkPolicy":
      return kcnpEntries(policy, context);
  }
}

/** The toFQDNs entries among selectors, ready to be held against names. */
export function fqdnEntries(selectors: readonly Selector[], semantics: Semantics): readonly FqdnEntry[] {
  return selectors.flatMap((selector) =>
    selector.kind === "fqdn"
      ? [{ rule: selector.rule, label: selector.label, matches: fqdnMatcher(selector.rule, semantics.deepPatterns) }]
      : [],
  );
}
