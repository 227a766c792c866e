import { podEnds } from "#analysis/known-ends.ts";
import { isolatedDirections } from "#analysis/isolation.ts";
import type { PodEnd } from "#model/conversation.ts";
import { policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";

export const auditOpensEnforced: Check = {
  id: "audit-opens-enforced",
  severity: "info",
  title: "audit mode opens what other policies enforced",
  why: "policy-audit-mode is the whole agent's: while it is on for new policies, those that were enforced before let everything pass as well, deny rules too. Where they denied something, that is open now.",
  limits:
    "Looks while policy-audit-mode is on, at policies in force besides the linted ones; an error where the recording holds denials by policy of these endpoints.",
  needs: ["config"],
  find: (world) => (world.config.policyAuditMode ? foundIn(world) : []),
  bad: `
name: the database was closed before
config: {policyAuditMode: true}
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [cluster]}]}
`,
  good: `
name: nothing was enforced before
config: {policyAuditMode: true}
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [cluster]}]}
`,
  recorded: {
    bad: {
      inForce: `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec: {endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]}
`,
    },
    good: {},
  },
};

function foundIn(world: LintWorld): readonly Found[] {
  const linted = new Set(world.linted.map(policyName));
  const others = [...world.before.policies.values()].filter((policy) => !linted.has(policyName(policy)));
  if (others.length === 0) return [];
  const engine = world.before.engine.with(others);
  const open = podEnds(world.causes.ends).filter((end) => isolatedDirections(engine, end).length > 0);
  if (open.length === 0) return [];
  const denied = deniedThere(new Set(open), world);
  const what = denied.length === 0 ? "" : ` (${denied.length} recorded conversations were denied there)`;
  const message = `audit mode is on: ${open.length === 1 ? "an endpoint" : `${open.length} endpoints`} that other policies isolated let everything pass now${what}`;
  const help =
    "put single endpoints into audit mode instead (cilium-dbg endpoint config), or rehearse the policies on a recording";
  const severity = denied.length === 0 ? "info" : "error";
  return [{ policy: null, path: "", message, help, severity, subjects: open, conversations: denied }];
}

function deniedThere(open: ReadonlySet<PodEnd>, world: LintWorld) {
  return world.conversations.filter(({ from, to, verdicts }) =>
    verdicts.some(({ verdict, side }) => {
      const subject = side === "egress" ? from : to;
      return verdict === "DROPPED" && subject.kind === "pod" && open.has(subject);
    }),
  );
}
