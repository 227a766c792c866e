import type { EditStep } from "#analysis/edits/edit-step.ts";
import { isObject, type Json } from "#model/json.ts";
import { rulePath } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";

export const hostRedundant: Check = {
  id: "host-redundant",
  severity: "info",
  title: "host or health let in by name",
  why: "With the agent's default on Kubernetes (`allow-localhost=always`) the pod's own node always gets in, so the kubelet's probes pass without a rule. `health` is who probes Cilium's own health endpoints and nodes; it never calls a workload. The widespread advice to add both is harmless; in a rule for every node it hides that other nodes (`remote-node`) are not let.",
  limits:
    "Silent where the setting is `policy`, with `policyEnforcementMode=always`, for node policies, beside L7 rules (up to 1.19 naming the host makes them filter it), where such rules are all that isolates ingress, and for `health` where a policy may select the health endpoints.",
  needs: [],
  find: (world) =>
    world.config.allowLocalhost === "always" && world.config.policyEnforcementMode === "default"
      ? world.rules.flatMap((rule) => foundIn(world, rule))
      : [],
  bad: `
name: as the tutorials have it
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        - fromEntities: [host, health]
`,
  good: `
name: other nodes are let
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        - fromEntities: [remote-node]
`,
};

function foundIn(world: LintWorld, rule: LintRule): readonly Found[] {
  const { policy, deny, direction, value, spec, ref } = rule;
  const entities: readonly Json[] = Array.isArray(value["fromEntities"]) ? value["fromEntities"] : [];
  if (deny || direction !== "ingress" || entities.length === 0 || spec["nodeSelector"] !== undefined) return [];
  const implied = entities.filter((one) => one === "host" || (one === "health" && policy.namespace !== null));
  if (implied.length === 0 || hasL7(value["toPorts"])) return [];
  const isWhole = implied.length === entities.length;
  const others: readonly Json[] = Array.isArray(spec["ingress"]) ? spec["ingress"] : [];
  if (isWhole && !others.some((one) => one !== value && !isForHost(one))) return [];
  const path = rulePath(rule);
  const at = (entity: Json) => `${path}.fromEntities[${entities.lastIndexOf(entity)}]`;
  const steps: readonly EditStep[] = isWhole
    ? [{ policy: ref.policy, path, op: "remove" }]
    : implied.toReversed().map((one) => ({ policy: ref.policy, path: at(one), op: "remove" }));
  const [what, verb] = implied.length > 1 ? ["`host` and `health`", "need"] : [`\`${String(implied[0])}\``, "needs"];
  const assumed = world.snapshot.config.assumed ? " with the agent's default settings" : "";
  return [
    {
      ...{ policy, path: isWhole ? path : at(implied[0] ?? "") },
      message: `${what} ${verb} no rule${assumed}: the pod's own node always gets in${implied.includes("health") ? ", and health probes call no workload" : ""}`,
      help: "leave it out; name `remote-node` where other nodes have to get in",
      steps,
    },
  ];
}

/** A rule that lets nobody but the host and health in. */
function isForHost(rule: Json): boolean {
  const entities = isObject(rule) ? rule["fromEntities"] : undefined;
  return Array.isArray(entities) && entities.every((one) => one === "host" || one === "health");
}

function hasL7(toPorts: Json | undefined): boolean {
  return Array.isArray(toPorts) && toPorts.some((item) => isObject(item) && item["rules"] !== undefined);
}
