import type { Pod, WorkloadRef } from "./objects.ts";

const CRON_JOB_RUN = /^(.+)-\d{8,10}$/;

/**
 * The workload a pod belongs to, as Hubble names it: Deployment rather than ReplicaSet, CronJob rather than Job; null
 * for a bare pod. Upstream: pkg/k8s/utils/workload.go GetWorkloadMetaFromPod. The trap: only pods with a generateName
 * and a controller have one.
 */
export function workloadOf(pod: Pod): WorkloadRef | null {
  const owner = pod.owners.find((one) => one.controller);
  if (owner === undefined || pod.generateName === "") return null;
  const hash = pod.labels["pod-template-hash"] ?? "";
  if (owner.kind === "ReplicaSet" && hash !== "" && owner.name.endsWith(hash)) {
    return { kind: "Deployment", name: owner.name.slice(0, owner.name.length - hash.length).replace(/-$/, "") };
  }
  if (owner.kind === "ReplicationController" && pod.labels["deploymentconfig"] !== undefined) {
    return { kind: "DeploymentConfig", name: pod.labels["deploymentconfig"] };
  }
  const run = owner.kind === "Job" ? CRON_JOB_RUN.exec(owner.name)?.[1] : undefined;
  return run === undefined ? { kind: owner.kind, name: owner.name } : { kind: "CronJob", name: run };
}
