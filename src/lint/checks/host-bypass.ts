import { podEnds } from "#analysis/known-ends.ts";
import { answerFor, between, HOST } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import { isIsolated } from "../isolation-memo.ts";
import type { LintWorld } from "../lint-world.ts";

export const hostBypass: Check = {
  id: "host-bypass",
  severity: "info",
  title: "hostNetwork pods reach isolated pods on their node",
  why: "With the agent's default on Kubernetes (`allow-localhost=always`) a pod's own node gets in past every policy, so that probes work. Whatever runs with `hostNetwork: true` on that node comes as the node, and so does NodePort traffic that was masqueraded there. Isolation from such workloads does not exist on a shared node, short of an explicit deny for `host`.",
  limits:
    "One finding for the set. Looks at hostNetwork workloads outside kube-system, since those inside belong to the node anyway.",
  needs: ["objects"],
  find: (world) => (world.config.allowLocalhost === "always" ? found(world) : []),
  bad: `
name: a proxy on the host's network beside an isolated pod
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: edge-1, namespace: edge, labels: {app: edge}}, spec: {hostNetwork: true, containers: [{name: edge}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]
`,
  good: `
name: the host is denied
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: edge-1, namespace: edge, labels: {app: edge}}, spec: {hostNetwork: true, containers: [{name: edge}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]
      ingressDeny: [{fromEntities: [host]}]
`,
};

function found(world: LintWorld): readonly Found[] {
  const onHost = world.snapshot.inventory.pods.filter(
    ({ hostNetwork, namespace, phase }) =>
      hostNetwork && namespace !== "kube-system" && !["Succeeded", "Failed"].includes(phase),
  );
  if (onHost.length === 0 || world.rules.length === 0) return [];
  const subjects = podEnds(world.causes.ends).filter(
    (end) =>
      isIsolated(world, end, "ingress") &&
      answerFor(world, between(end, HOST, "ingress", { protocol: "TCP", port: 1 }), "ingress") === "allowed",
  );
  if (subjects.length === 0) return [];
  const names = [...new Set(onHost.map(({ namespace, name }) => `${namespace}/${name}`))];
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  const assumed = world.snapshot.config.assumed ? " (with the agent's default settings)" : "";
  return [
    {
      ...{ policy: null, path: "", subjects },
      message: `${names.slice(0, 3).join(", ")}${more}: hostNetwork pods reach, as the node, isolated pods on it past every policy${assumed}`,
      help: "keep them on nodes of their own, or deny `host` where nothing on the node may enter",
    },
  ];
}
