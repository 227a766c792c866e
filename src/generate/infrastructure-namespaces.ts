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

/** True for a group that gets no policies: another namespace than those asked for, or the cluster's own unasked. */
export function isLeftAlone({ namespace }: Group, { options }: Stage): boolean {
  return options.namespaces.length > 0 ? !options.namespaces.includes(namespace) : isSystem(namespace);
}
