import { endKey, endName } from "#analysis/end-name.ts";
import type { PolicySet } from "#analysis/proposal.ts";
import type { Conversation, End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { RuleExcess } from "#model/generated.ts";
import type { PolicyObject } from "#model/policy.ts";
import { policyName } from "#model/policy.ts";
import type { PlacedRule } from "./assemble.ts";
import { type Peer, peerKey, type Port, portText, type RuleDraft } from "./draft.ts";
import { type Group, workloadName } from "./group.ts";
import type { Stage } from "./stage.ts";

const NONE: RuleExcess = { count: 0, examples: [], beyond: null };

/** Answers what a rule of a draft allows that was never seen. */
export type ExcessMeter = (policy: PolicyObject, rule: PlacedRule) => RuleExcess;

/**
 * What rules allow among the identities of the snapshot that was never seen: which ends a rule takes the engine says, a
 * peer counts once a workload (or address), and each port once. `wanted`: what was seen and is to be allowed.
 */
export function excessMeter(wanted: readonly Conversation[], set: PolicySet, stage: Stage): ExcessMeter {
  const seen = seenKeys(wanted);
  const peers = peersMemo(set, stage);
  return (policy, { path, draft: rule, groups }) => {
    if (rule.purpose === "probe" && rule.ports.length === 0) return NONE;
    const beyond = beyondOf(rule);
    // A resolver is asked on both protocols whichever was seen, and what no list can hold is said as such.
    const ports =
      rule.purpose === "dns"
        ? rule.ports.filter((port) => port.kind === "port" && port.protocol === "UDP")
        : rule.ports;
    const taken = [...peers(policy, path, rule)].filter(([, end]) => beyond === null || end.kind !== "address");
    const subjects = distinct(groups);
    let count = 0;
    const examples: string[] = [];
    for (const subject of subjects) {
      for (const [peer, end] of taken) {
        for (const port of ports) {
          const missing = unseenOn(port, `${rule.side} ${subject.key} ${peer}`, seen);
          if (missing === 0) continue;
          count += missing;
          if (examples.length < 3) examples.push(exampleText(subject.name, endName(end), rule.side, port));
        }
      }
    }
    return { count, examples, beyond };
  };
}

type Subject = { readonly key: string; readonly name: string };

/** The workloads that a rule stands for. */
function distinct(groups: readonly Group[]): readonly Subject[] {
  const found = new Map<string, Subject>();
  for (const group of groups) {
    for (const end of group.ends) found.set(unitKey(end), { key: unitKey(end), name: endName(end) });
  }
  return [...found.values()];
}

const units = new WeakMap<End, string>();

/** Ends that belong together: a workload, an entity, an address. */
function unitKey(end: End): string {
  const known = units.get(end);
  if (known !== undefined) return known;
  const key = makeUnitKey(end);
  units.set(end, key);
  return key;
}

function makeUnitKey(end: End): string {
  if (end.kind === "pod") return `${end.namespace}/${workloadName(end)}`;
  return end.kind === "reserved"
    ? `reserved ${end.labels.filter((label) => label.startsWith("reserved:")).join(" ")}`
    : endKey(end);
}

/** Ports by side, subject and peer. */
function seenKeys(wanted: readonly Conversation[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const one of wanted) {
    const from = unitKey(one.from);
    const to = unitKey(one.to);
    const port = one.icmpType === null ? `${one.protocol} ${one.port}` : `${one.protocol} type ${one.icmpType}`;
    for (const key of [`egress ${from} ${to}`, `ingress ${to} ${from}`]) {
      const set = found.get(key) ?? new Set<string>();
      set.add(port);
      found.set(key, set);
    }
  }
  return found;
}

/** How many numbers of a port (or range) a pair was never seen on. */
function unseenOn(port: Port, pair: string, seen: ReadonlyMap<string, ReadonlySet<string>>): number {
  const own = seen.get(pair);
  if (port.kind === "icmp") {
    return own?.has(`ICMP${port.family === "IPv4" ? "v4" : "v6"} type ${port.type}`) === true ? 0 : 1;
  }
  if (port.endPort === null) return own?.has(`${port.protocol} ${port.port}`) === true ? 0 : 1;
  let count = 0;
  for (let number = port.port; number <= port.endPort; number += 1) {
    if (own?.has(`${port.protocol} ${number}`) !== true) count += 1;
  }
  return count;
}

function exampleText(subject: string, peer: string, side: Direction, port: Port): string {
  return side === "egress" ? `${subject} → ${peer} ${portText(port)}` : `${peer} → ${subject} ${portText(port)}`;
}

/** What no snapshot can list. */
function beyondOf({ peers, side }: RuleDraft): string | null {
  const entities = peers.flatMap((peer) => (peer.kind === "entity" ? peer.entity : []));
  if (entities.includes("world"))
    return `every address outside the cluster may ${side === "egress" ? "be reached" : "come in"}`;
  const patterns = peers.flatMap((peer) => (peer.kind === "name" && peer.name.includes("*") ? peer.name : []));
  if (patterns.length > 0) return `every name that ${patterns.join(", ")} matches`;
  const prefixes = peers.flatMap((peer) => (peer.kind === "cidr" && !/\/(?:32|128)$/.test(peer.cidr) ? peer.cidr : []));
  return prefixes.length > 0 ? `every address of ${prefixes.join(", ")}` : null;
}

/** The known ends that a rule's peers take, one a workload; remembered by what the peers say. */
function peersMemo(set: PolicySet, stage: Stage) {
  const memo = new Map<string, ReadonlyMap<string, End>>();
  const candidates = candidateIndex(stage);
  return (policy: PolicyObject, path: string, rule: RuleDraft): ReadonlyMap<string, End> => {
    const key = `${rule.side} ${rule.peers.map(peerKey).join("\n")}`;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const element = path.startsWith("spec.") ? path.slice("spec.".length) : path;
    const ref = { policy: policyName(policy), element };
    const found = new Map<string, End>();
    for (const end of candidates(rule)) {
      const unit = unitKey(end);
      if (found.has(unit)) continue;
      const names = end.kind === "address" ? (stage.facts.byAddress.get(end.address) ?? []) : [];
      if (set.engine.selectsPeer(ref, end, names)) found.set(unit, end);
    }
    memo.set(key, found);
    return found;
  };
}

/**
 * The ends that a rule's peers could take at all, so that the engine is not asked of every address for every rule: labels
 * with a namespace take pods of it, names take addresses that have them.
 */
function candidateIndex({ ends, facts }: Stage): (rule: RuleDraft) => Iterable<End> {
  const pods = new Map<string, End[]>();
  const addresses = new Map<string, End[]>();
  const reserved: End[] = [];
  for (const end of ends) {
    if (end.kind === "pod") pushTo(pods, end.namespace, end);
    else if (end.kind === "address") pushTo(addresses, end.address, end);
    else reserved.push(end);
  }
  const allPods = [...pods.values()].flat();
  const inside = (peer: Peer): readonly End[] => {
    if (peer.kind === "group") return pods.get(peer.group.namespace) ?? [];
    if (peer.kind === "groups") return peer.namespaces?.flatMap((name) => pods.get(name) ?? []) ?? allPods;
    if (peer.kind === "name" && !peer.name.includes("*")) {
      return (facts.addressesOf.get(peer.name) ?? []).flatMap((address) => addresses.get(address) ?? []);
    }
    if (peer.kind === "cidr") {
      const address = /^(.*)\/(?:32|128)$/.exec(peer.cidr)?.[1];
      if (address !== undefined) return addresses.get(address) ?? [];
    }
    return peer.kind === "entity" ? [...reserved, ...allPods] : ends;
  };
  return ({ peers }) => new Set(peers.flatMap(inside));
}

function pushTo(map: Map<string, End[]>, key: string, end: End): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [end]);
  else list.push(end);
}
