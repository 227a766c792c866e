/** A Cilium minor whose semantics the engine knows. */
export type CiliumMinor = "1.18" | "1.19" | "1.20";
export const CILIUM_MINORS: readonly CiliumMinor[] = ["1.18", "1.19", "1.20"];
export const NEWEST_MINOR: CiliumMinor = "1.20";

/** The patch releases whose own engine wrote the corpus, and so those against which ours is proven. See oracle/README.md. */
export const CORPUS_RELEASES: Readonly<Record<CiliumMinor, string>> = {
  "1.18": "1.18.11",
  "1.19": "1.19.6",
  "1.20": "1.20.2",
};

/**
 * The agent settings that change a policy decision. Names are those of the policy test file
 * (docs: policy-test format); defaults are the Helm chart's for that minor.
 */
export type CiliumConfig = {
  readonly policyEnforcementMode: "default" | "always" | "never";
  readonly policyAuditMode: boolean;
  readonly allowLocalhost: "always" | "policy";
  readonly policyCIDRMatchMode: readonly ("nodes" | "pods")[];
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly clusterName: string;
  readonly policyDefaultLocalCluster: boolean;
  readonly enableL7Proxy: boolean;
  readonly enableSCTP: boolean;
  readonly enableICMPRules: boolean;
  readonly enableNodeSelectorLabels: boolean;
  readonly enableExtendedIPProtocols: boolean;
  readonly allowICMPFragNeeded: boolean;
  readonly enableNonDefaultDenyPolicies: boolean;
  /**
   * Whether the agent itself turns Service addresses into backends when a pod connects (kube-proxy replacement or
   * socket LB). False: kube-proxy does, and a LoadBalancer address stays `world` with the Service's port (trap 49).
   * null: not known.
   */
  readonly socketLoadBalancing: boolean | null;
  readonly hostFirewall: boolean;
  /** Prefixes after the default ones that say which labels make a pod's identity (`labels` of the agent). Absent: none. */
  readonly labels?: readonly string[];
  /** The same for nodes (`node-labels`), where node selectors are on. Absent: every label counts. */
  readonly nodeLabels?: readonly string[];
  /** `tofqdns-min-ttl`: a DNS answer is kept at least so long. Absent: the default, 0. */
  readonly fqdnMinTtlSeconds?: number;
  /** `tofqdns-endpoint-max-ip-per-hostname`. Absent: the default, 1000. */
  readonly fqdnMaxAddressesPerName?: number;
  /** `bpf-policy-map-max`. Absent: the default, 16384. */
  readonly policyMapMax?: number;
  /** `hubble-metrics`: names of the metrics that agents make of flows, without their options. Absent: not known. */
  readonly hubbleMetrics?: readonly string[];
};

/** A minor's defaults. `policyDefaultLocalCluster` became true in 1.19. */
export function defaultConfig(minor: CiliumMinor): CiliumConfig {
  return {
    policyEnforcementMode: "default",
    policyAuditMode: false,
    allowLocalhost: "always",
    policyCIDRMatchMode: [],
    ipv4: true,
    ipv6: false,
    clusterName: "default",
    policyDefaultLocalCluster: minor !== "1.18",
    enableL7Proxy: true,
    enableSCTP: false,
    enableICMPRules: true,
    enableNodeSelectorLabels: false,
    enableExtendedIPProtocols: false,
    allowICMPFragNeeded: true,
    enableNonDefaultDenyPolicies: true,
    socketLoadBalancing: null,
    hostFirewall: false,
  };
}
