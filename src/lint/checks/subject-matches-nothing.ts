import { textMatches } from "#analysis/selector-text.ts";
import { isObject } from "#model/json.ts";
import { policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import type { Spec } from "../subjects.ts";
import { isWholeInventory } from "../whole-inventory.ts";
import { labelsOfPod } from "../written-peers.ts";

export const subjectMatchesNothing: Check = {
  id: "subject-matches-nothing",
  severity: "warn",
  title: "a policy that selects no endpoint",
  why: "A policy without subjects protects nothing, and nothing says so: its selector asks for labels that no pod carries, for a namespace that is not there, or for pods on the host's network.",
  limits:
    "Needs the objects of a cluster; with manifests of a repository nobody knows what charts and operators make. Silent about what a CronJob or a workload of 0 replicas would make.",
  needs: ["objects"],
  yieldsTo: ["hostnet-peer"],
  find: (world) =>
    isWholeInventory(world.snapshot.inventory) ? world.specs.flatMap((spec) => foundIn(world, spec)) : [],
  bad: `
name: the pods are called api
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}}
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
  if (world.subjects(spec).ends.length > 0 || hasTemplate(world, spec)) return [];
  const where = policy.namespace === null ? "" : ` in ${policy.namespace}`;
  return [
    {
      ...{ policy, path: `${path}.${field}` },
      message: `${policyName(policy)} selects no endpoint: no pod${where} carries these labels`,
      help: "compare the selector with the labels of the pods that are meant (kubectl get pods --show-labels)",
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
