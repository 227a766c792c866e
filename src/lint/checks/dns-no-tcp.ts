import type { Resolver } from "#analysis/learned-names.ts";
import type { PodEnd } from "#model/conversation.ts";
import { answerFor, between, ruleSpec } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { holdsFor } from "../subjects.ts";
import { plainNumber, type WrittenPort, writtenPorts } from "../written-ports.ts";

export const dnsNoTcp: Check = {
  id: "dns-no-tcp",
  severity: "warn",
  title: "DNS is allowed over UDP only",
  why: "An answer that does not fit into a UDP packet comes back truncated, and the resolver asks again over TCP on the same port. Where that is denied, names with many addresses or long answers fail, and only they: a fault that comes and goes with what the answer holds.",
  limits:
    "Looks at port 53 of the resolvers that a subject is known to ask, without objects and flows CoreDNS in kube-system. Silent where another rule of the subject allows TCP.",
  needs: [],
  find: (world) => world.rules.flatMap((rule) => (isUdpRule(rule) ? foundIn(world, rule) : [])),
  bad: `
name: UDP only
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts:
            - ports: [{port: "53", protocol: UDP}]
              rules: {dns: [{matchPattern: "*"}]}
`,
  good: `
name: both
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts:
            - ports: [{port: "53", protocol: ANY}]
              rules: {dns: [{matchPattern: "*"}]}
`,
};

function isUdpRule({ deny, direction }: LintRule): boolean {
  return !deny && direction === "egress";
}

function foundIn(world: LintWorld, rule: LintRule): readonly Found[] {
  const ports = writtenPorts(rule).filter((one) => plainNumber(one) === 53);
  const udp = ports.find(({ protocol }) => protocol === "UDP");
  if (udp === undefined || ports.some(({ protocol }) => protocol !== "UDP")) return [];
  const known = world.subjects(ruleSpec(rule));
  const subjects = holdsFor(known, (end) => isUdpOnly(world, rule, end));
  return subjects.length === 0 ? [] : [foundOf(rule, udp, known.isReal ? subjects : [])];
}

/** One of its resolvers is let over UDP by this very rule, and denied over TCP by all. */
function isUdpOnly(world: LintWorld, rule: LintRule, end: PodEnd): boolean {
  const answer = ({ to }: Resolver, protocol: string) =>
    answerFor(world, between(end, to, "egress", { protocol, port: 53 }), "egress");
  return world.set.names
    .resolvers(end)
    .filter(({ to, port }) => port === 53 && world.set.engine.selectsPeer(rule.ref, to))
    .some((resolver) => answer(resolver, "UDP") === "allowed" && answer(resolver, "TCP") === "denied");
}

function foundOf(
  { policy, ref }: LintRule,
  { path, listPath, value }: WrittenPort,
  subjects: readonly PodEnd[],
): Found {
  const port = value["port"] ?? "53";
  return {
    ...{ policy, path, subjects },
    message:
      "port 53 is allowed over UDP only: an answer that does not fit is asked for again over TCP, and that is denied",
    help: "allow TCP as well",
    steps: [{ policy: ref.policy, path: listPath, op: "append", value: { port, protocol: "TCP" } }],
  };
}
