import { podEnds } from "#analysis/known-ends.ts";
import type { PodEnd } from "#model/conversation.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";

const NETWORKS = "k8s.v1.cni.cncf.io/networks";

export const multusNics: Check = {
  id: "multus-nics",
  severity: "info",
  title: "pods with a second network that no policy reaches",
  why: "Cilium attaches its programs to the interface that it made. An interface that Multus adds (annotation k8s.v1.cni.cncf.io/networks) is another CNI's: traffic through it passes every policy of the pod.",
  limits: "Needs the pods or their workloads; looks at pods that the linted policies select.",
  needs: ["objects"],
  find: (world) => foundIn(world),
  bad: `
name: a camera network
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: nvr-1, namespace: shop, labels: {app: nvr}, annotations: {k8s.v1.cni.cncf.io/networks: cameras}}, spec: {containers: [{name: nvr}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: nvr, namespace: shop}
    spec: {endpointSelector: {matchLabels: {app: nvr}}, ingress: [{fromEntities: [cluster]}]}
`,
  good: `
name: one network
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: nvr-1, namespace: shop, labels: {app: nvr}}, spec: {containers: [{name: nvr}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: nvr, namespace: shop}
    spec: {endpointSelector: {matchLabels: {app: nvr}}, ingress: [{fromEntities: [cluster]}]}
`,
};

function foundIn(world: LintWorld): readonly Found[] {
  const annotated = world.snapshot.inventory.pods.filter(
    (pod) => (pod.annotations[NETWORKS] ?? "").trim().length > 2 && !pod.hostNetwork,
  );
  if (annotated.length === 0) return [];
  const names = new Set(annotated.map((pod) => `${pod.namespace}/${pod.name}`));
  const isAnnotated = (end: PodEnd) => end.pods.some((pod) => names.has(`${end.namespace}/${pod}`));
  const ends = new Set(podEnds(world.causes.ends).filter(isAnnotated));
  return world.specs.flatMap((spec) => {
    const known = world.subjects(spec);
    const subjects = known.isReal ? known.ends.filter((end) => ends.has(end)) : [];
    if (subjects.length === 0) return [];
    const message = "these pods have further networks (Multus), and this policy does not reach them there";
    const help = "guard the other network by its own means (MultiNetworkPolicy), or move the pod off it";
    return [{ policy: spec.policy, path: spec.path, message, help, subjects }];
  });
}
