import type { Candidate, Connection, FailedClause, PortCheck, RuleClauses, Walk } from "#model/connection.ts";
import type { Direction } from "#model/decision.ts";
import { rangePrefix } from "./rules/port-range.ts";
import { portNumber } from "./resolve/l4-filter.ts";
import type { Identity } from "./identity/identity.ts";
import { clusterPort, isServiceName, namedPort } from "./identity/named-ports.ts";
import type { PolicyEntry, PortProtocol } from "./rules/policy-entry.ts";
import { protocolNumber, SCTP, TCP, UDP } from "./rules/protocol.ts";
import { isWildcard } from "./selector/selector.ts";
import { hasPolicy, namesOf, packetTarget } from "./side.ts";
import type { SideContext } from "./side-context.ts";
import { l7Checks, labelChecks } from "./walk-clauses.ts";

// The basis of explanations: every rule of the subject's policies held against a connection, the first failing clause said.

/**
 * Holds every rule of every policy that selects the subject against the connection. Empty for ends without policy.
 * `detail` adds to each what its clauses say one by one.
 */
export function walkSide(
  connection: Connection,
  direction: Direction,
  context: SideContext,
  detail?: WalkDetail,
): Walk {
  const subject = direction === "egress" ? connection.from : connection.to;
  const peer = direction === "egress" ? connection.to : connection.from;
  const [identity] = hasPolicy(subject) ? context.identities(subject, []) : [];
  if (identity === undefined) return { direction, selecting: [], defaultDeny: [], candidates: [] };
  const policy = context.policyOf(identity);
  const peers = context.identities(peer, namesOf(connection, direction));
  const target = packetTarget(connection);
  const rules = byRule(policy[direction].matching);
  const candidates = rules.map((entries) => {
    const held = { ...target, direction, subject: identity, peers };
    const candidate = candidateOf(entries, held, context);
    return detail === undefined ? candidate : { ...candidate, clauses: clausesOf(entries, connection, held, context) };
  });
  return { direction, selecting: policy.selecting, defaultDeny: policy[direction].defaultDeny, candidates };
}

/** Entries of one rule together: a NetworkPolicy rule has one for each peer. What only closes a direction is no rule. */
function byRule(entries: readonly PolicyEntry[]): readonly (readonly PolicyEntry[])[] {
  const rules = new Map<string, PolicyEntry[]>();
  for (const entry of entries) {
    if (entry.ref.element === "") continue;
    const key = `${entry.ref.policy} ${entry.ref.element}`;
    const known = rules.get(key);
    if (known === undefined) rules.set(key, [entry]);
    else known.push(entry);
  }
  return [...rules.values()];
}

/** What of a rule is said besides its first failing clause. */
export type WalkDetail = "clauses";

type Target = {
  readonly direction: Direction;
  readonly subject: Identity;
  readonly peers: readonly Identity[];
  readonly proto: number;
  readonly port: number;
};

function candidateOf(entries: readonly PolicyEntry[], target: Target, context: SideContext): Candidate {
  const [first] = entries;
  if (first === undefined) throw new Error("a rule without entries");
  const peerMatches = entries.some((entry) => matchesPeer(entry, target, context));
  const port = matchPort(first, target, context);
  return {
    rule: first.ref,
    deny: first.verdict === "deny",
    verdict: first.verdict,
    tier: first.tier,
    priority: first.priority,
    peerField: entries.find((entry) => entry.peerField !== null)?.peerField ?? null,
    peerMatches,
    portMatches: port === "none",
    fails: peerMatches ? port : "peer",
  };
}

/** No peers with ports is everybody, without ports nobody. A peer that nobody knows is among everybody. */
function matchesPeer(entry: PolicyEntry, { peers }: Target, { selects }: SideContext): boolean {
  if (entry.l3 === null) return false;
  if (entry.l3.length === 0) return entry.l4.length > 0;
  return entry.l3.some((selector) => isWildcard(selector) || peers.some((peer) => selects(selector, peer)));
}

function matchPort(entry: PolicyEntry, target: Target, context: SideContext): FailedClause {
  if (entry.l4.length === 0) return "none";
  const ports = entry.l4.flatMap((rule) => rule.ports).filter((port) => protocolsOf(port).includes(target.proto));
  if (ports.length === 0) return "protocol";
  const found = ports.map((port) => holdsPort(port, target, context));
  if (found.includes(true)) return "none";
  return found.every((holds) => holds === null) ? "not-resolved" : "port";
}

function clausesOf(
  entries: readonly PolicyEntry[],
  connection: Connection,
  target: Target,
  context: SideContext,
): RuleClauses {
  const selectors = entries.flatMap((entry) => entry.l3 ?? []);
  const rules = entries[0]?.l4 ?? [];
  const held = rules.filter(({ ports }) => ports.some((port) => portCheck(port, target, context).fails === "none"));
  return {
    peers: selectors.map((selector) => ({
      matches: isWildcard(selector) || target.peers.some((peer) => context.selects(selector, peer)),
      labels: labelChecks(selector, target.peers[0]),
    })),
    ports: rules.flatMap((rule) => rule.ports.map((port) => portCheck(port, target, context))),
    l7: held.flatMap((rule) => l7Checks(rule, connection, context.semantics)),
  };
}

function portCheck(port: PortProtocol, target: Target, context: SideContext): PortCheck {
  const { endPort, protocol } = port;
  const isNamed = isServiceName(port.port);
  const numbers = isNamed ? numbersOf(port.port, target, context) : null;
  const check = { port: isNamed ? port.port : String(portNumber(port.port)), endPort, protocol, numbers };
  if (!protocolsOf(port).includes(target.proto)) return { ...check, fails: "protocol" };
  const holds = holdsPort(port, target, context);
  return { ...check, fails: holds === null ? "not-resolved" : holds ? "none" : "port" };
}

function protocolsOf(port: PortProtocol): readonly number[] {
  const proto = protocolNumber(port.protocol);
  return proto === 0 ? [TCP, UDP, SCTP] : proto === null ? [] : [proto];
}

/** null: a named port that has no number here. */
function holdsPort(port: PortProtocol, target: Target, context: SideContext): boolean | null {
  if (!isServiceName(port.port)) {
    const start = portNumber(port.port);
    return start === 0 && port.endPort === 0 ? true : rangePrefix(start, port.endPort, target.port) !== null;
  }
  const numbers = numbersOf(port.port, target, context);
  if (numbers.length === 0) return null;
  return numbers.some((number) => rangePrefix(number, port.endPort, target.port) !== null);
}

function numbersOf(name: string, target: Target, context: SideContext): readonly number[] {
  const { direction, subject, peers, proto } = target;
  const perPeer = context.semantics.namedPortsPerIdentity;
  if (direction === "ingress") return [namedPort(subject.namedPorts, name, proto)].flatMap((port) => port ?? []);
  if (perPeer) return peers.flatMap((peer) => namedPort(peer.namedPorts, name, proto) ?? []);
  return [clusterPort(context.ports, name, proto)].flatMap((port) => port ?? []);
}
