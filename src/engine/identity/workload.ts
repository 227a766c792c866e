import type { Pod, WorkloadRef } from "#model/objects.ts";

const JOB_OF_CRONJOB = /^(.+)-\d{8,10}$/;

/**
 * The workload a pod belongs to, as Hubble names it: Deployment, not ReplicaSet; CronJob, not Job. null for a bare pod.
 * Upstream: pkg/k8s/utils GetWorkloadMetaFromPod. Differs: a pod that stands for a workload's template is that workload's.
 */
export function workloadOf(pod: Pod): WorkloadRef | null {
  const controller = pod.owners.find((owner) => owner.controller);
  if (controller === undefined || (pod.generateName === "" && !pod.fromTemplate)) return null;
  const { kind, name } = controller;
  const hash = pod.labels["pod-template-hash"] ?? "";
  if (kind === "ReplicaSet" && hash !== "" && name.endsWith(hash)) {
    return { kind: "Deployment", name: name.endsWith(`-${hash}`) ? name.slice(0, -hash.length - 1) : name };
  }
  const cronJob = kind === "Job" ? JOB_OF_CRONJOB.exec(name)?.[1] : undefined;
  return cronJob === undefined ? { kind, name } : { kind: "CronJob", name: cronJob };
}
