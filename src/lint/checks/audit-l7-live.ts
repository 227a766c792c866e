import { ruleSpec } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import { isIsolated } from "../isolation-memo.ts";
import { type L7Item, refusingL7 } from "../l7-rules.ts";
import type { LintWorld } from "../lint-world.ts";
import { holdsFor } from "../subjects.ts";

export const auditL7Live: Check = {
  id: "audit-l7-live",
  severity: "warn",
  title: "audit mode is on, and L7 rules refuse all the same",
  why: "Policy audit mode is the datapath's: it lets packets pass that policy would drop. The DNS proxy and Envoy know nothing of it: a name or a request that the rules do not list is answered with REFUSED or 403 from the moment the policy is applied. In the lab a `rules.dns` too narrow cut an application off under audit.",
  limits:
    "Needs the configuration, and looks only while policy-audit-mode is on. Silent for rules that refuse nothing, and where nothing isolates the endpoint in that direction: there L7 rules do not filter.",
  needs: ["config"],
  find: (world) => (world.config.policyAuditMode ? refusingL7(world).flatMap((one) => foundOf(one, world)) : []),
  bad: `
name: a narrow DNS rule under audit
config: {policyAuditMode: true}
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*.example.com"}]}}]
`,
  good: `
name: every name may be asked
config: {policyAuditMode: true}
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
`,
};

function foundOf({ rule, path, kind }: L7Item, world: LintWorld): readonly Found[] {
  const known = world.subjects(ruleSpec(rule));
  const subjects = holdsFor(known, (end) => isIsolated(world, end, rule.direction));
  if (subjects.length === 0) return [];
  const [what, how] = kind === "dns" ? ["names", "REFUSED"] : ["requests", "403"];
  const message = `audit mode does not reach the proxies: ${what} that these rules do not list are refused for real (${how})`;
  const help = "hold the rules against what is really asked before you apply them, or leave them out while auditing";
  return [{ policy: rule.policy, path, message, help, ...(known.isReal ? { subjects } : {}) }];
}
