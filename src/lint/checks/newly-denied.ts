import type { Check, Found } from "../check.ts";
import { aboutDenials, grouped, isOpen, type NewDenial, newDenials } from "../newly-denied.ts";

/** Causes that have a check of their own, and checks that say it more exactly. */
const MORE_EXACT = [
  "flip-cuts-open",
  "self-lockout",
  "two-sided",
  "lb-identity",
  "ccnp-wide",
  "apiserver-egress",
  "dns-resolver-mismatch",
  "dns-filter-depth",
  "dns-rule-by-accident",
  "icmp-blocked",
  "always-denies-host",
  "named-port",
  "port-text",
  "l7-regex",
  "label-not-identity",
  "cidr-cluster",
  "deny-only-default-deny",
  "dns-missing",
  "fqdn-apex",
  "fqdn-no-dns-rule",
  "fqdn-search-domain",
  "hairpin-dead",
  "hostnet-peer",
  "node-entity",
  "ns-scope",
  "peer-matches-nothing",
  "port-service",
  "scrape-missing",
  "webhook-ingress",
];

export const newlyDenied: Check = {
  id: "newly-denied",
  severity: "error",
  title: "traffic that passes today and that the policies deny",
  why: "Every recorded conversation is decided under all policies that would be in force, both sides of it: the source's egress and the destination's ingress are two decisions, on two nodes. What passes today and is denied then breaks when the policies are enforced. Audit mode shows it only for connections opened while it is on.",
  limits:
    "Knows what was recorded. Where a check explains the denial (a Service's port, a name that is never learned, …) that one speaks; connections that are open are flip-cuts-open. What a deny rule denies is a warning: it may be meant.",
  isProposal: true,
  needs: ["flows"],
  yieldsTo: MORE_EXACT,
  find: (world) => grouped(newDenials(world).filter(({ denied }) => !isOpen(denied.denial.conversation))).map(foundOf),
  bad: `
name: nobody thought of the backup
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: backup-1, namespace: shop, labels: {app: backup}}, spec: {containers: [{name: backup}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: api}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
connections:
  - {from: shop/backup-1, to: shop/db-1, port: 5432, expect: {}}
`,
  good: `
name: the backup is admitted
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: backup-1, namespace: shop, labels: {app: backup}}, spec: {containers: [{name: backup}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: api}}, {matchLabels: {app: backup}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
connections:
  - {from: shop/backup-1, to: shop/db-1, port: 5432, expect: {}}
`,
};

function foundOf(group: readonly [NewDenial, ...NewDenial[]]): Found {
  const [{ denied, policy, path }] = group;
  const isMeant = denied.cause === "deny-rule";
  return {
    ...{ policy, path, message: `passes today and is denied then: ${denied.sentence}` },
    help: isMeant
      ? "if that is meant, ignore it with a reason"
      : "allow it if it is wanted; see ringfence rehearse for both sides of it",
    ...(isMeant ? { severity: "warn" as const } : {}),
    ...aboutDenials(group),
    ...(isMeant || group.length > 1 ? {} : { steps: denied.steps[0] ?? [] }),
  };
}
