import type { Engine } from "#engine/engine.ts";
import type { Connection } from "#model/connection.ts";
import type { End, PodEnd } from "#model/conversation.ts";
import type { Finding } from "#model/finding.ts";
import type { Inventory } from "#model/objects.ts";
import { elementPath, placeOf, policyName, type PolicyObject } from "#model/policy.ts";
import type { PolicyMapEntry } from "#model/policy-map.ts";

/** A policy map with the pod whose it is. */
export type CountedMap = { readonly subject: PodEnd; readonly entries: readonly PolicyMapEntry[] };

const PROTOCOLS: Readonly<Record<number, string>> = { 6: "TCP", 17: "UDP", 132: "SCTP" };
const LISTED = 50;

/**
 * Rules in force that no packet has met on any of the endpoints whose policy maps are given. An entry that counted makes
 * every rule used that could have made it; where the peer of an entry is not known (identities of CIDRs and names are each
 * node's own) every rule of its port counts as used. So a rule is called unused only when no entry can speak for it.
 */
export function uncountedRules(
  engine: Engine,
  maps: readonly CountedMap[],
  policies: readonly PolicyObject[],
  inventory: Inventory,
): readonly Finding[] {
  const used = new Set<string>();
  for (const map of maps) {
    for (const entry of map.entries) {
      if (entry.packets === null || entry.packets === 0) continue;
      for (const key of rulesBehind(engine, map.subject, entry, inventory)) used.add(key);
    }
  }
  const unused = engine.rules.filter(({ rule, verdict }) => verdict === "allow" && !used.has(keyOf(rule)));
  const told = unused.flatMap(({ rule }) => {
    const endpoints = maps.filter(({ subject }) => engine.selectsSubject(rule.policy, subject)).length;
    return endpoints === 0 ? [] : [{ rule, endpoints }];
  });
  const objects = new Map(policies.map((policy) => [policyName(policy), policy]));
  return told.slice(0, LISTED).map(({ rule, endpoints }, index) => {
    const policy = objects.get(rule.policy);
    const rest = index === LISTED - 1 ? told.length - LISTED : 0;
    return {
      id: "rule-without-packets",
      severity: "info",
      message: `${rule.policy} ${rule.element}: no packet has met it on ${endpoints} ${endpoints === 1 ? "endpoint" : "endpoints"} since the agents made their policy maps`,
      help: "an agent makes them anew when it starts: with a long uptime, remove the rule, or find out who was to use it",
      ...(policy === undefined ? {} : { place: placeOf(policy, elementPath(rule.element)) }),
      ...(rest > 0 ? { count: rest + 1 } : {}),
    };
  });
}

function keyOf({ policy, element }: { readonly policy: string; readonly element: string }): string {
  return `${policy} ${element}`;
}

/** The rules that could have made an entry. */
function rulesBehind(engine: Engine, subject: PodEnd, entry: PolicyMapEntry, inventory: Inventory): readonly string[] {
  const peer = peerOf(entry.identity, inventory);
  const protocols = entry.protocol === 0 ? ["TCP", "UDP"] : [PROTOCOLS[entry.protocol] ?? "TCP"];
  return protocols.flatMap((protocol) => {
    const ends =
      entry.direction === "ingress" ? { from: peer ?? ANYWHERE, to: subject } : { from: subject, to: peer ?? ANYWHERE };
    const { candidates } = engine.walk({ ...CONNECTION, ...ends, protocol, port: entry.port }, entry.direction);
    return candidates
      .filter((one) => (peer === null || one.peerMatches) && (one.portMatches || entry.port === 0))
      .map(({ rule }) => keyOf(rule));
  });
}

const ANYWHERE: End = { kind: "address", address: "192.0.2.1", names: [], labels: ["reserved:world"] };
const CONNECTION: Omit<Connection, "from" | "to" | "protocol" | "port"> = {
  icmpType: null,
  icmpCode: null,
  request: null,
  names: { learned: [], complete: true },
};

/** The pods of an identity; null for any peer, and for identities that the objects do not tell of. */
function peerOf(identity: number, inventory: Inventory): PodEnd | null {
  const known = inventory.ciliumIdentities.find(({ id }) => id === identity);
  if (known === undefined) return null;
  const namespace = labelOf(known.labels, "k8s:io.kubernetes.pod.namespace=");
  const empty = { pods: [], podCount: 0, namedPorts: [], nodes: [], addresses: [], otherCluster: null };
  return { kind: "pod", namespace, workload: null, labels: known.labels, ...empty };
}

function labelOf(labels: readonly string[], prefix: string): string {
  return labels.find((label) => label.startsWith(prefix))?.slice(prefix.length) ?? "";
}
