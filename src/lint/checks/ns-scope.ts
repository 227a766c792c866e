import { podEnds } from "#analysis/known-ends.ts";
import { isObject } from "#model/json.ts";
import type { PodEnd } from "#model/conversation.ts";
import { ruleSpec } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import { fromDenials } from "../from-denials.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { askedPairs, placesItself, type WrittenPeer, writtenPeers } from "../written-peers.ts";

export const nsScope: Check = {
  id: "ns-scope",
  severity: "error",
  title: "a peer without its namespace",
  why: "A peer selector of a namespaced policy means that namespace unless it names another (getEndpointSelector adds the policy's own). In a clusterwide policy it is the other way round: without `k8s:io.kubernetes.pod.namespace` a label is taken in every namespace, and whoever may create a pod somewhere may carry it.",
  limits:
    "A namespaced peer is told where a recording shows the peer in another namespace. A clusterwide one as a warning, where the policy binds its own subject to a namespace and the peer to none, or where the objects show pods of several namespaces that it takes.",
  needs: [],
  find: (world) => [...fromDenials(world, "ns-scope"), ...clusterwide(world)],
  bad: `
name: a rule that was moved into a clusterwide policy
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumClusterwideNetworkPolicy
    metadata: {name: db}
    spec:
      endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": shop, app: db}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
  good: `
name: the peer's namespace is named
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumClusterwideNetworkPolicy
    metadata: {name: db}
    spec:
      endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": shop, app: db}}
      ingress:
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": shop, app: web}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
};

function clusterwide(world: LintWorld): readonly Found[] {
  return world.rules
    .filter(({ policy, deny }) => policy.kind === "CiliumClusterwideNetworkPolicy" && !deny)
    .flatMap((rule) => writtenPeers(rule).flatMap((peer) => foundIn(world, rule, peer)));
}

function foundIn(world: LintWorld, rule: LintRule, peer: WrittenPeer): readonly Found[] {
  const pairs = askedPairs(peer.selector);
  if (pairs.size === 0 || placesItself(peer.selector)) return [];
  const label = [...pairs].map(([key, value]) => `${key}=${value}`).join(", ");
  const subject = ruleSpec(rule).value["endpointSelector"];
  const isBound = isObject(subject) && placesItself(subject);
  const peers = isBound ? [] : takenPods(world, rule, pairs);
  const namespaces = [...new Set(peers.map(({ namespace }) => namespace))].sort();
  if (!isBound && namespaces.length < 2) return [];
  const seen = namespaces.length > 1 ? ` (${namespaces.slice(0, 3).join(", ")})` : "";
  return [
    {
      ...{ policy: rule.policy, path: peer.path, severity: "warn", peers },
      message: `in a clusterwide policy a peer without a namespace means every namespace${seen}: any pod with ${label} is let`,
      help: "name it: `k8s:io.kubernetes.pod.namespace`",
    },
  ];
}

/** Pods that the selector takes and that carry what it asks; none where it asks for no application by name. */
function takenPods(world: LintWorld, rule: LintRule, pairs: ReadonlyMap<string, string>): readonly PodEnd[] {
  if (![...pairs.keys()].some((key) => NAMING.has(key))) return [];
  const labels = [...pairs].map(([key, value]) => `k8s:${key}=${value}`);
  return podEnds(world.causes.ends).filter(
    (end) => labels.every((label) => end.labels.includes(label)) && world.set.engine.selectsPeer(rule.ref, end),
  );
}

/** Labels that call an application by its name; any other may be a mark that pods are given to be let. */
const NAMING: ReadonlySet<string> = new Set(["app", "app.kubernetes.io/name", "k8s-app", "app.kubernetes.io/instance"]);
