import type { Direction } from "#model/decision.ts";
import { answer, type DistillContext, type Packet, portSpan } from "../resolve/endpoint-policy.ts";
import type { Identity } from "../identity/identity.ts";
import type { L4Filter } from "../resolve/l4-filter.ts";
import type { MapEntry } from "../resolve/map-entry.ts";
import { ANY } from "../rules/protocol.ts";
import type { DirectionPolicy } from "../resolve/selector-policy.ts";
import { PortTable, portStarts } from "./port-table.ts";

// Upstream: the entries of one identity in EndpointPolicy.policyMapState. Differs: made when first asked.

/** Whose map: a subject's direction and one of the peers that its selectors do not tell apart. */
export type PeerMapOf = {
  readonly direction: Direction;
  readonly subject: Identity;
  readonly peer: Identity;
  /** The direction with those entries alone that concern the peer. */
  readonly policy: DirectionPolicy;
};

/** Filters with their place in the order of tiers. */
type Placed = { readonly place: number; readonly filter: L4Filter };

/** What a subject's policy says to peers of one kind, by protocol and port. */
export class PeerMap {
  readonly #of: PeerMapOf;
  readonly #context: DistillContext;
  readonly #tables: (PortTable | undefined)[] = [];

  constructor(of: PeerMapOf, context: DistillContext) {
    this.#of = of;
    this.#context = context;
  }

  entry(proto: number, port: number): MapEntry | null {
    return this.#table(proto).entry(port);
  }

  code(proto: number, port: number): number {
    return this.#table(proto).code(port);
  }

  #table(proto: number): PortTable {
    return this.#tables[proto] ?? this.#make(proto);
  }

  /** Only filters that can hold a port are asked for it: those of the very port, and those of more than one. */
  #make(proto: number): PortTable {
    const packet = this.#packet(proto, 0);
    const single = new Map<number, Placed[]>();
    const broad: Placed[] = [];
    const starts: number[] = [];
    for (const [place, filter] of this.#of.policy.filters.entries()) {
      if (filter.proto !== ANY && filter.proto !== proto) continue;
      const span = filter.proto === ANY ? { start: 0, end: 0 } : portSpan(filter, packet, this.#context);
      if (span === null) continue;
      const own = portStarts(span.start, span.end);
      for (const port of own) starts.push(port);
      const [port, next] = own;
      if (own.length !== 2 || port === undefined || next !== port + 1) broad.push({ place, filter });
      else single.set(port, [...(single.get(port) ?? []), { place, filter }]);
    }
    const table = new PortTable(starts, (port) => this.#evaluate([...broad, ...(single.get(port) ?? [])], proto, port));
    this.#tables[proto] = table;
    return table;
  }

  #evaluate(placed: readonly Placed[], proto: number, port: number): MapEntry | null {
    const filters = [...placed].sort((a, b) => a.place - b.place).map(({ filter }) => filter);
    return answer({ ...this.#of.policy, filters }, this.#packet(proto, port), this.#context);
  }

  #packet(proto: number, port: number): Packet {
    const { direction, subject, peer } = this.#of;
    return { direction, subject, peer, proto, port };
  }
}
