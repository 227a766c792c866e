import { itemsOf } from "#analysis/surprises/written-rules.ts";
import { specPath } from "#analysis/element.ts";
import type { PodEnd } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { isObject, type JsonObject } from "#model/json.ts";
import { policyName, type RuleRef } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import { fromSurprises } from "../from-surprises.ts";
import { isIsolated } from "../isolation-memo.ts";
import type { LintWorld } from "../lint-world.ts";
import { OUTSIDE, probe } from "../probe.ts";
import { holdsFor, type Spec } from "../subjects.ts";

export const defaultDenyConflict: Check = {
  id: "default-deny-conflict",
  severity: "warn",
  title: "enableDefaultDeny that does not do what it says",
  why: "Whether an endpoint is isolated in a direction is the OR over all policies that select it: `false` in one of them only says that this one does not isolate. A deny-only policy with `false` is no use where another deny-only policy without it isolates the endpoint; an allow list under `false` restricts nothing until some policy isolates; `true` for a direction without rules is never looked at.",
  limits:
    "One policy that isolates beside others with `false` is the usual additive pattern and no finding. Rules that match everything, or that only show DNS or HTTP (rules that refuse nothing), are no restriction.",
  needs: [],
  yieldsTo: ["l7-without-default-deny"],
  find: (world) => [
    ...fromSurprises(world, "idle-default-deny", "write a rule for the direction, or drop the line"),
    ...(world.config.enableNonDefaultDenyPolicies ? world.specs.flatMap((spec) => foundOf(spec, world)) : []),
  ],
  bad: `
name: the other deny rule isolates
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: no-metadata, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      enableDefaultDeny: {egress: false}
      egressDeny: [{toCIDR: [169.254.169.254/32]}]
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: no-smtp, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egressDeny: [{toEntities: [world], toPorts: [{ports: [{port: "25", protocol: TCP}]}]}]
`,
  good: `
name: both leave the rest alone
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: no-metadata, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      enableDefaultDeny: {egress: false}
      egressDeny: [{toCIDR: [169.254.169.254/32]}]
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: no-smtp, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      enableDefaultDeny: {egress: false}
      egressDeny: [{toEntities: [world], toPorts: [{ports: [{port: "25", protocol: TCP}]}]}]
`,
};

const DIRECTIONS: readonly Direction[] = ["ingress", "egress"];

function foundOf(spec: Spec, world: LintWorld): readonly Found[] {
  const enable = spec.value["enableDefaultDeny"];
  if (!isObject(enable)) return [];
  return DIRECTIONS.flatMap((direction) => {
    if (enable[direction] !== false) return [];
    const allows = itemsOf(spec.value[direction]);
    if (allows.length > 0) return restrictsNothing(spec, direction, world);
    return itemsOf(spec.value[`${direction}Deny`]).length > 0 ? overruled(spec, direction, world) : [];
  });
}

function restrictsNothing(spec: Spec, direction: Direction, world: LintWorld): readonly Found[] {
  const restricting = itemsOf(spec.value[direction]).filter((rule) => isObject(rule) && restricts(rule));
  const known = world.subjects(spec);
  const open = holdsFor(known, (end) => !isIsolated(world, end, direction));
  if (restricting.length === 0 || open.length === 0 || (known.isReal && open.length < known.ends.length)) return [];
  const message = `the ${direction} allow list restricts nothing: it has \`enableDefaultDeny.${direction}: false\`, and no policy isolates these endpoints in that direction`;
  const help = `drop \`${direction}: false\`, or add the policy that isolates them (\`${direction}: [{}]\`)`;
  return [
    {
      policy: spec.policy,
      path: `${spec.path}.enableDefaultDeny.${direction}`,
      message,
      help,
      ...(known.isReal ? { subjects: open } : {}),
    },
  ];
}

/** A rule that leaves something out: peers or ports; one with L7 rules is there to show traffic. */
function restricts(rule: JsonObject): boolean {
  const peers = Object.keys(rule).filter((key) => /^(?:from|to)[A-Z]/.test(key) && key !== "toPorts");
  const ports = itemsOf(rule["toPorts"]);
  if (ports.some((item) => isObject(item) && isObject(item["rules"]))) return false;
  const isAll = peers.some((key) => itemsOf(rule[key]).some((one) => one === "all"));
  return !isAll || ports.length > 0 || rule["icmps"] !== undefined;
}

/** Nothing but deny rules isolates, and this one says that it does not want that. */
function overruled(spec: Spec, direction: Direction, world: LintWorld): readonly Found[] {
  const known = world.subjects(spec);
  const isolating = new Set<string>();
  const subjects = holdsFor(known, (end) => {
    const rules = isolatingRules(end, direction, world);
    for (const rule of rules) isolating.add(rule.policy);
    return rules.length > 0 && rules.every((rule) => isDenyOnly(rule, direction, world));
  });
  const [other] = [...isolating].filter((name) => name !== policyName(spec.policy));
  if (subjects.length === 0 || other === undefined) return [];
  const message = `\`enableDefaultDeny.${direction}: false\` is without effect here: ${other}, which only denies, isolates the same endpoints`;
  const help = `give ${other} \`enableDefaultDeny: {${direction}: false}\` as well`;
  return [
    {
      policy: spec.policy,
      path: `${spec.path}.enableDefaultDeny.${direction}`,
      message,
      help,
      ...(known.isReal ? { subjects } : {}),
    },
  ];
}

function isolatingRules(end: PodEnd, direction: Direction, world: LintWorld): readonly RuleRef[] {
  const connection = direction === "egress" ? probe(end, OUTSIDE, { port: 1 }) : probe(OUTSIDE, end, { port: 1 });
  return world.set.engine.walk(connection, direction).defaultDeny;
}

function isDenyOnly(rule: RuleRef, direction: Direction, world: LintWorld): boolean {
  const path = specPath(rule.element);
  const value = world.set.policies.get(rule.policy)?.value;
  const specs = value?.["specs"];
  const spec =
    path === "spec" ? value?.["spec"] : Array.isArray(specs) ? specs[Number(/\d+/.exec(path)?.[0])] : undefined;
  return isObject(spec) && itemsOf(spec[direction]).length === 0 && itemsOf(spec[`${direction}Deny`]).length > 0;
}
