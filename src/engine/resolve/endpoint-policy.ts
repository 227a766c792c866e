import type { Direction } from "#model/decision.ts";
import type { Identity } from "../identity/identity.ts";
import type { L4Filter, SelectorEntry } from "./l4-filter.ts";
import { denyPrecedence, mapEntry, type MapEntry } from "./map-entry.ts";
import { EVERY_PROTOCOL_LENGTH, type Holder, type Key, lookup, MapState, PROTOCOL_LENGTH } from "./map-state.ts";
import { type ClusterPorts, clusterPort, namedPort } from "../identity/named-ports.ts";
import { implicitOrigin } from "../rules/origin.ts";
import { isRedirect, type MaybePolicy, verdictOf } from "./per-selector-policy.ts";
import { rangePrefix } from "../rules/port-range.ts";
import { ANY } from "../rules/protocol.ts";
import { ALLOW_LOCALHOST } from "./rules.ts";
import { isWildcard, type Selector } from "../selector/selector.ts";
import type { DirectionPolicy } from "./selector-policy.ts";
import type { Semantics } from "../semantics.ts";

// Upstream: EndpointPolicy and DistillPolicy in pkg/policy/resolve.go, L4Filter.toMapState in pkg/policy/l4.go. Differs:
// distils only the entries that cover one packet (map-state.ts); every redirect is taken as realized.

/** A packet to or from a subject. `port` holds the ICMP type for ICMP, 0 where there is none. */
export type Packet = {
  readonly direction: Direction;
  readonly subject: Identity;
  readonly peer: Identity;
  readonly proto: number;
  readonly port: number;
};

export type DistillContext = {
  readonly semantics: Semantics;
  readonly allowLocalhost: boolean;
  readonly ports: ClusterPorts;
  readonly selects: (selector: Selector, identity: Identity) => boolean;
  readonly selectsAggregate: (selector: Selector, identity: Identity) => boolean;
};

/** The entry that answers a packet under an enforced direction; null: nothing allows it. */
export function answer(policy: DirectionPolicy, packet: Packet, context: DistillContext): MapEntry | null {
  const { semantics } = context;
  const state = new MapState(policy.features, semantics.aggregates);
  for (const filter of policy.filters) insertFilter(state, filter, { policy, packet, context });
  const allowsHost = packet.direction === "ingress" && packet.peer.isHost && context.allowLocalhost;
  if (allowsHost && !semantics.localhostIsRule) insertLocalhost(state);
  return lookup(state, semantics.aggregateWinsLongerPort);
}

/** Upstream: determineAllowLocalhostIngress (before 1.20; from then on it is a rule). */
function insertLocalhost(state: MapState): void {
  const entry = mapEntry({
    verdict: "allow",
    priority: 0,
    tierPriority: 0,
    nextTierPriority: 0,
    proxy: "",
    listenerPriority: 0,
    auth: null,
    origin: implicitOrigin(ALLOW_LOCALHOST.element),
  });
  state.insert({ holder: "identity", length: EVERY_PROTOCOL_LENGTH }, entry, denyPrecedence(0));
}

type Distilling = { readonly policy: DirectionPolicy; readonly packet: Packet; readonly context: DistillContext };

function insertFilter(state: MapState, filter: L4Filter, { policy, packet, context }: Distilling): void {
  const length = keyLength(filter, packet, context);
  if (length === null) return;
  const port = filter.portName === "" ? filter.port : resolvedPort(filter, packet, context);
  const entries = [...filter.selectors.values()];
  const wildcard = entries.find(({ selector }) => isWildcard(selector));
  const base = policy.priorities.tierBase.get(filter.tier) ?? 0;
  for (const item of wildcard === undefined ? entries : [wildcard, ...entries.filter((other) => other !== wildcard)]) {
    if (item !== wildcard && isCoveredByWildcard(item, wildcard, filter)) continue;
    const redirect = isRedirect(item.policy) ? `${filter.proto}/${port ?? 0}/${item.policy.listener}` : "";
    const entry = entryOf(item, redirect, { base, next: policy.priorities.nextTier(filter.tier) });
    for (const holder of holdersOf(item.selector, filter, packet, context)) {
      state.insert({ holder, length }, entry, denyPrecedence(base));
    }
  }
}

/** What an entry would do is already done for everybody on this port. Upstream: selectorCoveredByWildcard. */
function isCoveredByWildcard(item: SelectorEntry, wildcard: SelectorEntry | undefined, filter: L4Filter): boolean {
  const isEveryPort = filter.port === 0 && filter.portName === "";
  return wildcard !== undefined && !isEveryPort && sameEffect(item.policy, wildcard.policy);
}

function sameEffect(a: MaybePolicy, b: MaybePolicy): boolean {
  return (
    verdictOf(a) === verdictOf(b) &&
    (a?.priority ?? 0) === (b?.priority ?? 0) &&
    (a?.l7Parser ?? "") === (b?.l7Parser ?? "") &&
    (a?.listener ?? "") === (b?.listener ?? "") &&
    (a?.listenerPriority ?? 0) === (b?.listenerPriority ?? 0) &&
    (a?.auth ?? null) === (b?.auth ?? null)
  );
}

function entryOf(
  { policy, origin }: SelectorEntry,
  proxy: string,
  tier: { readonly base: number; readonly next: number },
): MapEntry {
  return mapEntry({
    verdict: verdictOf(policy),
    priority: policy?.priority ?? 0,
    tierPriority: tier.base,
    nextTierPriority: tier.next,
    proxy,
    listenerPriority: policy?.listenerPriority ?? 0,
    auth: policy?.auth ?? null,
    origin,
  });
}

/** For whom an entry of this selector stands in the map, as far as this packet's peer goes. */
function holdersOf(selector: Selector, filter: L4Filter, packet: Packet, context: DistillContext): readonly Holder[] {
  const { peer } = packet;
  const isNamedEgress = filter.portName !== "" && packet.direction === "egress";
  if (isNamedEgress && context.semantics.namedPortsPerIdentity) {
    return context.selects(selector, peer) ? ["identity"] : [];
  }
  if (isWildcard(selector)) return ["aggregate"];
  const holders: Holder[] = context.selectsAggregate(selector, peer) ? ["aggregate"] : [];
  return context.selects(selector, peer) ? [...holders, "identity"] : holders;
}

/** The length of the filter's key that covers the packet; null when none does. */
export function keyLength(filter: L4Filter, packet: Packet, context: DistillContext): Key["length"] | null {
  if (filter.proto === ANY) return EVERY_PROTOCOL_LENGTH;
  if (filter.proto !== packet.proto) return null;
  const span = portSpan(filter, packet, context);
  if (span === null) return null;
  const bits = rangePrefix(span.start, span.end, packet.port);
  return bits === null ? null : PROTOCOL_LENGTH + bits;
}

/**
 * The ports of a filter towards the packet's ends, as rangePrefix reads them; null where its name has no number. The
 * packet's own port is not looked at.
 */
export function portSpan(
  filter: L4Filter,
  packet: Packet,
  context: DistillContext,
): { readonly start: number; readonly end: number } | null {
  const { semantics } = context;
  const start = filter.portName === "" ? filter.port : resolvedPort(filter, packet, context);
  if (start === null) return null;
  if (start === 0 && !semantics.rangeFromZero) return EVERY_PORT;
  const isNamedEgress = filter.portName !== "" && packet.direction === "egress" && semantics.namedPortsPerIdentity;
  return { start, end: isNamedEgress ? 0 : filter.endPort };
}

const EVERY_PORT = { start: 0, end: 0 };

/** The number behind a named port; null when it has none. */
export function resolvedPort(filter: L4Filter, packet: Packet, context: DistillContext): number | null {
  const { portName, proto } = filter;
  if (packet.direction === "ingress") return namedPort(packet.subject.namedPorts, portName, proto);
  if (context.semantics.namedPortsPerIdentity) return namedPort(packet.peer.namedPorts, portName, proto);
  return clusterPort(context.ports, portName, proto);
}
