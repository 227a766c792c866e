import { hostPrefix, parseAddress, prefixKey, unmapped } from "#engine/identity/cidr.ts";
import { worldName } from "#engine/selector/cidr-selector.ts";
import { NODE_ADDRESS_TYPES } from "#engine/identity/ends.ts";
import { podEnd } from "#engine/identity/identity.ts";
import { SEMANTICS } from "#engine/semantics.ts";
import type { Connection } from "#model/connection.ts";
import type { AddressEnd, End, PodEnd, ReservedEnd } from "#model/conversation.ts";
import type { Inventory, Node, Pod } from "#model/objects.ts";
import type { PolicyTest, TestConnection } from "#model/policy-test.ts";

/** The objects of a test, ready to be named by its connections. */
export type TestWorld = {
  readonly test: PolicyTest;
  readonly inventory: Inventory;
  /** By `namespace/name`; a workload stands for one pod of its template. */
  readonly pods: ReadonlyMap<string, Pod>;
  readonly podsByAddress: ReadonlyMap<string, Pod>;
  /** By name, in the order of the objects. */
  readonly nodes: ReadonlyMap<string, Node>;
  readonly nodesByAddress: ReadonlyMap<string, string>;
  readonly apiServers: readonly string[];
  /** What the DNS proxies learned, by address. */
  readonly names: ReadonlyMap<string, readonly PolicyTest["dns"][number][]>;
  /** Ends of pods, made once: the engine remembers them by object. */
  readonly podEnds: Map<Pod, PodEnd>;
  /** What the texts of the connections name, and the ends that they are from a node's view, made once. */
  readonly named: Map<string, Named | null>;
  readonly ends: Map<string, End | null>;
};

/** Makes the world of a test from its decoded objects. */
export function createTestWorld(test: PolicyTest, inventory: Inventory): TestWorld {
  const templates = inventory.workloads.flatMap(({ template }) => template ?? []);
  const known = new Set(inventory.pods.map(podKey));
  const all = [...inventory.pods, ...templates.filter((pod) => !known.has(podKey(pod)))];
  const pods = new Map(all.map((pod) => [podKey(pod), pod]));
  const plain = [...pods.values()].filter((pod) => !pod.hostNetwork);
  const nodes = new Map(inventory.nodes.map((node) => [node.name, node]));
  return {
    test,
    inventory: { ...inventory, pods: [...pods.values()] },
    pods,
    podsByAddress: new Map(plain.flatMap((pod) => pod.addresses.map((address) => [addressKey(address), pod]))),
    nodes,
    nodesByAddress: new Map(
      [...nodes.values()].flatMap((node) => nodeAddresses(node).map((it) => [addressKey(it), node.name])),
    ),
    apiServers: inventory.endpointSlices
      .filter((slice) => slice.namespace === "default" && slice.service === "kubernetes")
      .flatMap((slice) => slice.addresses),
    names: namesByAddress(test),
    podEnds: new Map(),
    named: new Map(),
    ends: new Map(),
  };
}

function namesByAddress(test: PolicyTest): TestWorld["names"] {
  const names = new Map<string, PolicyTest["dns"][number][]>();
  for (const entry of test.dns) {
    for (const key of new Set(entry.ips.map(addressKey))) {
      const known = names.get(key);
      if (known === undefined) names.set(key, [entry]);
      else known.push(entry);
    }
  }
  return names;
}

function podKey(pod: Pod): string {
  return `${pod.namespace}/${pod.name}`;
}

function nodeAddresses(node: Node): readonly string[] {
  return node.addresses
    .filter((item) => NODE_ADDRESS_TYPES.has(item.type) && parseAddress(item.address) !== null)
    .map((item) => item.address);
}

/** Equal for two spellings of one address; the text itself when it is none. */
function addressKey(text: string): string {
  const address = parseAddress(text);
  return address === null ? text : prefixKey(hostPrefix(unmapped(address)));
}

/** An end before it is known from which node it is looked at. */
type Named =
  | { readonly kind: "pod"; readonly pod: Pod }
  | { readonly kind: "node"; readonly name: string; readonly address: string | null }
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "reserved"; readonly entity: string };

/** What the engine is asked for a connection of the test, without its request; a text says which end there is not. */
export function askedOf(connection: TestConnection, world: TestWorld): Connection | string {
  const ends = endsOf(connection, world);
  if (typeof ends === "string") return ends;
  const { protocol, port, icmpType, icmpCode, request, serverName } = connection;
  const learned = namesOf({ end: ends.to, text: connection.to }, connection.from, world);
  const to = withNames(ends.to, learned);
  const from = withNames(ends.from, namesOf({ end: ends.from, text: connection.from }, connection.to, world));
  const names = { learned, complete: true };
  return { from, to, protocol, port, icmpType, icmpCode, request, serverName, names };
}

function endsOf(connection: TestConnection, world: TestWorld): { readonly from: End; readonly to: End } | string {
  const from = namedEnd(connection.from, world);
  const to = namedEnd(connection.to, world);
  if (from === null) return `no such end: ${connection.from}`;
  if (to === null) return `no such end: ${connection.to}`;
  const fromEnd = knownEnd(connection.from, from, viewNode(to, from, world), world);
  const toEnd = knownEnd(connection.to, to, viewNode(from, to, world), world);
  if (fromEnd === null) return `no such end: ${connection.from}`;
  return toEnd === null ? `no such end: ${connection.to}` : { from: fromEnd, to: toEnd };
}

function knownEnd(text: string, named: Named, view: string, world: TestWorld): End | null {
  const key = `${text} ${view}`;
  const known = world.ends.get(key);
  if (known !== undefined) return known;
  const made = endOf(named, view, world);
  world.ends.set(key, made);
  return made;
}

function namedEnd(text: string, world: TestWorld): Named | null {
  const known = world.named.get(text);
  if (known !== undefined) return known;
  const made = nameEnd(text, world);
  world.named.set(text, made);
  return made;
}

function nameEnd(text: string, world: TestWorld): Named | null {
  if (text.startsWith("reserved:")) return { kind: "reserved", entity: text.slice("reserved:".length) };
  if (parseAddress(text) !== null) {
    const pod = world.podsByAddress.get(addressKey(text));
    if (pod !== undefined) return { kind: "pod", pod };
    const node = world.nodesByAddress.get(addressKey(text));
    return node === undefined ? { kind: "address", address: text } : { kind: "node", name: node, address: text };
  }
  const pod = world.pods.get(text);
  if (pod === undefined) return null;
  return pod.hostNetwork ? { kind: "node", name: pod.nodeName ?? "", address: null } : { kind: "pod", pod };
}

/** The node of the endpoint that looks at an end: what is `host` there is `remote-node` elsewhere. */
function viewNode(viewer: Named, seen: Named, world: TestWorld): string {
  if (viewer.kind === "pod") return viewer.pod.nodeName ?? "";
  const isOwn = viewer.kind === "reserved" && (viewer.entity === "health" || viewer.entity === "ingress");
  if (isOwn && seen.kind === "pod") return seen.pod.nodeName ?? "";
  return [...world.nodes.keys()][0] ?? "";
}

function endOf(named: Named, view: string, world: TestWorld): End | null {
  switch (named.kind) {
    case "pod":
      return podEndOf(named.pod, world);
    case "node":
      return nodeEnd(named.name, named.address, view, world);
    case "address":
      return addressEnd(named.address);
    case "reserved":
      return reservedEnd(named.entity, view, world);
  }
}

function podEndOf(pod: Pod, { podEnds, inventory, test }: TestWorld): PodEnd {
  const known = podEnds.get(pod);
  if (known !== undefined) return known;
  const made = podEnd(pod, inventory, test.cilium, test.config);
  podEnds.set(pod, made);
  return made;
}

function addressEnd(address: string): AddressEnd {
  return { kind: "address", address, names: [], labels: [] };
}

function plainEnd(entity: string, labels: readonly string[] = [entity]): ReservedEnd {
  return {
    kind: "reserved",
    entity,
    labels: labels.map((name) => `reserved:${name}`).sort(),
    addresses: [],
    nodes: [],
  };
}

function reservedEnd(entity: string, view: string, world: TestWorld): ReservedEnd | null {
  const { config, cilium } = world.test;
  const worldEnd = (family: 4 | 6) => plainEnd("world", [worldName(family, { ...SEMANTICS[cilium], ...config })]);
  switch (entity) {
    case "host":
      return nodeEnd(view, null, view, world);
    case "remote-node":
      return nodeEnd(otherNode(view, world), null, view, world);
    case "kube-apiserver":
      return apiServerEnd(view, world);
    case "world":
      return worldEnd(config.ipv4 ? 4 : 6);
    case "world-ipv4":
      return worldEnd(4);
    case "world-ipv6":
      return worldEnd(6);
    case "health":
    case "init":
    case "unmanaged":
    case "ingress":
      return plainEnd(entity);
    default:
      return null;
  }
}

/** The first node that is neither the viewer's nor an API server; "" when there is none. */
function otherNode(view: string, world: TestWorld): string {
  const found = [...world.nodes.values()].find(
    (node) => node.name !== view && !nodeAddresses(node).some((it) => isApiServer(it, world)),
  );
  return found?.name ?? "";
}

function isApiServer(address: string, world: TestWorld): boolean {
  return world.apiServers.some((known) => addressKey(known) === addressKey(address));
}

function apiServerEnd(view: string, world: TestWorld): ReservedEnd {
  for (const address of world.apiServers) {
    const node = world.nodesByAddress.get(addressKey(address));
    if (node !== undefined && node !== view) return nodeEnd(node, address, view, world);
  }
  return plainEnd("kube-apiserver", ["kube-apiserver", "remote-node"]);
}

/** A node as another (or the same) node's agent knows it: by the address used, or its first. */
function nodeEnd(name: string, used: string | null, view: string, world: TestWorld): ReservedEnd {
  const node = world.nodes.get(name);
  const own = node === undefined ? [] : nodeAddresses(node);
  const addresses = name === view ? own : [used ?? own[0]].flatMap((address) => address ?? []);
  const api = addresses.some((address) => isApiServer(address, world)) ? ["kube-apiserver"] : [];
  const entity = name === view ? "host" : api.length > 0 ? "kube-apiserver" : "remote-node";
  const labels = [name === view ? "host" : "remote-node", ...api];
  return { ...plainEnd(entity, labels), addresses, nodes: node === undefined ? [] : [name] };
}

function withNames(end: End, names: readonly string[]): End {
  return end.kind === "address" && names.length > 0 ? { ...end, names } : end;
}

/** Names that the viewer's node has learned for an address, or for those of a node. */
function namesOf(
  { end, text }: { readonly end: End; readonly text: string },
  viewer: string,
  world: TestWorld,
): readonly string[] {
  if (world.names.size === 0) return [];
  const addresses = end.kind === "reserved" ? end.addresses : [text];
  const known = addresses.flatMap((address) => world.names.get(addressKey(address)) ?? []);
  const [from, seen] = [namedEnd(viewer, world), namedEnd(text, world)];
  const view = from === null || seen === null ? "" : viewNode(from, seen, world);
  const isSeen = (seenBy: string | null) => {
    const seer = seenBy === null ? undefined : world.pods.get(seenBy);
    return seenBy === null || (seer !== undefined && (seer.nodeName ?? "") === view);
  };
  return known.filter(({ seenBy }) => isSeen(seenBy)).map((entry) => entry.name);
}
