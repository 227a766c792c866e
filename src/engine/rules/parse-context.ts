import type { Inventory } from "#model/objects.ts";
import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";
import { CLUSTER_LABEL, NAMESPACE_LABEL } from "#model/labels.ts";
import type { CidrStack } from "../selector/cidr-selector.ts";
import { asksKey, type EndpointSelector, withMatch } from "../selector/selector.ts";
import { SEMANTICS, type Semantics } from "../semantics.ts";

/** What turning an object into entries needs to know besides the object. */
export type ParseContext = {
  readonly config: CiliumConfig;
  readonly semantics: Semantics;
  readonly inventory: Inventory;
  readonly stack: CidrStack;
  /** The cluster that peers are scoped to; "" when they are not (`policy-default-local-cluster` off). */
  readonly clusterScope: string;
};

export function parseContext(minor: CiliumMinor, config: CiliumConfig, inventory: Inventory): ParseContext {
  const semantics = SEMANTICS[minor];
  return {
    config,
    semantics,
    inventory,
    stack: { ...semantics, ipv4: config.ipv4, ipv6: config.ipv6 },
    clusterScope: config.policyDefaultLocalCluster ? config.clusterName : "",
  };
}

export const NAMESPACE_KEY = `k8s:${NAMESPACE_LABEL}`;
export const CLUSTER_KEY = `k8s:${CLUSTER_LABEL}`;

/**
 * A selector key as the agent keeps it: `source:key`, "any" where the user wrote none. `$host` is `reserved:host`.
 * Upstream: pkg/labels NewSourceEncodedLabelKey, before 1.20 GetExtendedKeyFrom.
 */
export function extendedKey(key: string, semantics: Semantics): string {
  if (key.startsWith("$")) return `reserved:${key.slice(1)}`;
  const colon = key.indexOf(":");
  if (colon > 0) return key;
  if (colon === 0) return `any:${key.slice(1)}`;
  if (semantics.dottedReserved && key.startsWith("reserved.")) return `reserved:${key.slice("reserved.".length)}`;
  return `any:${key}`;
}

/** Scopes a peer to the cluster unless it names one. Upstream: addClusterFilterByDefault. */
export function scopedToCluster(selector: EndpointSelector, clusterScope: string): EndpointSelector {
  const named = asksKey(selector, CLUSTER_KEY) || asksKey(selector, CLUSTER_KEY.replace("k8s:", "any:"));
  return clusterScope === "" || named ? selector : withMatch(selector, CLUSTER_KEY, clusterScope);
}
