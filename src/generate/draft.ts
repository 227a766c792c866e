import type { Conversation } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Purpose } from "#model/generated.ts";
import type { Group } from "./group.ts";
import type { LabelSelector } from "./label-selector.ts";

/** Whom a rule takes, in the words that policies have. */
export type Peer =
  | { readonly kind: "group"; readonly group: Group }
  /** Several groups under one selector. `namespaces` null: of every namespace. */
  | {
      readonly kind: "groups";
      readonly namespaces: readonly string[] | null;
      readonly selector: LabelSelector;
      readonly groups: readonly Group[];
    }
  | { readonly kind: "entity"; readonly entity: string }
  /** A name as it was asked, or a pattern with `*`. */
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "cidr"; readonly cidr: string };

/** A port or a range of them, or an ICMP type. */
export type Port =
  | { readonly kind: "port"; readonly protocol: string; readonly port: number; readonly endPort: number | null }
  | { readonly kind: "icmp"; readonly family: "IPv4" | "IPv6"; readonly type: number };

export type HttpMatch = { readonly method: string; readonly path: string };

/** What a proxy is to look at on the ports of a rule. */
export type L7 =
  | { readonly kind: "dns"; readonly patterns: readonly string[] }
  | { readonly kind: "http"; readonly matches: readonly HttpMatch[] };

/** What one conversation needs on one side: any of the peers on the port. */
export type Need = {
  readonly group: Group;
  readonly side: Direction;
  readonly peers: readonly Peer[];
  readonly port: Port;
  readonly purpose: Purpose;
  readonly conversation: Conversation;
  readonly notes: readonly string[];
};

/** A rule before it is put into the words of a policy kind. Peers are of one field, ports all ICMP or all not. */
export type RuleDraft = {
  readonly side: Direction;
  readonly purpose: Purpose;
  readonly peers: readonly Peer[];
  readonly ports: readonly Port[];
  readonly l7: L7 | null;
  readonly conversations: readonly Conversation[];
  readonly notes: readonly string[];
};

/** The field of a rule that a peer stands in, without `to` and `from`. */
export type PeerField = "Endpoints" | "Entities" | "FQDNs" | "CIDR";

export function fieldOf(peer: Peer): PeerField {
  switch (peer.kind) {
    case "group":
    case "groups":
      return "Endpoints";
    case "entity":
      return "Entities";
    case "name":
      return "FQDNs";
    case "cidr":
      return "CIDR";
  }
}

/** Equal for peers that are the same. */
export function peerKey(peer: Peer): string {
  switch (peer.kind) {
    case "group":
      return `group ${peer.group.namespace}/${peer.group.name}`;
    case "groups":
      return `groups ${JSON.stringify([peer.namespaces, peer.selector])}`;
    case "entity":
      return `entity ${peer.entity}`;
    case "name":
      return `name ${peer.name}`;
    case "cidr":
      return `cidr ${peer.cidr}`;
  }
}

/** Equal for ports that are the same; sorts by protocol and number. */
export function portKey(port: Port): string {
  if (port.kind === "icmp") return `icmp ${port.family} ${String(port.type).padStart(3, "0")}`;
  return `port ${port.protocol} ${String(port.port).padStart(5, "0")}-${port.endPort ?? ""}`;
}

/** `TCP 5432`, `TCP 30000–32767`, `ICMPv4 type 8`. */
export function portText(port: Port): string {
  if (port.kind === "icmp") return `ICMP${port.family === "IPv4" ? "v4" : "v6"} type ${port.type}`;
  return `${port.protocol} ${port.port}${port.endPort === null ? "" : `–${port.endPort}`}`;
}

/** A list sorted by a text that each element has. */
export function sortedBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return items
    .map((item) => ({ item, key: key(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item);
}
