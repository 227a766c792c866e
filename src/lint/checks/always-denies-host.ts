import { podEnds } from "#analysis/known-ends.ts";
import { answerFor, between, HOST } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { nodeEnd, OUTSIDE, ownEndpoint } from "../probe.ts";

export const alwaysDeniesHost: Check = {
  id: "always-denies-host",
  severity: "error",
  title: "policyEnforcementMode=always without rules for what every cluster needs",
  why: "In mode `always` what no rule selects is denied, not open. On 1.20 that goes for the pod's own node too: the implicit rule for it is added only where there are rules (pkg/policy/repository.go), and the kubelet's probes fail on every pod without any. On every version the nodes no longer reach Cilium's health endpoints, and clients no longer Cilium's ingress.",
  limits:
    "One finding for the set. Looks at the pods of the objects and, where no policy mentions them, at the agent's own endpoints.",
  needs: ["config"],
  find: (world) => (world.config.policyEnforcementMode === "always" ? found(world) : []),
  bad: `
name: nothing selects the pod
config: {policyEnforcementMode: always}
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]
`,
  good: `
name: a rule for every endpoint
config: {policyEnforcementMode: always}
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumClusterwideNetworkPolicy
    metadata: {name: nodes}
    spec:
      endpointSelector: {}
      ingress: [{fromEntities: [host, remote-node]}]
`,
};

function found(world: LintWorld): readonly Found[] {
  const probe = { protocol: "TCP", port: 4240 };
  const mute = podEnds(world.causes.ends).filter(
    (end) =>
      end.otherCluster === null && answerFor(world, between(end, HOST, "ingress", probe), "ingress") === "denied",
  );
  const health = answerFor(world, between(ownEndpoint("health"), nodeEnd(false), "ingress", probe), "ingress");
  if (mute.length === 0 && health !== "denied") return [];
  const entry = answerFor(
    world,
    between(ownEndpoint("ingress"), OUTSIDE, "ingress", { protocol: "TCP", port: 443 }),
    "ingress",
  );
  const parts = [
    ...(mute.length > 0
      ? [`the kubelet's probes of ${mute.length} ${mute.length === 1 ? "endpoint" : "endpoints"}`]
      : []),
    ...(health === "denied" ? ["nodes' probes of Cilium's health endpoints"] : []),
    ...(entry === "denied" ? ["clients of Cilium's ingress, where it is used"] : []),
  ];
  return [
    {
      ...{ policy: null, path: "", subjects: mute },
      message: `policyEnforcementMode=always: no rule lets in ${parts.join(", ")}`,
      help: "add a clusterwide policy that lets `host` and `remote-node` in to every endpoint",
    },
  ];
}
