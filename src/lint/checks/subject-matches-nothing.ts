import { textMatches } from "#analysis/selector-text.ts";
import { isObject } from "#model/json.ts";
import { policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import type { Spec } from "../subjects.ts";
import { isWholeInventory } from "../whole-inventory.ts";
import { nearMiss } from "../near-miss.ts";
import { askedPairs, labelsOfPod } from "../written-peers.ts";

export const subjectMatchesNothing: Check = {
  id: "subject-matches-nothing",
  severity: "warn",
  title: "a policy that selects no endpoint",
  why: "A policy without subjects protects nothing, and nothing says so: its selector asks for labels that no pod carries, for a namespace that is not there, or for pods on the host's network.",
  limits:
    "Needs the objects of a whole cluster (its nodes, and Cilium's own pods): with manifests of a repository nobody knows what charts and operators make. These are enough where pods of that namespace carry the same value under another label. Silent about what a CronJob or a workload of 0 replicas would make.",
  needs: ["objects"],
  yieldsTo: ["hostnet-peer"],
  find: (world) => world.specs.flatMap((spec) => foundIn(world, spec)),
  bad: `
name: the pods are called api
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}}
  - {apiVersion: v1, kind: Pod, metadata: {name: cilium-1, namespace: kube-system, labels: {k8s-app: cilium}}, spec: {nodeName: node-1, hostNetwork: true, containers: [{name: agent}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: shop-api}}
      ingress: [{fromEntities: [cluster]}]
`,
  good: `
name: the policy is about them
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}}
  - {apiVersion: v1, kind: Pod, metadata: {name: cilium-1, namespace: kube-system, labels: {k8s-app: cilium}}, spec: {nodeName: node-1, hostNetwork: true, containers: [{name: agent}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress: [{fromEntities: [cluster]}]
`,
};

function foundIn(world: LintWorld, spec: Spec): readonly Found[] {
  const { policy, path, value } = spec;
  const field = policy.kind === "NetworkPolicy" ? "podSelector" : "endpointSelector";
  const selector = value[field];
  // Everything of a namespace that may still be empty; nodes and the agent's own endpoints are no pods.
  if (!isObject(selector) || Object.keys(selector).length === 0 || asksReserved(selector)) return [];
  const known = world.subjects(spec);
  if ((known.isReal && known.ends.length > 0) || hasTemplate(world, spec)) return [];
  const near = nearMiss(world, policy.namespace, askedPairs(selector));
  if (near === null && !isWholeInventory(world.snapshot.inventory)) return [];
  const where = policy.namespace === null ? "" : ` in ${policy.namespace}`;
  return [
    {
      ...{ policy, path: `${path}.${field}` },
      message: `${policyName(policy)} selects no endpoint: ${near === null ? `no pod${where} carries these labels` : `no pod carries ${near.wanted}; ${near.end.namespace}/${near.end.workload?.name ?? near.end.pods[0] ?? "?"} carries ${near.carried}`}`,
      help:
        near === null
          ? "compare the selector with the labels of the pods that are meant (kubectl get pods --show-labels)"
          : `select \`${near.carried.replace("=", ": ")}\``,
    },
  ];
}

function asksReserved(selector: Readonly<Record<string, unknown>>): boolean {
  return JSON.stringify(selector).includes("reserved");
}

function hasTemplate({ snapshot: { inventory } }: LintWorld, { policy, value }: Spec): boolean {
  const selector = value[policy.kind === "NetworkPolicy" ? "podSelector" : "endpointSelector"];
  const pods = [...inventory.pods, ...inventory.workloads.flatMap(({ template }) => template ?? [])];
  return pods.some(
    (pod) =>
      !pod.hostNetwork &&
      (policy.namespace === null || policy.namespace === pod.namespace) &&
      textMatches(selector, labelsOfPod(pod, inventory), () => false),
  );
}
