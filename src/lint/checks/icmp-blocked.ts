import type { ExplainedDenial } from "#analysis/holes.ts";
import { valueAt } from "#analysis/element.ts";
import type { EditStep } from "#analysis/edits/edit-step.ts";
import type { Candidate } from "#model/connection.ts";
import { specPath } from "#analysis/element.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { aboutExplained } from "../from-denials.ts";
import { lintedByName } from "../per-world.ts";

export const icmpBlocked: Check = {
  id: "icmp-blocked",
  severity: "warn",
  title: "a ping between ends that only port rules connect",
  why: "A rule with ports allows no ICMP: ports belong to TCP, UDP and SCTP. What is pinged to tell whether it is up looks down once the rule is in force. ICMP needs a rule of its own with `icmps`, for each family: echo is type 8 in IPv4 and 128 in IPv6.",
  limits:
    "Echo requests of a recording alone. Path MTU messages are never meant: they belong to the connection that they are about, or pass by default.",
  needs: ["flows"],
  find: found,
  bad: `
name: the probe pings first
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: probe-1, namespace: shop, labels: {app: probe}}, spec: {containers: [{name: probe}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: probe}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: shop/probe-1, to: shop/web-1, protocol: ICMP, icmpType: 8, expect: {}}
`,
  good: `
name: a rule for the ping
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: probe-1, namespace: shop, labels: {app: probe}}, spec: {containers: [{name: probe}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: probe}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        - fromEndpoints: [{matchLabels: {app: probe}}]
          icmps: [{fields: [{type: 8, family: IPv4}]}]
connections:
  - {from: shop/probe-1, to: shop/web-1, protocol: ICMP, icmpType: 8, expect: {}}
`,
};

type Group = { readonly policy: PolicyObject; readonly candidate: Candidate; readonly denials: ExplainedDenial[] };

function found(world: LintWorld): readonly Found[] {
  const linted = lintedByName(world);
  const groups = new Map<string, Group>();
  for (const one of world.denied()) {
    const candidate = isEcho(one) ? portRule(one) : undefined;
    const policy = candidate === undefined ? undefined : linted.get(candidate.rule.policy);
    if (candidate === undefined || policy === undefined) continue;
    const key = `${candidate.rule.policy} ${candidate.rule.element} ${one.denial.conversation.protocol}`;
    const group = groups.get(key) ?? { policy, candidate, denials: [] };
    group.denials.push(one);
    groups.set(key, group);
  }
  return [...groups.values()].map(foundOf);
}

function isEcho({ denial: { conversation, ruling } }: ExplainedDenial): boolean {
  const { protocol, icmpType } = conversation;
  const isRequest = ["ICMP", "ICMPv4"].includes(protocol) ? icmpType === 8 : protocol === "ICMPv6" && icmpType === 128;
  return isRequest && ruling.decision === "denied" && ruling.by.length === 0;
}

/** The allow rule that takes the peer, and the ports alone keep the ping out. */
function portRule({ denial }: ExplainedDenial): Candidate | undefined {
  return denial.walk.candidates.find(
    ({ deny, peerField, peerMatches, portMatches }) => !deny && peerField !== null && peerMatches && !portMatches,
  );
}

function foundOf({ policy, candidate, denials }: Group): Found {
  const path = elementPath(candidate.rule.element);
  const [first] = denials;
  const isSix = first?.denial.conversation.protocol === "ICMPv6";
  const field = candidate.peerField ?? "";
  const peers = valueAt(policy.value, `${path}.${field}`);
  const icmps = [{ fields: [{ type: isSix ? 128 : 8, family: isSix ? "IPv6" : "IPv4" }] }];
  const isKnp = policy.kind === "NetworkPolicy";
  const list = `${specPath(candidate.rule.element)}.${first?.denial.side ?? "ingress"}`;
  const steps: readonly EditStep[] =
    isKnp || peers === undefined
      ? []
      : [{ policy: candidate.rule.policy, path: list, op: "append", value: { [field]: peers, icmps } }];
  return {
    ...{ policy, path, steps },
    message: `the rule allows ports, and a ping has none: ${isSix ? "ICMPv6" : "ICMP"} echo between the same ends is denied`,
    help: isKnp ? "write a CiliumNetworkPolicy with `icmps`" : "add a rule for the same peer with `icmps`",
    ...aboutExplained(denials),
  };
}
