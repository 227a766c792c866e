import { ruleSpec } from "../ask.ts";
import type { PodEnd } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { isObject } from "#model/json.ts";
import { elementPath, policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { OUTSIDE, probe } from "../probe.ts";
import { holdsFor } from "../subjects.ts";

export const authConflict: Check = {
  id: "auth-conflict",
  severity: "error",
  title: "two authentication modes for one peer and port",
  why: "Rules for the same selector and port are merged, and two authentication modes cannot be (mergeAllows: “cannot merge conflicting authentication types”). The agent then cannot compute the endpoint's policy at all: it keeps its former one, and every later change to any of its policies is without effect.",
  limits:
    "Told where the engine meets the conflict, with the objects given or for any endpoint that the rules could select.",
  needs: [],
  find: (world) => world.rules.flatMap((rule) => foundOf(rule, world)),
  bad: `
name: required here, disabled there
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: api}}]
          authentication: {mode: required}
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
        - fromEndpoints: [{matchLabels: {app: api}}]
          authentication: {mode: disabled}
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
  good: `
name: one mode
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: api}}]
          authentication: {mode: required}
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
};

function foundOf(rule: LintRule, world: LintWorld): readonly Found[] {
  const { authentication } = rule.value;
  if (!isObject(authentication)) return [];
  const known = world.subjects(ruleSpec(rule));
  const errors = new Set<string>();
  const subjects = holdsFor(known, (end) => {
    const error = conflict(world, end, rule.direction);
    if (error !== null) errors.add(error);
    return error !== null;
  });
  const [error] = errors;
  if (subjects.length === 0 || error === undefined) return [];
  const others = world.rules.filter(
    (one) => one !== rule && one.direction === rule.direction && isObject(one.value["authentication"]),
  );
  const near = others.find((one) => modeOf(one) !== modeOf(rule));
  const where =
    near === undefined
      ? ""
      : `; ${near.ref.policy === rule.ref.policy ? "" : `${policyName(near.policy)} `}${near.ref.element} says ${modeOf(near)}`;
  const path = `${elementPath(rule.ref.element)}.authentication`;
  const message = `the agent cannot compute the endpoint's policy and keeps the former one: ${error}${where}`;
  const help = "give one mode to all rules of this peer and port";
  return [{ policy: rule.policy, path, message, help, ...(known.isReal ? { subjects } : {}) }];
}

function modeOf({ value }: LintRule): string {
  const { authentication } = value;
  return isObject(authentication) ? String(authentication["mode"]) : "";
}

/** What the engine says of an endpoint whose policy has two modes; null where it can be computed. */
function conflict(world: LintWorld, end: PodEnd, direction: Direction): string | null {
  const connection = direction === "egress" ? probe(end, OUTSIDE, { port: 1 }) : probe(OUTSIDE, end, { port: 1 });
  const ruling = world.set.engine.decide(connection)[direction];
  if (ruling?.decision !== "undecided") return null;
  return /cannot merge conflicting authentication types.*$/.exec(ruling.missing.what)?.[0] ?? null;
}
