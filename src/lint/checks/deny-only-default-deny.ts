import { isObject, type Json } from "#model/json.ts";
import type { PodEnd } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { policyName } from "#model/policy.ts";
import { between, HOST } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { nodeEnd, OUTSIDE } from "../probe.ts";
import { holdsFor, type Spec } from "../subjects.ts";
import { withDenials } from "../with-denials.ts";

export const denyOnlyDefaultDeny: Check = {
  id: "deny-only-default-deny",
  severity: "error",
  title: "rules that only deny cut everything else off as well",
  why: "`egressDeny` switches default deny on as `egress` does (Rule.Sanitize sets it by the presence of either section). Where no policy allows anything in that direction, the few destinations that are denied by name make all others denied too: DNS, the API server, probes of other nodes.",
  limits:
    "Silent where another policy of the set allows something in that direction, for every endpoint that it could be about; where `enableDefaultDeny` says false; where the rules deny everything anyway, and where a policy that allows something in the other direction denies the world here (a way to write “nothing”).",
  needs: [],
  find: (world) =>
    withDenials(
      world,
      world.specs.flatMap((spec) => foundIn(world, spec)),
      "deny-only-default-deny",
    ),
  bad: `
name: the metadata service alone is meant
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: no-metadata, namespace: shop}
    spec:
      endpointSelector: {}
      egressDeny: [{toCIDR: [169.254.169.254/32]}]
`,
  good: `
name: denied, and nothing else
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: no-metadata, namespace: shop}
    spec:
      endpointSelector: {}
      enableDefaultDeny: {egress: false}
      egressDeny: [{toCIDR: [169.254.169.254/32]}]
`,
};

const SIDES: readonly Direction[] = ["egress", "ingress"];

function foundIn(world: LintWorld, spec: Spec): readonly Found[] {
  return SIDES.filter((side) => isDenyOnly(spec, side)).flatMap((side) => {
    const known = world.subjects(spec);
    const subjects = holdsFor(known, (end) => isCutOff(world, end, side));
    return subjects.length === 0 ? [] : [foundOf(spec, side, known.isReal ? subjects : [])];
  });
}

function isDenyOnly({ value }: Spec, side: Direction): boolean {
  const filled = (field: string) => Array.isArray(value[field]) && value[field].length > 0;
  const enable = value["enableDefaultDeny"];
  if (!filled(`${side}Deny`) || filled(side) || (isObject(enable) && enable[side] === false)) return false;
  const other = side === "egress" ? "ingress" : "egress";
  return !(filled(other) && deniesOutside(value[`${side}Deny`]));
}

/** The whole world is denied: beside allow rules for the other direction that is a way to write "nothing". */
function deniesOutside(rules: Json | undefined): boolean {
  const all = ["world", "all", "0.0.0.0/0"];
  return (
    Array.isArray(rules) &&
    rules.some((rule) => {
      const peers = isObject(rule) ? ["fromEntities", "toEntities", "fromCIDR", "toCIDR"].map((key) => rule[key]) : [];
      return peers.some((list) => Array.isArray(list) && list.some((item) => all.includes(String(item))));
    })
  );
}

/** Deny rules alone isolate it, and something is denied that none of them names. */
function isCutOff(world: LintWorld, end: PodEnd, side: Direction): boolean {
  const probe = { protocol: "TCP", port: 1 };
  const { defaultDeny, candidates } = world.set.engine.walk(between(end, OUTSIDE, side, probe), side);
  if (defaultDeny.length === 0 || defaultDeny.some(({ element }) => !element.includes(`${side}Deny[`))) return false;
  if (candidates.some(({ deny }) => !deny)) return false;
  const peers = [OUTSIDE, nodeEnd(false), HOST, end];
  return peers.some((peer) => {
    const ruling = world.set.engine.decide(between(end, peer, side, probe))[side];
    return ruling?.decision === "denied" && ruling.by.length === 0;
  });
}

function foundOf({ policy, path }: Spec, side: Direction, subjects: readonly PodEnd[]): Found {
  return {
    ...{ policy, path: `${path}.${side}Deny`, subjects },
    message: `${side}Deny without any ${side} rule switches default deny on: all ${side} is denied, not only what is named here`,
    help: `set \`enableDefaultDeny: {${side}: false}\`, or allow what is meant to pass`,
    steps: [{ policy: policyName(policy), path: `${path}.enableDefaultDeny`, op: "set", key: side, value: false }],
  };
}
