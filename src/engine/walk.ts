import type { Candidate, Connection, FailedClause, Walk } from "#model/connection.ts";
import type { Direction } from "#model/decision.ts";
import { rangePrefix } from "./port-range.ts";
import { portNumber } from "./l4-filter.ts";
import type { Identity } from "./identity.ts";
import { clusterPort, isServiceName, namedPort } from "./named-ports.ts";
import { sameRule } from "./origin.ts";
import type { PolicyEntry, PortProtocol } from "./policy-entry.ts";
import { protocolNumber, SCTP, TCP, UDP } from "./protocol.ts";
import { isWildcard } from "./selector.ts";
import { hasPolicy, namesOf, packetTarget } from "./side.ts";
import type { SideContext } from "./side-context.ts";

// The basis of explanations: every rule of the subject's policies held against a connection, the first failing clause said.

/** Holds every rule of every policy that selects the subject against the connection. Empty for ends without policy. */
export function walkSide(connection: Connection, direction: Direction, context: SideContext): Walk {
  const subject = direction === "egress" ? connection.from : connection.to;
  const peer = direction === "egress" ? connection.to : connection.from;
  const [identity] = hasPolicy(subject) ? context.identities(subject, []) : [];
  if (identity === undefined) return { direction, selecting: [], defaultDeny: [], candidates: [] };
  const policy = context.policyOf(identity);
  const peers = context.identities(peer, namesOf(connection, direction));
  const target = packetTarget(connection);
  const rules = byRule(policy[direction].matching);
  const candidates = rules.map((entries) =>
    candidateOf(entries, { ...target, direction, subject: identity, peers }, context),
  );
  return { direction, selecting: policy.selecting, defaultDeny: policy[direction].defaultDeny, candidates };
}

/** Entries of one rule together: a NetworkPolicy rule has one for each peer. What only closes a direction is no rule. */
function byRule(entries: readonly PolicyEntry[]): readonly (readonly PolicyEntry[])[] {
  const rules: PolicyEntry[][] = [];
  for (const entry of entries) {
    if (entry.ref.element === "") continue;
    const known = rules.find(([first]) => first !== undefined && sameRule(first.ref, entry.ref));
    if (known === undefined) rules.push([entry]);
    else known.push(entry);
  }
  return rules;
}

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
