import { podEnds } from "#analysis/known-ends.ts";
import type { PodEnd } from "#model/conversation.ts";
import { parseLabel } from "#model/labels.ts";
import { perWorld } from "../per-world.ts";
import { type Near, nearMiss } from "../near-miss.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { isWholeInventory } from "../whole-inventory.ts";
import { withDenials } from "../with-denials.ts";
import { askedPairs, meansPod, placesItself, type WrittenPeer, writtenPeers } from "../written-peers.ts";

export const peerMatchesNothing: Check = {
  id: "peer-matches-nothing",
  severity: "error",
  title: "a peer selector that takes no pod",
  why: "A selector is compared with labels, and nothing says when nobody carries them: a chart that calls its label otherwise, an operator that sets its own, a typing mistake. The rule is accepted, reads well and allows nobody.",
  limits:
    "Needs the objects of a cluster and a recording: the selector takes no pod there is and none that was heard. Objects of a repository are enough where pods of that namespace carry the same value under another label. Silent about what a CronJob or a workload of 0 replicas would make.",
  isProposal: true,
  needs: ["objects"],
  yieldsTo: ["hostnet-peer", "ns-scope"],
  find: (world) =>
    withDenials(
      world,
      world.rules.flatMap((rule) => foundIn(world, rule)),
      "peer-matches-nothing",
    ),
  bad: `
name: the operator names its label otherwise
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: cart-1, namespace: shop, labels: {operator.example.com/app-name: cart}}, spec: {containers: [{name: cart}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: cart}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
  good: `
name: the label that the pods carry
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: cart-1, namespace: shop, labels: {operator.example.com/app-name: cart}}, spec: {containers: [{name: cart}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress:
        - fromEndpoints: [{matchLabels: {operator.example.com/app-name: cart}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
};

function foundIn(world: LintWorld, rule: LintRule): readonly Found[] {
  const peers = rule.deny ? [] : writtenPeers(rule).filter(({ selector }) => askedPairs(selector).size > 0);
  return peers.flatMap((peer): readonly Found[] => {
    const pairs = askedPairs(peer.selector);
    if (carriers(world, pairs).some((end) => isMeant(world, { rule, peer }, end))) return [];
    if (hasTemplate(world, rule, peer)) return [];
    const near = isPlain(rule, peer) ? nearMiss(world, rule.policy.namespace, pairs) : null;
    if (near === null && !(isWholeInventory(world.snapshot.inventory) && world.has.has("flows"))) return [];
    return [foundOf(rule, peer, near)];
  });
}

/** Known pods by each of their labels: `app=web`. */
const byLabel = perWorld((world): ReadonlyMap<string, readonly PodEnd[]> => {
  const index = new Map<string, PodEnd[]>();
  for (const end of podEnds(world.causes.ends)) {
    for (const text of end.labels) {
      const { key, value } = parseLabel(text);
      const list = index.get(`${key}=${value}`);
      if (list === undefined) index.set(`${key}=${value}`, [end]);
      else list.push(end);
    }
  }
  return index;
});

/** Pods that carry the first of the pairs: only those can be meant. All where none is asked. */
function carriers(world: LintWorld, pairs: ReadonlyMap<string, string>): readonly PodEnd[] {
  const [first] = pairs;
  return first === undefined ? podEnds(world.causes.ends) : (byLabel(world).get(`${first[0]}=${first[1]}`) ?? []);
}

type Place = { readonly rule: LintRule; readonly peer: WrittenPeer };

/** Cilium takes it as a peer of the rule, and by this selector. */
function isMeant(world: LintWorld, { rule, peer }: Place, end: PodEnd): boolean {
  const labels = [...askedPairs(peer.selector)].map(([key, value]) => `k8s:${key}=${value}`);
  return labels.every((label) => end.labels.includes(label)) && world.set.engine.selectsPeer(rule.ref, end);
}

/** A peer of the policy's own namespace. */
function isPlain({ policy }: LintRule, { selector, namespaces }: WrittenPeer): boolean {
  return policy.namespace !== null && namespaces === undefined && !placesItself(selector);
}

/** A workload without running pods, or pods that have ended. */
function hasTemplate(world: LintWorld, { policy }: LintRule, peer: WrittenPeer): boolean {
  const { inventory } = world.snapshot;
  const templates = inventory.workloads.flatMap(({ template }) => template ?? []);
  return [...inventory.pods, ...templates].some((pod) => meansPod(policy, peer, pod, inventory));
}

function foundOf({ policy }: LintRule, peer: WrittenPeer, near: Near | null): Found {
  const asked = [...askedPairs(peer.selector)].map(([key, value]) => `${key}=${value}`).join(", ");
  const at = { policy, path: peer.path };
  if (near === null) {
    const message = `no pod there is, and none that was heard, carries ${asked}: the selector takes nobody`;
    return {
      ...at,
      message,
      help: "compare it with the labels of the pods that are meant (kubectl get pods --show-labels)",
    };
  }
  const message = `no pod carries ${near.wanted}: those of ${near.end.namespace}/${near.end.workload?.name ?? near.end.pods[0] ?? "?"} carry ${near.carried}`;
  return { ...at, message, help: `select \`${near.carried.replace("=", ": ")}\``, peers: [near.end] };
}
