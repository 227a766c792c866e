import type { Inventory } from "#model/objects.ts";

/**
 * True when the objects are a cluster's (it has nodes, or pods that run on some), not manifests from a repository: only
 * then does "there is none" mean something. Charts and operators make what no manifest shows.
 */
export function isWholeInventory({ nodes, ciliumNodes, pods }: Inventory): boolean {
  return nodes.length + ciliumNodes.length > 0 || pods.some((pod) => !pod.fromTemplate && pod.nodeName !== null);
}
