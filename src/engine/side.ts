import type { Connection } from "#model/connection.ts";
import type { End } from "#model/conversation.ts";
import type { AuthMode, Direction, Ruling } from "#model/decision.ts";
import type { RuleRef } from "#model/policy.ts";
import type { Packet } from "./resolve/endpoint-policy.ts";
import type { Identity } from "./identity/identity.ts";
import { isDeny, type MapEntry } from "./resolve/map-entry.ts";
import { mergeOrigins, NO_ORIGIN } from "./rules/origin.ts";
import { ICMPV4, ICMPV6, protocolNumber, UNKNOWN_PROTOCOL } from "./rules/protocol.ts";
import { proxyRuling, type Shown } from "./proxy/proxy.ts";
import type { DirectionPolicy } from "./resolve/selector-policy.ts";
import type { SideContext } from "./side-context.ts";
import { unknownPeerRuling } from "./unknown-peer.ts";

// Upstream: EndpointPolicy.Lookup (pkg/policy/resolve.go) and the datapath in front of it. Differs: says why, and says
// when a fact is lacking.

/**
 * What the subject's policies say of a connection; null where Cilium enforces nothing: world, nodes, what it does not
 * manage. The agent's own health and ingress endpoints do have policy.
 */
export function decideSide(connection: Connection, direction: Direction, context: SideContext): Ruling | null {
  const subject = direction === "egress" ? connection.from : connection.to;
  const peer = direction === "egress" ? connection.to : connection.from;
  if (subject.kind === "unknown")
    return undecided(`which endpoint ${place(subject.address)} is: ${subject.reason}`, IDENTIFY);
  if (!hasPolicy(subject)) return null;
  if (subject.kind === "pod" && subject.otherCluster !== null) {
    return undecided(`the policies of cluster ${subject.otherCluster}`, "decide it with that cluster's objects");
  }
  const subjects = context.identities(subject, []);
  return agreedOn(subjects, (identity) => decidePeer(connection, { direction, subject: identity, peer }, context));
}

const IDENTIFY = "record with a Hubble that knows its identity, or give the objects of that time";

function place(address: string | null): string {
  return address ?? "an end without address";
}

/** True for ends on which Cilium enforces policy. */
export function hasPolicy(end: End): boolean {
  return end.kind === "pod" || (end.kind === "reserved" && (end.entity === "health" || end.entity === "ingress"));
}

export function undecided(what: string, remedy: string, by: readonly RuleRef[] = []): Ruling {
  return { decision: "undecided", by, defaultDeny: [], missing: { what, remedy } };
}

/** One ruling, where all that the end may stand for get the same; else it is not known which. */
function agreedOn(identities: readonly Identity[], ruling: (identity: Identity) => Ruling): Ruling {
  const [only] = identities;
  if (only === undefined) return undecided("the address of the end cannot be read", "check the recording");
  const first = ruling(only);
  if (identities.length === 1) return first;
  if (identities.slice(1).every((identity) => outcome(ruling(identity)) === outcome(first))) return first;
  return undecided("which of its addresses the end used", "record with addresses, one conversation an address");
}

function outcome(ruling: Ruling): string {
  return ruling.decision === "allowed" ? `allowed ${ruling.l7 ?? ""}` : ruling.decision;
}

type Sides = { readonly direction: Direction; readonly subject: Identity; readonly peer: End };

function decidePeer(connection: Connection, sides: Sides, context: SideContext): Ruling {
  const { direction, subject, peer } = sides;
  const policy = context.policyOf(subject);
  const own = policy[direction];
  if (!own.enforced) return allowedAs("not-enforced", own);
  if (isFragmentationNeeded(connection, context)) return allowedAs("icmp-fragmentation-needed", own);
  if (policy.error !== null) {
    const remedy =
      "change one of the rules so that they agree; the agent keeps the endpoint's former policy until then";
    return undecided(`the agent cannot compute this endpoint's policy: ${policy.error}`, remedy, own.defaultDeny);
  }
  const target = packetTarget(connection);
  if (peer.kind === "unknown") {
    return unknownPeerRuling({ direction, subject, ...target }, own, { reason: peer.reason, context });
  }
  const peers = context.identities(peer, namesOf(connection, direction));
  const { proto, port } = target;
  return agreedOn(peers, (identity) =>
    decidePacket(connection, { direction, subject, peer: identity, proto, port }, context),
  );
}

/** Under which names the subject's node knows the peer's address: those recorded with it where it is the source. */
export function namesOf({ names, from }: Connection, direction: Direction): readonly string[] {
  if (direction === "egress") return names.learned;
  return from.kind === "address" ? from.names : [];
}

/** A datapath rule: path MTU discovery passes before any policy. */
function isFragmentationNeeded({ protocol, icmpType, icmpCode }: Connection, { config }: SideContext): boolean {
  return icmpType === 3 && icmpCode === 4 && config.allowICMPFragNeeded && protocolNumber(protocol) === ICMPV4;
}

/** Protocol and port as the policy map knows them; an ICMP type stands in the port's place. */
export function packetTarget(connection: Connection): Pick<Packet, "proto" | "port"> {
  const proto = protocolNumber(connection.protocol) ?? UNKNOWN_PROTOCOL;
  const isIcmp = proto === ICMPV4 || proto === ICMPV6;
  return { proto, port: (isIcmp ? (connection.icmpType ?? connection.port) : connection.port) ?? 0 };
}

function decidePacket(connection: Connection, packet: Packet, context: SideContext): Ruling {
  const own = context.policyOf(packet.subject, packet.peer)[packet.direction];
  const entry = context.answer(packet);
  if (entry !== null && !isDeny(entry)) return allowedBy(connection, packet, { own, entry }, context);
  const denial: Ruling = { decision: "denied", by: entry?.origin.rules ?? [], defaultDeny: own.defaultDeny };
  return entry === null ? (withUnknownNames(connection, packet, own, context) ?? denial) : denial;
}

const NO_ANSWER = {
  what: "no DNS answer seen",
  remedy: "record the DNS answers, or give the names of the address with --names",
};

/** Where the address may have names nobody recorded, and one of them could let it pass, the denial is not certain. */
function withUnknownNames(
  connection: Connection,
  packet: Packet,
  own: DirectionPolicy,
  context: SideContext,
): Ruling | null {
  if (packet.direction !== "egress" || connection.names.complete || connection.to.kind !== "address") return null;
  const answers = context.identitiesWithAnyName(connection.to).map((peer) => context.answer({ ...packet, peer }));
  const opening = answers.filter((entry) => entry !== null).filter((entry) => !isDeny(entry));
  if (opening.length === 0) return null;
  const { what, remedy } = connection.names.missing ?? NO_ANSWER;
  const by = opening.map((entry) => entry.origin).reduce(mergeOrigins, NO_ORIGIN).rules;
  return { ...undecided(what, remedy, by), defaultDeny: own.defaultDeny };
}

/** Allowed by no rule. */
function allowedAs(implicit: string, own: DirectionPolicy): Ruling {
  const plain = { redirect: null, l7: null, l7Reason: null, auth: null };
  return { decision: "allowed", by: [], defaultDeny: own.defaultDeny, ...plain, implicit };
}

function allowedBy(
  connection: Connection,
  packet: Packet,
  { own, entry }: { readonly own: DirectionPolicy; readonly entry: MapEntry },
  context: SideContext,
): Ruling {
  const by = entry.origin.rules;
  const proxy = entry.proxy === "" ? null : proxyRuling(own, packet, shownOf(connection), context);
  return {
    decision: "allowed",
    by,
    defaultDeny: own.defaultDeny,
    redirect: proxy?.redirect ?? null,
    l7: proxy?.l7 ?? null,
    l7Reason: proxy?.reason ?? null,
    auth: authMode(entry),
    implicit: by.length === 0 ? entry.origin.implicit : null,
  };
}

function shownOf({ request, serverName }: Connection): Shown {
  return { request, serverName: serverName ?? null };
}

function authMode({ auth }: MapEntry): AuthMode | null {
  switch (auth.type) {
    case 0:
      return auth.explicit ? "disabled" : null;
    case 1:
      return "required";
    case 2:
      return "test-always-fail";
  }
}
