import { textMatches } from "#analysis/selector-text.ts";
import type { Pod } from "#model/objects.ts";
import { policyName } from "#model/policy.ts";
import { answerFor, between, HOST, ruleSpec } from "../ask.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { packetsOf } from "../names.ts";
import { nodeEnd } from "../probe.ts";
import type { Spec } from "../subjects.ts";
import { withDenials } from "../with-denials.ts";
import { labelsOfPod, meansPod, type WrittenPeer, writtenPeers } from "../written-peers.ts";

export const hostnetPeer: Check = {
  id: "hostnet-peer",
  severity: "error",
  title: "a selector that means pods with hostNetwork",
  why: "A pod with `hostNetwork: true` is no endpoint: it has its node's address and identity. As a peer it is `host` on its own node and `remote-node` elsewhere (`kube-apiserver` on a control plane node), whatever its labels; as a subject no namespaced policy applies to it.",
  limits:
    "Silent where the selector takes other pods as well, and where the subject's policies allow nodes on these ports.",
  isProposal: true,
  needs: ["objects"],
  find: (world) => {
    const peers = world.rules.flatMap((rule) => writtenPeers(rule).flatMap((peer) => peerFound(world, rule, peer)));
    return [...withDenials(world, peers, "hostnet-peer"), ...world.specs.flatMap((spec) => subjectFound(world, spec))];
  },
  bad: `
name: the node exporter runs on the host's network
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: prometheus-0, namespace: monitoring, labels: {app: prometheus}}, spec: {containers: [{name: prometheus}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: exporter-1, namespace: monitoring, labels: {app: node-exporter}}, spec: {hostNetwork: true, containers: [{name: exporter}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: prometheus, namespace: monitoring}
    spec:
      endpointSelector: {matchLabels: {app: prometheus}}
      egress:
        - toEndpoints: [{matchLabels: {app: node-exporter}}]
          toPorts: [{ports: [{port: "9100", protocol: TCP}]}]
`,
  good: `
name: nodes are named
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: prometheus-0, namespace: monitoring, labels: {app: prometheus}}, spec: {containers: [{name: prometheus}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: exporter-1, namespace: monitoring, labels: {app: node-exporter}}, spec: {hostNetwork: true, containers: [{name: exporter}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: prometheus, namespace: monitoring}
    spec:
      endpointSelector: {matchLabels: {app: prometheus}}
      egress:
        - toEntities: [host, remote-node]
          toPorts: [{ports: [{port: "9100", protocol: TCP}]}]
`,
};

/** Pods on the host's network, of workloads too. */
const hostPods = perWorld(({ snapshot }): readonly Pod[] =>
  snapshot.inventory.pods.filter(({ hostNetwork, phase }) => hostNetwork && !["Succeeded", "Failed"].includes(phase)),
);
const otherPods = perWorld(({ snapshot }): readonly Pod[] =>
  snapshot.inventory.pods.filter(({ hostNetwork }) => !hostNetwork),
);

function peerFound(world: LintWorld, rule: LintRule, peer: WrittenPeer): readonly Found[] {
  const { inventory } = world.snapshot;
  const { policy, direction } = rule;
  if (rule.deny || !asksSomething(peer.selector)) return [];
  const meant = hostPods(world).filter((pod) => meansPod(policy, peer, pod, inventory));
  const [first] = meant;
  if (first === undefined || otherPods(world).some((pod) => meansPod(policy, peer, pod, inventory))) return [];
  const subjects = world.subjects(ruleSpec(rule)).ends;
  const isLet = subjects.some((end) =>
    packetsOf(rule).every((packet) =>
      [HOST, nodeEnd(false)].every(
        (node) => answerFor(world, between(end, node, direction, packet), direction) !== "denied",
      ),
    ),
  );
  if (isLet) return [];
  return [
    {
      ...{ policy, path: peer.path },
      message: `${first.namespace}/${first.name} runs with hostNetwork: on the wire it is its node, and a selector never takes it`,
      help: `name the entities \`host\` and \`remote-node\` in ${direction === "egress" ? "toEntities" : "fromEntities"}`,
    },
  ];
}

function asksSomething(selector: WrittenPeer["selector"]): boolean {
  return typeof selector === "object" && selector !== null && Object.keys(selector).length > 0;
}

/** A policy whose subjects all run on the host's network. */
function subjectFound(world: LintWorld, spec: Spec): readonly Found[] {
  const { policy, path, value } = spec;
  const isKnp = policy.kind === "NetworkPolicy";
  const selector = value[isKnp ? "podSelector" : "endpointSelector"] ?? {};
  if (policy.namespace === null || !asksSomething(selector) || value["nodeSelector"] !== undefined) return [];
  const takes = (pod: Pod) =>
    pod.namespace === policy.namespace &&
    textMatches(selector, labelsOfPod(pod, world.snapshot.inventory), () => false);
  const [first] = hostPods(world).filter(takes);
  if (first === undefined || otherPods(world).some(takes)) return [];
  if (world.causes.ends.some((end) => world.set.engine.selectsSubject(policyName(policy), end))) return [];
  return [
    {
      ...{ policy, path: `${path}.${isKnp ? "podSelector" : "endpointSelector"}` },
      message: `${first.namespace}/${first.name} runs with hostNetwork and is no endpoint: this policy selects nothing`,
      help: "protect the node with a clusterwide policy and `nodeSelector` (host firewall), or take hostNetwork away",
    },
  ];
}
