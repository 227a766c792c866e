import { isolatedDirections } from "#analysis/isolation.ts";
import type { Direction } from "#model/decision.ts";
import type { Group } from "./group.ts";
import type { Stage } from "./stage.ts";

/** Namespaces whose pods keep the cluster itself running. */
const SYSTEM: ReadonlySet<string> = new Set([
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "cilium",
  "cilium-system",
  "cilium-secrets",
  "cilium-spire",
  "cilium-test",
  "tigera-operator",
  "calico-system",
  "openshift-dns",
  "openshift-ingress",
]);

/** True for a namespace of the cluster's own: a recording of hours is too little to close its pods by. */
export function isSystem(namespace: string): boolean {
  return SYSTEM.has(namespace);
}

/**
 * The sides of a group that policies are written for: those asked for. Of the cluster's own pods, unless they are named,
 * only what a policy in force closes already: there its allowances are needed, and nothing else is closed.
 */
export function writtenSides(group: Group, { options, inForce }: Stage): readonly Direction[] {
  if (options.namespaces.length > 0) return options.namespaces.includes(group.namespace) ? options.directions : [];
  if (!isSystem(group.namespace)) return options.directions;
  if (inForce.policies.size === 0) return [];
  const closed = new Set(group.ends.flatMap((end) => isolatedDirections(inForce.engine, end)));
  return options.directions.filter((side) => closed.has(side));
}

/** True for a group that gets no policies: another namespace than those asked for, or the cluster's own unasked. */
export function isLeftAlone(group: Group, stage: Stage): boolean {
  return writtenSides(group, stage).length === 0;
}
