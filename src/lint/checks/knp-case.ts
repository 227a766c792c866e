import { SEMANTICS } from "#engine/semantics.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { writtenPorts } from "../written-ports.ts";

export const knpCase: Check = {
  id: "knp-case",
  severity: "error",
  title: "an upper-case port name in a NetworkPolicy never matches",
  why: "A container port's name is lower case. Up to Cilium 1.18 the agent lower-cased port names in a NetworkPolicy; from 1.19 on it takes them as they are written, and one with an upper-case letter is no container's. A CiliumNetworkPolicy's names are still lower-cased.",
  limits: "Silent for 1.18. An API server that checks names may refuse the object already.",
  needs: [],
  find: knpCases,
  bad: `
name: container ports are lower case
objects:
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress:
        - from: [{podSelector: {matchLabels: {app: proxy}}}]
          ports: [{port: HTTP, protocol: TCP}]
`,
  good: `
name: as the container has it
objects:
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress:
        - from: [{podSelector: {matchLabels: {app: proxy}}}]
          ports: [{port: http, protocol: TCP}]
`,
};

function knpCases(world: LintWorld): readonly Found[] {
  if (SEMANTICS[world.minor].knpSanitized) return [];
  const assumed = world.snapshot.cilium.assumed ? ` (taking the cluster for Cilium ${world.minor})` : "";
  return world.rules
    .filter(({ policy }) => policy.kind === "NetworkPolicy")
    .flatMap((rule) =>
      writtenPorts(rule).flatMap(({ port, path }): readonly Found[] => {
        const lower = port.toLowerCase();
        if (lower === port) return [];
        const { policy } = rule;
        const message = `port name \`${port}\` is compared as written: no container port has an upper-case letter, so the rule takes nothing${assumed}`;
        const steps = [{ policy: rule.ref.policy, path: `${path}.port`, op: "replace" as const, value: lower }];
        return [{ policy, path: `${path}.port`, message, help: `write \`${lower}\``, steps }];
      }),
    );
}
