import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";
import type { Random } from "./random.ts";

/** The settings of a world that differ from the defaults; the families are always said. */
export type WorldSettings = Partial<CiliumConfig> & Pick<CiliumConfig, "ipv4" | "ipv6">;

/** Mostly the defaults: worlds of one odd setting find more than worlds of many. */
export function settings(random: Random, minor: CiliumMinor): WorldSettings {
  const seldom = <Key extends keyof CiliumConfig>(
    key: Key,
    values: readonly CiliumConfig[Key][],
    probability = 0.06,
  ) => (random.chance(probability) ? { [key]: random.pick(values) } : {});
  const modes = minor === "1.20" ? ([["nodes"], ["pods"], ["nodes", "pods"]] as const) : ([["nodes"]] as const);
  return {
    ...random.weighted([
      [6, { ipv4: true, ipv6: false }],
      [3, { ipv4: true, ipv6: true }],
      [0.5, { ipv4: false, ipv6: true }],
    ] as const),
    ...seldom("policyEnforcementMode", ["always", "never", "default"]),
    ...seldom("allowLocalhost", ["policy", "always"], 0.12),
    ...seldom("policyCIDRMatchMode", modes, 0.2),
    ...seldom("clusterName", ["east"]),
    ...seldom("policyDefaultLocalCluster", [true, false], 0.15),
    ...seldom("enableL7Proxy", [false]),
    ...seldom("enableSCTP", [true, false], 0.1),
    ...seldom("enableICMPRules", [false]),
    ...seldom("enableNodeSelectorLabels", [true], 0.35),
    ...seldom("enableExtendedIPProtocols", [true], 0.15),
    ...seldom("enableNonDefaultDenyPolicies", [false]),
    ...seldom("policyAuditMode", [true]),
  };
}
