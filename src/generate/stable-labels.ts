import type { PodEnd } from "#model/conversation.ts";
import { parseLabel, SERVICE_ACCOUNT_LABEL } from "#model/labels.ts";

/** Labels that change with a rollout, a run, a replica or a release, so that a selector on them goes stale. */
const UNSTABLE: ReadonlySet<string> = new Set([
  "pod-template-hash",
  "rollouts-pod-template-hash",
  "pod-template-generation",
  "controller-revision-hash",
  "controller-uid",
  "job-name",
  "chart",
  "heritage",
  "helm.sh/chart",
  "app.kubernetes.io/version",
  "app.kubernetes.io/managed-by",
  "statefulset.kubernetes.io/pod-name",
  "apps.kubernetes.io/pod-index",
  "workflows.argoproj.io/workflow",
  "tekton.dev/taskRun",
  "tekton.dev/pipelineRun",
  "security.istio.io/tlsMode",
  "service.istio.io/canonical-revision",
  "spark-app-selector",
  "spark-exec-id",
]);
const UNSTABLE_PREFIXES = ["batch.kubernetes.io/", "io.cilium.", "io.kubernetes."];

/** Keys by which people mean an application, the most telling first. */
const TELLING = [
  "app.kubernetes.io/name",
  "k8s-app",
  "app",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/component",
  "name",
  "run",
  "component",
  "tier",
  "role",
];

/**
 * The labels of an end that a selector may name: of its identity (what the agent's label filter took away selects
 * nothing), and the same after the next rollout. The service account is among them, as the last resort.
 */
export function stableLabels(end: PodEnd): ReadonlyMap<string, string> {
  const known = remembered.get(end);
  if (known !== undefined) return known;
  const labels = readLabels(end);
  remembered.set(end, labels);
  return labels;
}

const remembered = new WeakMap<PodEnd, ReadonlyMap<string, string>>();

function readLabels(end: PodEnd): ReadonlyMap<string, string> {
  const { workload } = end;
  // A pod's own name under some other key, as operators write it.
  const pods = new Set(workload === null ? [] : end.pods.filter((pod) => pod.startsWith(`${workload.name}-`)));
  const labels = end.labels
    .map(parseLabel)
    .filter(({ source, key, value }) => source === "k8s" && isStable(key) && !pods.has(value));
  return new Map(labels.map(({ key, value }) => [key, value]));
}

function isStable(key: string): boolean {
  if (key === SERVICE_ACCOUNT_LABEL) return true;
  return !UNSTABLE.has(key) && !UNSTABLE_PREFIXES.some((prefix) => key.startsWith(prefix));
}

/** Orders label keys by how much they say to a reader; the service account stands last. */
export function byTelling(a: string, b: string): number {
  const difference = rank(a) - rank(b);
  return difference === 0 ? (a < b ? -1 : a > b ? 1 : 0) : difference;
}

function rank(key: string): number {
  if (key === SERVICE_ACCOUNT_LABEL) return TELLING.length + 1;
  const index = TELLING.indexOf(key);
  return index < 0 ? TELLING.length : index;
}
