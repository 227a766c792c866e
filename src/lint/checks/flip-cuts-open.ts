import type { Conversation } from "#model/conversation.ts";
import type { Direction, Ruling } from "#model/decision.ts";
import { elementPath, type PolicyObject, policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { aboutDenials, grouped, isOpen, type NewDenial, newDenials } from "../newly-denied.ts";

export const flipCutsOpen: Check = {
  id: "flip-cuts-open",
  severity: "warn",
  title: "open connections that the change cuts",
  why: "A policy verdict is made for a new connection or a refused packet alone, so audit mode is silent about connections that are open: pools, replication, websockets. Enforcing refuses their next packet (bpf_lxc.c looks policy up for established packets too). A connection that comes under HTTP or TLS rules, or leaves them, is moved to or from the proxy as soon as the policy is applied, under audit mode as well, and breaks.",
  limits:
    "Open is what shows established packets without their SYN in the recording, or was still open at its end; idle connections are in no recording.",
  needs: ["flows"],
  yieldsTo: ["ccnp-wide", "self-lockout"],
  find: (world) => [
    ...grouped(newDenials(world).filter(({ denied }) => isOpen(denied.denial.conversation))).map(cut),
    ...world.conversations.flatMap((one) => moved(one, world)),
  ],
  bad: `
name: a pool that is open
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: pay-1, namespace: shop, labels: {app: pay}}, spec: {containers: [{name: pay}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]
connections:
  - {from: shop/pay-1, to: shop/db-1, port: 5432, expect: {}}
`,
  good: `
name: the pool is admitted
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: pay-1, namespace: shop, labels: {app: pay}}, spec: {containers: [{name: pay}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress: [{fromEndpoints: [{matchLabels: {app: pay}}]}]
connections:
  - {from: shop/pay-1, to: shop/db-1, port: 5432, expect: {}}
`,
  recorded: { bad: { conversation: { openBefore: true } }, good: { conversation: { openBefore: true } } },
};

/** A denial is an error like any other (newly-denied), only that audit mode never shows it. */
function cut(group: readonly [NewDenial, ...NewDenial[]]): Found {
  const [{ denied, policy, path }] = group;
  return {
    ...{ policy, path, severity: denied.cause === "deny-rule" ? "warn" : "error", ...aboutDenials(group) },
    message: `cut when enforced, and audit mode does not show it: the connection is open. ${denied.sentence}`,
    help: "allow it, or restart the client while auditing so that it shows, before you enforce",
  };
}

const SIDES: readonly Direction[] = ["egress", "ingress"];

function moved(conversation: Conversation, world: LintWorld): readonly Found[] {
  if (conversation.protocol !== "TCP" || !isOpen(conversation)) return [];
  const before = world.before.judge(conversation).decision;
  const after = world.set.judge(conversation).decision;
  return SIDES.flatMap((side) => {
    const [was, will] = [before[side], after[side]];
    if (was?.decision === "denied" || was?.decision === "undecided" || will?.decision !== "allowed") return [];
    const [from, to] = [redirectOf(was), redirectOf(will)];
    const rule = place(to === null ? was : will, world);
    if (from === to || rule === null) return [];
    const message = `an open connection is cut when the policy is applied, under audit mode too: it ${to === null ? `leaves the ${from} proxy` : `moves to the ${to} proxy`}`;
    const help = "apply it when the clients may reconnect, and restart those that do not by themselves";
    const [subject, peer] =
      side === "egress" ? [conversation.from, conversation.to] : [conversation.to, conversation.from];
    return [{ ...rule, message, help, subjects: [subject], peers: [peer], conversations: [conversation] }];
  });
}

function redirectOf(ruling: Ruling | null | undefined): string | null {
  return ruling?.decision === "allowed" ? ruling.redirect : null;
}

/** The linted rule behind a ruling; the linted policy of its name where the rule is gone. */
function place(
  ruling: Ruling | null | undefined,
  world: LintWorld,
): { readonly policy: PolicyObject; readonly path: string } | null {
  for (const rule of ruling?.by ?? []) {
    const policy = world.linted.find((one) => policyName(one) === rule.policy);
    if (policy === undefined) continue;
    const isThere = world.set.engine.rules.some(
      ({ rule: one }) => one.policy === rule.policy && one.element === rule.element,
    );
    return { policy, path: isThere ? elementPath(rule.element) : "" };
  }
  return null;
}
