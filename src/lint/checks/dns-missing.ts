import { resolverRule } from "#analysis/dns-steps.ts";
import { endKey } from "#analysis/end-name.ts";
import { connectionToResolver } from "#analysis/learned-names.ts";
import { podsOf } from "#analysis/pod-facts.ts";
import type { EditStep } from "#analysis/edits/edit-step.ts";
import type { PodEnd } from "#model/conversation.ts";
import { isObject, type Json } from "#model/json.ts";
import { policyName } from "#model/policy.ts";
import { ruleSpec } from "../ask.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import { isIsolated } from "../isolation-memo.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { dnsRulesOf } from "../names.ts";
import { holdsFor, type Spec } from "../subjects.ts";
import { withDenials } from "../with-denials.ts";

export const dnsMissing: Check = {
  id: "dns-missing",
  severity: "error",
  title: "egress is isolated and nothing lets it ask DNS",
  why: "The first egress rule that selects a pod switches default deny on for all of its egress, the questions to the cluster's DNS among it. What the rules allow is then reached by nobody who knows it by name.",
  limits:
    "Looks at subjects that are allowed to reach pods or Services, which are known by name; what reaches addresses, nodes or the API server alone may need no names. Silent for pods with dnsPolicy Default or None, for rules that reach addresses or nodes on every port (a resolver may be there), and where any rule of the subject names a port of DNS (dns-resolver-mismatch looks at that). With flows, what is seen asking is said of as well.",
  needs: [],
  yieldsTo: ["fqdn-no-dns-rule", "dns-rule-by-accident"],
  find: (world) => withDenials(world, staticFound(world), "dns-missing"),
  bad: `
name: only the database is allowed
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {app: db}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
  good: `
name: a NetworkPolicy for all pods lets them ask
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {app: db}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: dns, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
        - to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
          ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
`,
};

/** One finding for each group of subjects: further policies of the same ones say nothing new. */
function staticFound(world: LintWorld): readonly Found[] {
  const told = new Set<string>();
  const seen = new Set<object>();
  return world.rules.filter(reachesNamed).flatMap((rule): readonly Found[] => {
    const spec = ruleSpec(rule);
    if (seen.has(rule.spec)) return [];
    seen.add(rule.spec);
    const known = world.subjects(spec);
    const mute = holdsFor(known, (end) => isMute(world, end));
    const untold = mute.filter((end) => !told.has(endKey(end)));
    for (const end of untold) told.add(endKey(end));
    return untold.length === 0 ? [] : [foundOf(spec, untold, known.isReal)];
  });
}

/** An allow rule for pods or Services: what is called by a name of the cluster. */
function reachesNamed({ policy, deny, direction, value }: LintRule): boolean {
  if (deny || direction !== "egress") return false;
  const isFilled = (field: Json | undefined) => Array.isArray(field) && field.length > 0;
  if (policy.kind !== "NetworkPolicy") return ["toEndpoints", "toServices"].some((field) => isFilled(value[field]));
  const peers = Array.isArray(value["to"]) ? value["to"] : [];
  return peers.some((peer) => isObject(peer) && peer["ipBlock"] === undefined);
}

/** Asked for the same endpoints by every policy that selects them. */
const muteEnds = perWorld(() => new WeakMap<PodEnd, boolean>());

function isMute(world: LintWorld, end: PodEnd): boolean {
  const memo = muteEnds(world);
  const known = memo.get(end) ?? hasNoResolver(world, end);
  memo.set(end, known);
  return known;
}

/** No way to any resolver: not to those that it is known to ask, and to none that the objects do not show. */
function hasNoResolver(world: LintWorld, end: PodEnd): boolean {
  if (!isIsolated(world, end, "egress") || !mayNeedNames(world, end)) return false;
  if (dnsRulesOf(world, end).length > 0) return false;
  return world.set.names.resolvers(end).every((resolver) => {
    if (endKey(resolver.to) === endKey(end)) return false;
    const { candidates } = world.set.engine.walk(connectionToResolver(end, resolver), "egress");
    return !candidates.some(
      ({ deny, portMatches, peerMatches, peerField }) =>
        !deny &&
        portMatches &&
        (peerMatches || !["toEndpoints", "to", "toFQDNs", "toServices"].includes(peerField ?? "")),
    );
  });
}

function mayNeedNames(world: LintWorld, end: PodEnd): boolean {
  const pods = podsOf(end, world.snapshot);
  return pods.length === 0 || pods.some(({ dnsPolicy }) => !["Default", "None"].includes(dnsPolicy));
}

function foundOf(spec: Spec, subjects: readonly PodEnd[], isReal: boolean): Found {
  const { policy, path } = spec;
  const isKnp = policy.kind === "NetworkPolicy";
  const value = isKnp ? knpResolverRule() : resolverRule();
  const steps: readonly EditStep[] = [{ policy: policyName(policy), path: `${path}.egress`, op: "append", value }];
  return {
    ...{ policy, path: `${path}.egress` },
    message:
      "egress is isolated, and no rule of any policy lets it ask DNS: what it is allowed to reach by name it never finds",
    help: "add an egress rule for port 53 of the cluster's resolver, UDP and TCP",
    ...(isReal ? { subjects } : {}),
    steps,
  };
}

function knpResolverRule(): Json {
  const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } };
  return {
    to: [{ namespaceSelector, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
    ports: [
      { port: 53, protocol: "UDP" },
      { port: 53, protocol: "TCP" },
    ],
  };
}
