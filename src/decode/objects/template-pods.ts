import type { Inventory, OwnerRef, Pod } from "#model/objects.ts";

/**
 * The pods that workloads stand for: one of the template of each workload that no Pod object belongs to, named like the
 * workload. A workload that another one among the objects owns (the ReplicaSets of a Deployment, the Jobs of a CronJob)
 * stands for none of its own.
 */
export function templatePods(inventory: Inventory): readonly Pod[] {
  const given = new Set(inventory.workloads.map(keyOf));
  const running = workloadsWithPods(inventory);
  return inventory.workloads.flatMap((workload) => {
    const owned = workload.owners.some((owner) => given.has(ownerKey(workload.namespace, owner)));
    return owned || running.has(keyOf(workload)) || workload.template === null ? [] : [workload.template];
  });
}

function keyOf(workload: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return `${workload.kind}/${workload.namespace}/${workload.name}`;
}

function ownerKey(namespace: string, owner: OwnerRef): string {
  return keyOf({ kind: owner.kind, namespace, name: owner.name });
}

/** Workloads that some Pod object belongs to, directly or through an owner of its owner. */
function workloadsWithPods(inventory: Inventory): ReadonlySet<string> {
  const owners = new Map(inventory.workloads.map((workload) => [keyOf(workload), workload]));
  const found = new Set<string>();
  const follow = (namespace: string, owner: OwnerRef): void => {
    const key = ownerKey(namespace, owner);
    if (found.has(key)) return;
    found.add(key);
    for (const above of owners.get(key)?.owners ?? []) follow(namespace, above);
  };
  for (const pod of inventory.pods) {
    for (const owner of pod.owners) {
      follow(pod.namespace, owner);
      for (const above of inferredOwners(pod, owner)) follow(pod.namespace, above);
    }
  }
  return found;
}

/**
 * The owner above an owner that was not given itself, by the names controllers make: `web-5d4f…` of the Deployment `web`
 * (its pods carry the suffix as a label), `backup-29401234` of the CronJob `backup` (minutes since 1970).
 * Upstream: pkg/k8s/utils GetWorkloadMetaFromPod.
 */
function inferredOwners(pod: Pod, owner: OwnerRef): readonly OwnerRef[] {
  const hash = pod.labels["pod-template-hash"];
  if (owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return [{ kind: "Deployment", name: owner.name.slice(0, -hash.length - 1), controller: true }];
  }
  const job = owner.kind === "Job" ? /^(.+)-\d{8,10}$/.exec(owner.name)?.[1] : undefined;
  return job === undefined ? [] : [{ kind: "CronJob", name: job, controller: true }];
}
