import { isObject, type Json } from "#model/json.ts";
import type { PodEnd } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { OUTSIDE } from "../probe.ts";
import { between, rulePath, ruleSpec } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { holdsFor } from "../subjects.ts";

export const emptyRule: Check = {
  id: "empty-rule",
  severity: "error",
  title: "an empty rule or list that does the opposite of what it is called",
  why: "`ingress: [{}]` isolates and allows nothing in a CiliumNetworkPolicy, and allows everything in a NetworkPolicy. An empty list of peers takes nobody, where one that is left out is everybody. An element of `toPorts` without ports is no port at all beside a peer.",
  limits:
    "`[{}]` is told only where the policy's own name or description says the opposite, since both meanings are in use. Lists of peers and ports that are empty are told where a rule with them can take nothing.",
  isProposal: true,
  needs: [],
  yieldsTo: ["empty-peer-opens"],
  find: (world) => world.rules.flatMap((rule) => [...named(world, rule), ...takesNothing(world, rule)]),
  bad: `
name: the name says allow
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: allow-all-egress, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress: [{}]
`,
  good: `
name: everybody is named
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: allow-all-egress, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress: [{toEntities: [all]}]
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: default-deny, namespace: shop}
    spec:
      endpointSelector: {}
      ingress: [{}]
`,
};

/** `{}` in a policy whose name says the opposite of what it does, and no rule of the set makes up for it. */
function named(world: LintWorld, rule: LintRule): readonly Found[] {
  const { policy, deny, direction, value } = rule;
  if (deny || Object.keys(value).length > 0) return [];
  const isKnp = policy.kind === "NetworkPolicy";
  const says = intentOf(rule);
  if (says !== (isKnp ? "deny" : "allow")) return [];
  const known = world.subjects(ruleSpec(rule));
  const subjects = isKnp ? known.ends.slice(0, 1) : holdsFor(known, (end) => isShut(world, end, direction));
  if (subjects.length === 0) return [];
  const at = { policy, path: rulePath(rule), subjects: known.isReal ? subjects : [] };
  if (isKnp) {
    const message = `${policy.name}: an empty rule \`{}\` of a NetworkPolicy allows all ${direction}`;
    return [
      {
        ...at,
        message,
        help: `write \`${direction}: []\` with ${direction === "egress" ? "Egress" : "Ingress"} in policyTypes`,
      },
    ];
  }
  const all = direction === "egress" ? "toEntities: [all]" : "fromEntities: [all]";
  const message = `${policy.name}: an empty rule \`{}\` isolates ${direction} and allows nothing; it is a NetworkPolicy's that allows everything`;
  const steps = [
    {
      policy: rule.ref.policy,
      path: at.path,
      op: "replace" as const,
      value: { [direction === "egress" ? "toEntities" : "fromEntities"]: ["all"] },
    },
  ];
  return [{ ...at, message, help: `write \`- ${all}\``, steps }];
}

/** What the policy's name or description promises of all traffic; null where it does not say, or says both. */
function intentOf({ policy, spec }: LintRule): "allow" | "deny" | null {
  const text = `${policy.name} ${String(spec["description"] ?? "")}`.toLowerCase();
  const allows = /\b(?:allow|permit|open)[-_ ]?(?:all|any|every)|\ballow-(?:ingress|egress|traffic)\b/.test(text);
  const denies = /deny|block|isolat|restrict|lock/.test(text);
  return allows === denies ? null : allows ? "allow" : "deny";
}

/** Isolated, and nothing of the set lets anybody through. */
function isShut(world: LintWorld, end: PodEnd, direction: Direction): boolean {
  const { defaultDeny, candidates } = world.set.engine.walk(
    between(end, OUTSIDE, direction, { protocol: "TCP", port: 1 }),
    direction,
  );
  const opens = candidates.some(({ deny, peerField, fails }) => !deny && (peerField !== null || fails === "none"));
  return defaultDeny.length > 0 && !opens;
}

/** Empty peer lists that Cilium counts: they take nobody. */
const COUNTED = ["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes"];

/** A rule that can take nothing: an empty list of peers beside ports, or ports that are no ports. */
function takesNothing(world: LintWorld, rule: LintRule): readonly Found[] {
  const { policy, direction, value, deny } = rule;
  if (policy.kind === "NetworkPolicy" || policy.kind === "ClusterNetworkPolicy") return [];
  const side = direction === "egress" ? "to" : "from";
  const isEmpty = (list: Json | undefined) => Array.isArray(list) && list.length === 0;
  const path = rulePath(rule);
  const what = deny ? "denies" : "allows";
  const empty = COUNTED.map((kind) => `${side}${kind}`).find((field) => isEmpty(value[field]));
  const ports: readonly Json[] = Array.isArray(value["toPorts"]) ? value["toPorts"] : [];
  if (empty !== undefined && ports.length > 0) {
    const message = `\`${empty}: []\` takes nobody: the rule ${what} nothing; left out, the field means everybody`;
    return [{ policy, path: `${path}.${empty}`, message, help: "name the peers, or take the rule out" }];
  }
  const noPorts = ports.length > 0 && ports.every((item) => isObject(item) && !hasPorts(item["ports"]));
  if (!noPorts || takesPort(world, rule)) return [];
  const message = `toPorts without a port is no port at all: the rule ${what} nothing`;
  return [{ policy, path: `${path}.toPorts`, message, help: "name the ports; for every port leave toPorts out" }];
}

/** What the engine makes of it: some port that it takes after all. */
function takesPort(world: LintWorld, rule: LintRule): boolean {
  const [subject] = world.subjects(ruleSpec(rule)).each();
  if (subject === undefined) return true;
  return [53, 80, 443].some((port) => {
    const packet = between(subject, OUTSIDE, rule.direction, { protocol: port === 53 ? "UDP" : "TCP", port });
    const { candidates } = world.set.engine.walk(packet, rule.direction);
    return candidates.some(
      ({ rule: ref, portMatches }) => ref.policy === rule.ref.policy && ref.element === rule.ref.element && portMatches,
    );
  });
}

function hasPorts(ports: Json | undefined): boolean {
  return Array.isArray(ports) && ports.length > 0;
}
