import type { Finding } from "#model/finding.ts";
import { type PolicyKind, type PolicyObject, placeOf } from "#model/policy.ts";

/**
 * The policies that the agents look at: those of a kind that their configuration switches off protect and allow nothing,
 * which is said once a kind.
 */
export function withoutIgnored(
  policies: readonly PolicyObject[],
  ignoredKinds: readonly PolicyKind[],
): { readonly policies: readonly PolicyObject[]; readonly findings: readonly Finding[] } {
  if (ignoredKinds.length === 0) return { policies, findings: [] };
  const findings = ignoredKinds.flatMap((kind): readonly Finding[] => {
    const ignored = policies.filter((policy) => policy.kind === kind);
    const [first] = ignored;
    if (first === undefined) return [];
    return [
      {
        id: "kind-not-enforced",
        severity: "error",
        message: `the agents are configured to ignore every ${kind} (${FLAGS[kind]}): it is left out of every decision`,
        help: "switch the kind on in the Helm values, or write the policy as another kind",
        place: placeOf(first, ""),
        count: ignored.length,
      },
    ];
  });
  return { policies: policies.filter((policy) => !ignoredKinds.includes(policy.kind)), findings };
}

/** The agent's flag that switches a kind on. */
const FLAGS: Readonly<Record<PolicyKind, string>> = {
  NetworkPolicy: "enable-k8s-networkpolicy",
  CiliumNetworkPolicy: "enable-cilium-network-policy",
  CiliumClusterwideNetworkPolicy: "enable-cilium-clusterwide-network-policy",
  ClusterNetworkPolicy: "enable-k8s-cluster-network-policy",
};
