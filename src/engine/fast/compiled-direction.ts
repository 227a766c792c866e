import type { Direction } from "#model/decision.ts";
import { answer, type DistillContext, type Packet, resolvedPort } from "../resolve/endpoint-policy.ts";
import type { Identity } from "../identity/identity.ts";
import type { L4Filter, SelectorEntry } from "../resolve/l4-filter.ts";
import type { MapEntry } from "../resolve/map-entry.ts";
import type { LabelArray } from "../selector/labels.ts";
import { isWildcard, type Selector } from "../selector/selector.ts";
import type { DirectionPolicy } from "../resolve/selector-policy.ts";
import { PeerIndex } from "./peer-index.ts";
import { PeerMap } from "./peer-map.ts";
import { ALLOWED } from "./port-table.ts";
import { NUMBERS_MAX, type SelectorRow } from "./selector-row.ts";

// Upstream: EndpointPolicy of one direction, with mapState.lookup. Differs: peers that no selector of the rules tells
// apart share one map, and a map is made when a packet first asks for it.

/** Numbers of peers remembered at most, over all directions (64 MB); beyond it they are dropped once. */
const ROOM_MAX = 2 ** 24;

/** Room for what directions remember of peers. `epoch` grows when all of it is to be dropped. */
export type Room = { taken: number; epoch: number };

/** What compiling needs of the engines that share it. */
export type Compiling = {
  readonly distill: DistillContext;
  readonly row: (selector: Selector) => SelectorRow;
  readonly selects: (selector: Selector, labels: LabelArray) => boolean;
  readonly room: Room;
};

/** Where a selector stands: the filter's place, and the entry's in the order of all. */
type Placement = { readonly filter: number; readonly place: number; readonly entry: SelectorEntry };

/** One direction of a subject's policy, ready to answer packets to or from any peer. */
export class CompiledDirection {
  readonly own: DirectionPolicy;
  readonly #direction: Direction;
  /** Any subject of this policy: those that share it have equal named ports. */
  readonly #subject: Identity;
  readonly #compiling: Compiling;
  readonly #peers: PeerIndex;
  readonly #placements: readonly (readonly Placement[])[];
  readonly #everybody: readonly Placement[];
  readonly #named: readonly L4Filter[];
  readonly #maps: PeerMap[] = [];
  readonly #byKey = new Map<string, number>();
  /** By peer number: place in `#maps` plus one; 0 is not known yet. */
  #byPeer = new Uint32Array(0);
  #epoch: number;

  constructor(own: DirectionPolicy, direction: Direction, subject: Identity, compiling: Compiling) {
    this.own = own;
    this.#direction = direction;
    this.#subject = subject;
    this.#compiling = compiling;
    this.#epoch = compiling.room.epoch;
    const placements = new Map<Selector, Placement[]>();
    const everybody: Placement[] = [];
    let place = 0;
    for (const [filter, { selectors }] of own.filters.entries()) {
      for (const entry of selectors.values()) {
        const known = isWildcard(entry.selector) ? everybody : placements.get(entry.selector);
        const placement = { filter, place, entry };
        place += 1;
        // An empty cidrGroupSelector: everybody at a number, at a port's name only those whom it takes.
        if (known === everybody && entry.selector.kind === "cidr") placements.set(entry.selector, []);
        if (known === undefined) placements.set(entry.selector, [placement]);
        else known.push(placement);
      }
    }
    this.#peers = new PeerIndex([...placements.keys()].map(compiling.row), compiling.selects);
    this.#placements = [...placements.values()];
    this.#everybody = everybody;
    this.#named = direction === "egress" ? own.filters.filter((filter) => filter.portName !== "") : [];
  }

  /** The entry that answers a packet of an enforced direction; null: nothing allows it. */
  entry(peer: Identity, proto: number, port: number): MapEntry | null {
    if (peer.number < 0 || peer.number >= NUMBERS_MAX) {
      return answer(this.own, this.#packet(peer, proto, port), this.#compiling.distill);
    }
    return this.#map(peer).entry(proto, port);
  }

  /** The same as a number, see port-table.ts. Allocates nothing once the peer is known. */
  code(peer: Identity, proto: number, port: number): number {
    return this.own.enforced ? this.#map(peer).code(proto, port) : ALLOWED;
  }

  #map(peer: Identity): PeerMap {
    const known = this.#byPeer[peer.number] ?? 0;
    const map = known === 0 || this.#epoch !== this.#compiling.room.epoch ? undefined : this.#maps[known - 1];
    return map ?? this.#learn(peer);
  }

  #learn(peer: Identity): PeerMap {
    this.#makeRoom(peer.number);
    const taking = this.#peers.taking(peer);
    const aggregate = this.#peers.takingAggregate(peer);
    const key = `${taking.join()}|${aggregate.join()}|${peer.isHost ? "host" : ""}|${this.#portsKey(peer)}`;
    const known = this.#byKey.get(key);
    const place = known ?? this.#maps.length;
    this.#byPeer[peer.number] = place + 1;
    const found = known === undefined ? undefined : this.#maps[known];
    if (found !== undefined) return found;
    const made = this.#makeMap(peer, [...new Set([...taking, ...aggregate])]);
    this.#maps.push(made);
    this.#byKey.set(key, place);
    return made;
  }

  #makeMap(peer: Identity, places: readonly number[]): PeerMap {
    const concerned = [...this.#everybody, ...places.flatMap((place) => this.#placements[place] ?? [])];
    const filters: L4Filter[] = [];
    let last = -1;
    for (const { filter, entry } of concerned.sort((a, b) => a.place - b.place)) {
      const whole = this.own.filters[filter];
      if (filter !== last && whole !== undefined) filters.push({ ...whole, selectors: new Map() });
      filters.at(-1)?.selectors.set(entry.selector.key, entry);
      last = filter;
    }
    const policy = { ...this.own, filters };
    const of = { direction: this.#direction, subject: this.#subject, peer, policy };
    return new PeerMap(of, this.#compiling.distill);
  }

  /** Named ports of egress may have other numbers at each peer. */
  #portsKey(peer: Identity): string {
    if (this.#named.length === 0) return "";
    const ports = this.#named.map((filter) =>
      resolvedPort(filter, this.#packet(peer, filter.proto, 0), this.#compiling.distill),
    );
    return ports.join();
  }

  #packet(peer: Identity, proto: number, port: number): Packet {
    return { direction: this.#direction, subject: this.#subject, peer, proto, port };
  }

  #makeRoom(number: number): void {
    const { room } = this.#compiling;
    if (this.#epoch !== room.epoch) this.#forget();
    if (number < this.#byPeer.length) return;
    const length = Math.max(64, this.#byPeer.length * 2, number + 1);
    room.taken += length - this.#byPeer.length;
    if (room.taken > ROOM_MAX) {
      room.epoch += 1;
      room.taken = length;
      this.#forget();
    }
    const grown = new Uint32Array(length);
    grown.set(this.#byPeer);
    this.#byPeer = grown;
  }

  #forget(): void {
    this.#epoch = this.#compiling.room.epoch;
    this.#byPeer = new Uint32Array(0);
    this.#byKey.clear();
    this.#maps.length = 0;
  }
}
