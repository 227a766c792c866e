import { ruleSpec } from "../ask.ts";
import { isSpecific } from "#analysis/selector-text.ts";
import { endName } from "#analysis/end-name.ts";
import { podEnds } from "#analysis/known-ends.ts";
import { rulePorts } from "#analysis/rule-ports.ts";
import { itemsOf } from "#analysis/surprises/written-rules.ts";
import type { End, PodEnd } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { elementPath, type PolicyObject, policyName } from "#model/policy.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import { lintedDenials, type NewDenial } from "../newly-denied.ts";
import { isIsolated } from "../isolation-memo.ts";
import { isolatingPolicy } from "../isolating-policy.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { probe } from "../probe.ts";
import { podPeers } from "../rule-peers.ts";

export const twoSided: Check = {
  id: "two-sided",
  severity: "error",
  title: "one side allows by name what the other side denies",
  why: "A connection passes the source's egress policy on one node and the destination's ingress policy on another; each is decided by itself. A rule that names the other workload says that the two are to talk: where the other side is isolated and has no rule for it, they do not.",
  limits:
    "Needs pods or their workloads. Told where both ends of the rule are named by labels, and none of its ports passes for any pair; a rule for a namespace or an entity that meets a narrower one is no finding, nor is a deny rule.",
  isProposal: true,
  needs: [],
  find: (world) => foundIn(world),
  bad: `
name: the database does not know of the report
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: report-1, namespace: shop, labels: {app: report}}, spec: {containers: [{name: report}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: report, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: report}}
      egress:
        - toEndpoints: [{matchLabels: {app: db}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: api}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
  good: `
name: both sides
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: report-1, namespace: shop, labels: {app: report}}, spec: {containers: [{name: report}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {app: db}}, spec: {containers: [{name: db}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: report, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: report}}
      egress:
        - toEndpoints: [{matchLabels: {app: db}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: api}}, {matchLabels: {app: report}}]
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`,
};

/** So many ends of one side of a rule are tried. */
const MOST_ENDS = 30;

type Port = { readonly port: number; readonly protocol: string };
type Pair = { readonly subject: PodEnd; readonly peer: PodEnd };

function foundIn(world: LintWorld): readonly Found[] {
  const pods = podEnds(world.causes.ends);
  if (pods.length === 0) return [];
  return world.rules.flatMap((rule) => {
    const spec = ruleSpec(rule);
    if (rule.deny || !namesBoth(rule)) return [];
    const ports = portsOf(rule);
    const other: Direction = rule.direction === "egress" ? "ingress" : "egress";
    const known = ports === null ? null : world.subjects(spec);
    if (ports === null || known === null || !known.isReal || known.ends.length > MOST_ENDS) return [];
    const peers = podPeers(rule, world);
    const closed = peers.filter((end) => isIsolated(world, end, other));
    if (peers.length === 0 || peers.length > MOST_ENDS || closed.length < peers.length) return [];
    const pairs = known.ends
      .flatMap((subject) => peers.map((peer) => ({ subject, peer })))
      .filter(({ subject, peer }) => subject !== peer);
    if (pairs.length === 0 || !pairs.every((pair) => isDenied(rule, pair, { ports, other }, world))) return [];
    return [foundOf(rule, pairs, { ports, other }, world)];
  });
}

/** Labels on both ends: of subject and of every peer. */
function namesBoth({ value, spec, direction, policy }: LintRule): boolean {
  const prefix = direction === "egress" ? "to" : "from";
  const peers =
    policy.kind === "NetworkPolicy"
      ? itemsOf(value[prefix]).map((one) => selectorIn(one))
      : itemsOf(value[`${prefix}Endpoints`]);
  const subject = policy.kind === "NetworkPolicy" ? spec["podSelector"] : spec["endpointSelector"];
  return (
    isSpecific(subject) &&
    peers.length > 0 &&
    peers.every((one) => isSpecific(one)) &&
    !/"operator":"(?:NotIn|DoesNotExist)"/.test(JSON.stringify([peers, subject]))
  );
}

function selectorIn(peer: ReturnType<typeof itemsOf>[number]) {
  return typeof peer === "object" && peer !== null && "podSelector" in peer ? peer["podSelector"] : undefined;
}

/** Single numbered ports; [] for a rule without ports; null where there are others. */
function portsOf(rule: LintRule): readonly Port[] | null {
  if (rule.value["icmps"] !== undefined) return null;
  const ports = rulePorts(rule.policy, rule.ref);
  const hasPorts = rule.value["toPorts"] !== undefined || rule.value["ports"] !== undefined;
  if (ports.length === 0) return hasPorts ? null : [];
  if (ports.some(({ port, endPort }) => endPort !== null || !/^[1-9]\d*$/.test(port))) return null;
  return ports.flatMap(({ port, protocol }) =>
    (protocol === "ANY" ? ["TCP", "UDP"] : [protocol]).map((one) => ({ port: Number(port), protocol: one })),
  );
}

type Asked = { readonly ports: readonly Port[]; readonly other: Direction };

/** The rule's own side allows it, and no port passes the other side, by default deny. */
function isDenied(rule: LintRule, { subject, peer }: Pair, { ports, other }: Asked, world: LintWorld): boolean {
  const [from, to] = rule.direction === "egress" ? [subject, peer] : [peer, subject];
  const { engine } = world.set;
  if (ports.length === 0) {
    const { candidates } = engine.walk(probe(from, to, { port: 1 }), other);
    return !candidates.some((one) => one.peerMatches || one.peerField === null || one.deny);
  }
  return ports.every((port) => {
    const decision = engine.decide(probe(from, to, port));
    const ruling = decision[other];
    return decision[rule.direction]?.decision === "allowed" && ruling?.decision === "denied" && ruling.by.length === 0;
  });
}

function foundOf(rule: LintRule, pairs: readonly Pair[], { ports, other }: Asked, world: LintWorld): Found {
  const subjects = [...new Set(pairs.map(({ subject }) => subject))];
  const peers = [...new Set(pairs.map(({ peer }) => peer))];
  const [one, two] = [subjects[0], peers[0]];
  const place = two === undefined ? null : isolatingPolicy(world, two, other);
  const port = ports.length === 0 ? "" : ` on ${[...new Set(ports.map((item) => item.port))].join(", ")}`;
  const [source, target] = rule.direction === "egress" ? [one, two] : [two, one];
  const names = `${source === undefined ? "" : endName(source)} to ${target === undefined ? "" : endName(target)}`;
  const says = `${rule.ref.element} of ${policyName(rule.policy)} allows ${names}${port}`;
  const own: { readonly policy: PolicyObject; readonly path: string } = place ?? {
    policy: rule.policy,
    path: elementPath(rule.ref.element),
  };
  const message = `${says}, and no ${other} rule of ${two === undefined ? "the other side" : endName(two)} does: they cannot talk`;
  const help = `add the ${other} rule on that side, or take the ${rule.direction} rule away if they are not to talk`;
  const seen = peers
    .flatMap((end) => denialsBySubject(world).get(end) ?? [])
    .filter(({ denied: { denial } }) => denial.side === other && subjects.some((end) => end === denial.peer));
  const conversations = [...new Set(seen.map(({ denied }) => denied.denial.conversation))];
  return { ...own, message, help, subjects: peers, peers: subjects, conversations };
}

const denialsBySubject = perWorld((world) => {
  const found = new Map<End, NewDenial[]>();
  for (const one of lintedDenials(world)) {
    const { subject } = one.denied.denial;
    const list = found.get(subject);
    if (list === undefined) found.set(subject, [one]);
    else list.push(one);
  }
  return found;
});
