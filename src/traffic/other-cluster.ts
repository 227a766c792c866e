import type { Conversation, PodEnd } from "#model/conversation.ts";
import type { Finding } from "#model/finding.ts";
import type { Inventory, Pod } from "#model/objects.ts";

/**
 * Nothing that the recording shows is among the objects: they are another cluster's. An end is known by a pod's name, by
 * its workload's, or by having all the labels of a pod or of a workload's template. Who gives manifests alone often gives
 * a part of them, with labels that are added on the way: there a namespace of the same name is enough to say nothing.
 */
export function otherCluster(conversations: readonly Conversation[], inventory: Inventory): readonly Finding[] {
  const ends = conversations.flatMap((one) => [one.from, one.to]).filter((end) => end.kind === "pod");
  const known = knownPods(inventory);
  const strangers = ends.filter((end) => end.otherCluster === null);
  if (strangers.length === 0 || known.samples.length === 0) return [];
  if (strangers.some((end) => isKnown(end, known))) return [];
  return [
    {
      id: "recording-other-cluster",
      severity: "warn",
      message: "no pod of the recording is among the objects, by name or labels: they seem to be of another cluster",
      help: "give the objects of the cluster that was recorded (--objects)",
    },
  ];
}

type Known = {
  /** Pods, and the pods that templates make. */
  readonly samples: readonly Pod[];
  readonly pods: ReadonlySet<string>;
  readonly workloads: ReadonlySet<string>;
  /** Namespaces that tell, where no Pod object was given. */
  readonly namespaces: ReadonlySet<string>;
};

/** Namespaces that every cluster has: their pods are alike everywhere. */
const EVERYWHERE: ReadonlySet<string> = new Set(["kube-system", "default"]);

function knownPods(inventory: Inventory): Known {
  const templates = inventory.workloads.flatMap(({ template }) => (template === null ? [] : [template]));
  const namespaces = inventory.pods.length > 0 ? [] : templates.map((pod) => pod.namespace);
  return {
    samples: [...inventory.pods, ...templates],
    pods: new Set(inventory.pods.map((pod) => `${pod.namespace}/${pod.name}`)),
    workloads: new Set(inventory.workloads.map((one) => `${one.kind}/${one.namespace}/${one.name}`)),
    namespaces: new Set(namespaces.filter((name) => !EVERYWHERE.has(name))),
  };
}

function isKnown(end: PodEnd, known: Known): boolean {
  if (end.pods.some((pod) => known.pods.has(`${end.namespace}/${pod}`))) return true;
  if (EVERYWHERE.has(end.namespace)) return false;
  return known.namespaces.has(end.namespace) || isOfWorkload(end, known) || hasOwnLabels(end, known);
}

function isOfWorkload({ workload, namespace }: PodEnd, known: Known): boolean {
  return workload !== null && known.workloads.has(`${workload.kind}/${namespace}/${workload.name}`);
}

/** Whether a pod of the objects has all its labels recorded at this end. */
function hasOwnLabels(end: PodEnd, known: Known): boolean {
  const recorded = new Set(end.labels);
  return known.samples.some((pod) => {
    if (pod.namespace !== end.namespace) return false;
    const own = Object.entries(pod.labels).filter(([key]) => !isFiltered(key));
    return own.length > 0 && own.every(([key, value]) => recorded.has(`k8s:${key}=${value}`));
  });
}

/** Labels that Cilium leaves out of identities by default, for all that matters here. */
function isFiltered(key: string): boolean {
  return /^(pod-template-(hash|generation)|controller-revision-hash|statefulset\.kubernetes\.io\/.*|apps\.kubernetes\.io\/.*|.*kubernetes\.io\/(?!name|instance|component|part-of|version|managed-by).*)$/.test(
    key,
  );
}
