import { ruleSpec } from "../ask.ts";
import { itemsAt } from "#analysis/element.ts";
import type { PodEnd } from "#model/conversation.ts";
import type { Ruling } from "#model/decision.ts";
import { isObject } from "#model/json.ts";
import { elementPath, type PolicyObject, type RuleRef } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import { isIsolated } from "../isolation-memo.ts";
import { type L7Item, refusingL7 } from "../l7-rules.ts";
import type { LintWorld } from "../lint-world.ts";
import { type PeerSample, peerSamples } from "../peer-samples.ts";
import { probe } from "../probe.ts";
import type { Subjects } from "../subjects.ts";

export const l7Shadowed: Check = {
  id: "l7-shadowed",
  severity: "warn",
  title: "L7 rules that another allow makes void",
  why: "Envoy takes a request that any rule for the peer and port takes, plain rules among them: beside a plain allow of the same peers and port, by labels, entity, range or without ports, HTTP rules restrict nothing, and the traffic still pays for the proxy. The DNS proxy looks at rules of exactly its port alone: only a plain allow of that port opens it.",
  limits:
    "Told where another allow takes every peer of the rule on the port; an exemption for some of its peers is no finding. Silent for named ports, policies of more than 100 endpoints, and where peers are Services, nodes or cloud groups.",
  needs: [],
  yieldsTo: ["l7-without-default-deny"],
  find: (world) => refusingL7(world).flatMap((one) => foundOf(one, world)),
  bad: `
name: the same port without rules
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: probe}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET}]}}]
        - fromEndpoints: [{}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
  good: `
name: the plain rule is for others
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: probe}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET}]}}]
        - fromEndpoints: [{matchLabels: {app: admin}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
`,
};

type Port = { readonly port: number; readonly protocol: string };

function foundOf(item: L7Item, world: LintWorld): readonly Found[] {
  const subjects = world.subjects(ruleSpec(item.rule));
  const peers = peerSamples(item.rule, world);
  if (peers === null) return [];
  const found = portsOf(item).flatMap((port) => {
    const openers = openedBy(item, port, { subjects, peers }, world);
    return openers === null ? [] : [{ port, openers }];
  });
  const [first] = found;
  if (first === undefined) return [];
  const { rule, path, kind } = item;
  const others = first.openers.filter((one) => one.policy !== rule.ref.policy || one.element !== rule.ref.element);
  const who = others[0] === undefined ? "another element of this rule" : `${others[0].element} of ${others[0].policy}`;
  const ports = found.map(({ port }) => port.port).join(", ");
  const message = `${kind === "dns" ? "DNS" : "HTTP"} rules on port ${ports} restrict nothing: ${who} allows the same peers there without them`;
  const help = "take the port out of the plain rule, or drop the L7 rules if all of it is meant to pass";
  return [{ policy: rule.policy, path, message, help, ...(subjects.isReal ? { subjects: subjects.ends } : {}) }];
}

/** Single numbered ports. */
function portsOf({ item, kind }: L7Item): readonly Port[] {
  const ports = Array.isArray(item["ports"]) ? item["ports"] : [];
  return ports.flatMap((one) => {
    const port = isObject(one) && one["endPort"] === undefined ? Number(one["port"]) : Number.NaN;
    if (!isObject(one) || !Number.isInteger(port) || port === 0) return [];
    const protocol = String(one["protocol"] ?? "ANY");
    return [{ port, protocol: protocol === "ANY" ? (kind === "dns" ? "UDP" : "TCP") : protocol }];
  });
}

/** So many subjects are asked for; where there are more the answer is open, and nothing is said. */
const MOST_SUBJECTS = 100;
const MOST_MADE_UP = 30;

type Sides = { readonly subjects: Subjects; readonly peers: readonly PeerSample[] };

/** The rules that let the refused request through, the most frequent first; null where it is refused for one subject or peer. */
function openedBy(item: L7Item, port: Port, { subjects, peers }: Sides, world: LintWorld): readonly RuleRef[] | null {
  const openers = new Map<string, { readonly rule: RuleRef; times: number }>();
  let tried = 0;
  for (const end of subjects.each()) {
    if (++tried > (subjects.isReal ? MOST_SUBJECTS : MOST_MADE_UP)) return null;
    if (!isIsolated(world, end, item.rule.direction)) return null;
    for (const peer of peers) {
      const by = passedBy(item, port, { end, peer }, world);
      if (by === null) return null;
      for (const rule of by) {
        const opener = openers.get(`${rule.policy} ${rule.element}`) ?? { rule, times: 0 };
        opener.times++;
        openers.set(`${rule.policy} ${rule.element}`, opener);
      }
    }
  }
  const refs = [...openers.values()].sort((a, b) => b.times - a.times).map(({ rule }) => rule);
  return refs.length === 0 || refs.some((ref) => negates(ref, world)) ? null : refs;
}

/** The rules that let the request through for these two; null where it is refused. */
function passedBy(
  { rule, request }: L7Item,
  port: Port,
  { end, peer }: { readonly end: PodEnd; readonly peer: PeerSample },
  world: LintWorld,
): readonly RuleRef[] | null {
  const asked = { ...port, request };
  const plain = rule.direction === "ingress" ? probe(peer.end, end, asked) : probe(end, peer.end, asked);
  const connection = { ...plain, names: { learned: peer.names, complete: true } };
  const { engine, policies } = world.set;
  const ruling: Ruling | null = engine.decide(connection)[rule.direction];
  if (ruling?.decision !== "allowed" || ruling.implicit !== null) return null;
  if (ruling.redirect !== null && ruling.l7 !== "allowed") return null;
  const taking = engine.walk(connection, rule.direction).candidates.filter((one) => !one.deny && one.fails === "none");
  const open = taking.filter((one) => !hasL7(policies.get(one.rule.policy), one.rule));
  return (open.length > 0 ? open : taking).map((one) => one.rule);
}

/** Whether every element of its toPorts has L7 rules. */
function hasL7(policy: PolicyObject | undefined, rule: RuleRef): boolean {
  const items = policy === undefined ? [] : itemsAt(policy.value, `${elementPath(rule.element)}.toPorts`);
  return items.length > 0 && items.every(({ value }) => isObject(value) && value["rules"] !== undefined);
}

/** A rule whose selectors only exclude may take the sample and not its likes. */
function negates(ref: RuleRef, world: LintWorld): boolean {
  const policy = world.set.policies.get(ref.policy);
  return policy === undefined || /"operator":"(?:NotIn|DoesNotExist)"/.test(JSON.stringify(policy.value));
}
