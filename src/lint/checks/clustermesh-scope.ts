import { endName } from "#analysis/end-name.ts";
import { textMatches } from "#analysis/selector-text.ts";
import type { Conversation, PodEnd } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { CLUSTER_LABEL } from "#model/labels.ts";
import { isObject, type Json } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import { answerFor, between } from "../ask.ts";
import type { Check, ExampleRecording, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { writtenPeers } from "../written-peers.ts";

/** The examples' caller, as a recording of a connected cluster tells it. */
const FROM_TWO: ExampleRecording = {
  conversation: {
    notDecided: "cluster-mesh",
    from: {
      ...{ kind: "pod", namespace: "shop", workload: null, pods: ["proxy-1"], podCount: 1, namedPorts: [], nodes: [] },
      labels: ["k8s:app=proxy", "k8s:io.cilium.k8s.policy.cluster=two", "k8s:io.kubernetes.pod.namespace=shop"],
      ...{ addresses: [], otherCluster: "two" },
    },
  },
};

export const clustermeshScope: Check = {
  id: "clustermesh-scope",
  severity: "error",
  title: "a peer of another cluster without its cluster label",
  why: "From Cilium 1.19 on a peer selector means the own cluster unless it says otherwise (`policy-default-local-cluster`, clustermesh/types). A rule that took pods of a connected cluster before stops taking them with the upgrade.",
  limits:
    "Told where a recording shows the peer in another cluster and a rule that would take it, were it not for the cluster. Silent where the setting is off.",
  needs: ["flows"],
  find: found,
  recorded: { bad: FROM_TWO, good: FROM_TWO },
  bad: `
name: the peer runs in the other cluster
cilium: "1.19"
config: {clusterName: one}
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: proxy-1, namespace: shop, labels: {app: proxy}}, spec: {containers: [{name: proxy}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: shop/proxy-1, to: shop/web-1, port: 8080, expect: {}}
`,
  good: `
name: the cluster is named
cilium: "1.19"
config: {clusterName: one}
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: proxy-1, namespace: shop, labels: {app: proxy}}, spec: {containers: [{name: proxy}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy, io.cilium.k8s.policy.cluster: two}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: shop/proxy-1, to: shop/web-1, port: 8080, expect: {}}
`,
};

/** A recorded pair of a local endpoint and a pod of another cluster, seen from the local one. */
type Crossing = {
  readonly one: Conversation;
  readonly side: Direction;
  readonly subject: PodEnd;
  readonly peer: PodEnd;
};

function found(world: LintWorld): readonly Found[] {
  if (!world.config.policyDefaultLocalCluster) return [];
  const rules = world.rules.filter(
    (rule) => !rule.deny && writtenPeers(rule).some(({ selector }) => !namesCluster(selector)),
  );
  const crossings = rules.length === 0 ? [] : world.snapshot.traffic.conversations.flatMap(crossingsOf);
  const denied = crossings.filter(({ one, side, subject, peer }) => isDenied(world, { one, side, subject, peer }));
  return rules.flatMap((rule) => {
    const own = denied.filter((crossing) => isMeant(world, rule, crossing));
    const [first] = own;
    return first === undefined ? [] : [foundOf(rule, first, own)];
  });
}

function crossingsOf(one: Conversation): readonly Crossing[] {
  const { from, to } = one;
  if (from.kind !== "pod" || to.kind !== "pod" || one.port === null) return [];
  if (from.otherCluster === null && to.otherCluster !== null) return [{ one, side: "egress", subject: from, peer: to }];
  if (from.otherCluster !== null && to.otherCluster === null)
    return [{ one, side: "ingress", subject: to, peer: from }];
  return [];
}

function isDenied(world: LintWorld, { one, side, subject, peer }: Crossing): boolean {
  const packet = { protocol: one.protocol, port: one.port ?? 0 };
  return answerFor(world, between(subject, peer, side, packet), side) === "denied";
}

/** The rule selects the subject, names this port, and would take the peer but for its cluster. */
function isMeant(world: LintWorld, rule: LintRule, { one, side, subject, peer }: Crossing): boolean {
  if (rule.direction !== side || !world.set.engine.selectsSubject(rule.ref.policy, subject)) return false;
  const { namespace } = rule.policy;
  const isTaken = writtenPeers(rule).some(
    ({ selector }) =>
      !namesCluster(selector) &&
      (namespace === null ||
        namespace === peer.namespace ||
        JSON.stringify(selector).includes("io.kubernetes.pod.namespace")) &&
      textMatches(selector, peer.labels, () => false),
  );
  if (!isTaken) return false;
  const packet = { protocol: one.protocol, port: one.port ?? 0 };
  const { candidates } = world.set.engine.walk(between(subject, peer, side, packet), side);
  return candidates.some(
    ({ rule: ref, peerMatches, portMatches }) =>
      ref.policy === rule.ref.policy && ref.element === rule.ref.element && !peerMatches && portMatches,
  );
}

function namesCluster(selector: Json): boolean {
  return isObject(selector) && JSON.stringify(selector).includes(CLUSTER_LABEL);
}

function foundOf({ policy, ref }: LintRule, { peer }: Crossing, own: readonly Crossing[]): Found {
  return {
    policy,
    path: elementPath(ref.element),
    message: `${endName(peer)} runs in cluster ${peer.otherCluster ?? ""}; a selector without \`${CLUSTER_LABEL}\` means the own cluster alone`,
    help: `add \`${CLUSTER_LABEL}: ${peer.otherCluster ?? ""}\`, or an expression \`Exists\` on it for every cluster`,
    subjects: [...new Set(own.map(({ subject }) => subject))],
    peers: [...new Set(own.map((crossing) => crossing.peer))],
    conversations: [...new Set(own.map(({ one }) => one))],
  };
}
