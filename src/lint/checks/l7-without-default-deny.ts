import { ruleSpec } from "../ask.ts";
import { isObject } from "#model/json.ts";
import type { Check, Found } from "../check.ts";
import { isIsolated } from "../isolation-memo.ts";
import { type L7Item, refusingL7 } from "../l7-rules.ts";
import type { LintWorld } from "../lint-world.ts";
import { holdsFor } from "../subjects.ts";

export const l7WithoutDefaultDeny: Check = {
  id: "l7-without-default-deny",
  severity: "warn",
  title: "L7 rules under enableDefaultDeny: false that filter nothing",
  why: "Where no policy isolates an endpoint in a direction, the agent adds a rule for every request beside the L7 rules of policies with `enableDefaultDeny: false` (createL4Filter, ensureWildcard in pkg/policy/l4.go): the traffic goes through the proxy, and every request passes. As soon as any policy isolates the endpoint the same rules do filter.",
  limits:
    "Silent for rules that refuse nothing (DNS `*`, the usual visibility rule), where another policy isolates some endpoint of the rule, and where enable-non-default-deny-policies is off.",
  needs: [],
  find: (world) =>
    world.config.enableNonDefaultDenyPolicies ? refusingL7(world).flatMap((one) => foundOf(one, world)) : [],
  bad: `
name: only GET is meant
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      enableDefaultDeny: {ingress: false}
      ingress:
        - fromEndpoints: [{matchLabels: {app: probe}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET}]}}]
`,
  good: `
name: another policy isolates
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      enableDefaultDeny: {ingress: false}
      ingress:
        - fromEndpoints: [{matchLabels: {app: probe}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET}]}}]
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: closed, namespace: shop}
    spec: {endpointSelector: {}, ingress: [{}]}
`,
};

function foundOf({ rule, path, kind }: L7Item, world: LintWorld): readonly Found[] {
  const { policy, direction } = rule;
  const enable = rule.spec["enableDefaultDeny"];
  const spec = ruleSpec(rule);
  if (!isObject(enable) || enable[direction] !== false) return [];
  const known = world.subjects(spec);
  const subjects = holdsFor(known, (end) => !isIsolated(world, end, direction));
  if (subjects.length === 0 || (known.isReal && subjects.length < known.ends.length)) return [];
  const what = kind === "dns" ? "every name may be asked" : "every request passes";
  const message = `the ${kind === "dns" ? "DNS" : "HTTP"} rules filter nothing: with \`enableDefaultDeny.${direction}: false\` and no policy that isolates ${direction}, ${what}`;
  const help = `drop \`${direction}: false\` if the rules are to filter, or write them as the visibility rule that they are`;
  return [{ policy, path, message, help, ...(known.isReal ? { subjects } : {}) }];
}
