import { ruleSpec } from "../ask.ts";
import { durationText } from "#analysis/evidence.ts";
import { elementPath } from "#model/policy.ts";
import type { Check } from "../check.ts";
import { ruleUses, useKey } from "../long-window.ts";

const WEEKS = {
  coverage: {
    ...{ from: 0, to: 1_814_400_000, windowSeconds: 1_814_400, flows: 9000 },
    nodes: [{ name: "node-1", flows: 9000, from: 0, to: 1_814_400_000 }],
  },
};

export const deadRule: Check = {
  id: "dead-rule",
  severity: "info",
  title: "a rule that nothing used in weeks",
  why: "A rule that nothing uses is an opening that nobody needs, or one that was meant for something that goes another way. Which of the two only a recording can tell that would have shown its use: two weeks, every node and every workload heard, nothing lost.",
  limits:
    "Silent for shorter or thinner recordings, and for policies whose endpoints are not known. Rules that can be shown not to work are told by checks of their own (peer-matches-nothing, port-service, hairpin-dead).",
  needs: ["objects", "flows"],
  find: (world) => {
    const uses = ruleUses(world);
    if (uses === null) return [];
    const window = durationText(world.snapshot.traffic.coverage.windowSeconds);
    return world.rules.flatMap((rule) => {
      if (rule.deny || uses.has(useKey(rule)) || Object.keys(rule.value).length === 0) return [];
      const { isReal, ends } = world.subjects(ruleSpec(rule));
      if (!isReal || ends.length === 0) return [];
      const message = `nothing used this rule in ${window} of recording, with every node and workload heard`;
      const help = "take it away, or keep it with a comment that says what it is for";
      return [{ policy: rule.policy, path: elementPath(rule.ref.element), message, help, subjects: ends }];
    });
  },
  bad: `
name: a rule for an old metrics port
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {nodeName: node-1, containers: [{name: api}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "9102", protocol: TCP}]}]
connections:
  - {from: shop/web-1, to: shop/api-1, port: 8080, expect: {}}
`,
  good: `
name: both are used
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {nodeName: node-1, containers: [{name: api}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "9102", protocol: TCP}]}]
connections:
  - {from: shop/web-1, to: shop/api-1, port: 8080, expect: {}}
  - {from: shop/web-1, to: shop/api-1, port: 9102, expect: {}}
`,
  recorded: { bad: WEEKS, good: WEEKS },
};
