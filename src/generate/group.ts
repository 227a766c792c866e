import type { End, PodEnd } from "#model/conversation.ts";
import { type LabelSelector } from "./label-selector.ts";
import { stableLabels } from "./stable-labels.ts";
import { type LabelsOf, type Told, tellApart } from "./tell-apart.ts";

/** Pods that one policy selects: a workload, or several that no stable label tells apart. */
export type Group = {
  readonly namespace: string;
  /** Unique in its namespace; a policy may be called so. */
  readonly name: string;
  /** `namespace/workload` of all that it takes, sorted. */
  readonly workloads: readonly string[];
  readonly ends: readonly PodEnd[];
  /** Selects these ends and no other known pod of the namespace. */
  readonly selector: LabelSelector;
};

export type Groups = {
  readonly all: readonly Group[];
  readonly inNamespace: (namespace: string) => readonly Group[];
  readonly of: (end: End) => Group | null;
};

/** Sorts pods into what policies select: by workload, and by labels where no workload is known. */
export function groupEnds(ends: readonly PodEnd[], labelsOf: LabelsOf = stableLabels): Groups {
  const namespaces = new Map<string, PodEnd[]>();
  for (const end of ends) {
    if (end.otherCluster !== null) continue;
    const list = namespaces.get(end.namespace) ?? [];
    list.push(end);
    namespaces.set(end.namespace, list);
  }
  const all = [...namespaces].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, own]) => groupNamespace(own, labelsOf));
  const byLabels = new Map<string, Group>();
  for (const group of all) for (const end of group.ends) byLabels.set(labelsKey(end), group);
  const byNamespace = new Map<string, Group[]>();
  for (const group of all) {
    const list = byNamespace.get(group.namespace);
    if (list === undefined) byNamespace.set(group.namespace, [group]);
    else list.push(group);
  }
  const inNamespace = (namespace: string) => byNamespace.get(namespace) ?? [];
  return { all, inNamespace, of: (end) => (end.kind === "pod" ? (byLabels.get(labelsKey(end)) ?? null) : null) };
}

function labelsKey(end: PodEnd): string {
  return `${end.namespace} ${end.labels.join(" ")}`;
}

function groupNamespace(ends: readonly PodEnd[], labelsOf: LabelsOf): readonly Group[] {
  const units = new Map<string, PodEnd[]>();
  for (const end of ends) {
    const key = unitKey(end);
    const list = units.get(key) ?? [];
    list.push(end);
    units.set(key, list);
  }
  const told = tellApart(
    [...units].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, unit]) => unit),
    labelsOf,
  );
  const taken = new Set<string>();
  return told.map((one) => groupOf(one, taken));
}

function unitKey(end: PodEnd): string {
  if (end.workload !== null) return `workload ${end.workload.kind}/${end.workload.name}`;
  return `labels ${JSON.stringify([...stableLabels(end)].sort())}`;
}

function groupOf({ ends, selector }: Told, taken: Set<string>): Group {
  const namespace = ends[0]?.namespace ?? "";
  const workloads = [...new Set(ends.map((end) => `${namespace}/${workloadName(end)}`))].sort();
  const name = freeName(policyNameOf(ends, selector), taken);
  return { namespace, name, workloads, ends, selector };
}

/** How people call what an end belongs to. */
export function workloadName(end: PodEnd): string {
  const labels = stableLabels(end);
  const label = ["app.kubernetes.io/name", "k8s-app", "app", "name", "run"].flatMap((key) => labels.get(key) ?? [])[0];
  return end.workload?.name ?? label ?? end.pods[0] ?? "pods";
}

function policyNameOf(ends: readonly PodEnd[], { labels }: LabelSelector): string {
  const names = [...new Set(ends.filter((end) => end.workload !== null).map(workloadName))].sort();
  const [first] = names;
  const label = Object.values(labels)[0];
  const name = names.length === 1 && first !== undefined ? first : (label ?? first ?? workloadNameOf(ends));
  return objectName(name);
}

function workloadNameOf(ends: readonly PodEnd[]): string {
  const [end] = ends;
  return end === undefined ? "pods" : workloadName(end);
}

/** What Kubernetes takes for the name of an object: lower case letters, digits, `-` and `.`. */
export function objectName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
    .slice(0, 200);
  return name === "" ? "pods" : name;
}

function freeName(name: string, taken: Set<string>): string {
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${name}-${number}`;
    if (taken.has(free)) continue;
    taken.add(free);
    return free;
  }
}
