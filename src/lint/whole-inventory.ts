import type { Inventory } from "#model/objects.ts";

/** What Cilium's agent is called in its own pods' labels; `anetd` on GKE. */
const AGENTS: ReadonlySet<string> = new Set(["cilium", "anetd"]);

/**
 * True when the objects are a whole cluster's (its nodes, and the pods of Cilium's agent on them), not manifests from a
 * repository or a few objects picked for a question: only then does "there is none" mean something. Charts and
 * operators make what no manifest shows.
 */
export function isWholeInventory({ nodes, ciliumNodes, pods }: Inventory): boolean {
  const hasAgent = pods.some(({ labels, fromTemplate }) => !fromTemplate && AGENTS.has(labels["k8s-app"] ?? ""));
  return nodes.length + ciliumNodes.length > 0 && hasAgent;
}
