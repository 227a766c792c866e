import type { AddressEnd, End, PodEnd, ReservedEnd } from "#model/conversation.ts";
import { type Label, parseLabel } from "#model/labels.ts";
import type { Inventory, Node } from "#model/objects.ts";
import type { CiliumConfig } from "#model/profile.ts";
import { type Identity, identityOf } from "./identity.ts";
import type { Ipcache } from "./ipcache.ts";
import { nodeLabelFilter } from "../selector/label-filter.ts";
import { type LabelArray, labelArray, reservedLabel } from "../selector/labels.ts";
import { type NamedPortMap, namedPortMap } from "./named-ports.ts";
import { CLUSTER_KEY } from "../rules/parse-context.ts";
import type { Semantics } from "../semantics.ts";

// Upstream: how pkg/ipcache, pkg/node/manager and pkg/endpoint come to an end's labels. Differs: starts from what was
// recorded; `cidr:`, `fqdn:` and `node:` labels of then-existing policies are left out and worked out anew.

export type EndContext = {
  readonly inventory: Inventory;
  readonly config: CiliumConfig;
  readonly semantics: Semantics;
  readonly ipcache: Ipcache;
};

const WORKED_OUT: ReadonlySet<string> = new Set(["cidr", "cidrgroup", "fqdn", "node"]);
/** The kinds of a Node's addresses that the agent puts into its ipcache. Upstream: pkg/k8s ParseNode. */
export const NODE_ADDRESS_TYPES: ReadonlySet<string> = new Set(["InternalIP", "ExternalIP", "CiliumInternalIP"]);
const NO_PORTS: NamedPortMap = new Map();

export function matchesNodes({ config }: EndContext): boolean {
  return config.policyCIDRMatchMode.includes("nodes");
}

function matchesPods({ config }: EndContext): boolean {
  return config.policyCIDRMatchMode.includes("pods");
}

/**
 * The identities an end may have: one, unless it stands for several addresses that the policies tell apart (nodes or
 * pods under `policyCIDRMatchMode`, nodes by their labels). Empty when the end is not known, or its address unreadable.
 */
export function endIdentities(end: End, names: readonly string[], context: EndContext): readonly Identity[] {
  switch (end.kind) {
    case "pod":
      return podIdentities(end, context);
    case "reserved":
      return reservedIdentities(end, names, context);
    case "address":
      return addressIdentities(end, names, context);
    case "unknown":
      return [];
  }
}

/** The same end if every toFQDNs entry there is matched one of its names: what unknown names could make of it. */
export function identitiesWithAnyName(end: AddressEnd, context: EndContext): readonly Identity[] {
  if (end.masqueraded === true) return [];
  return outsideIdentities(end, context.ipcache.outsideWithAnyName(end.prefix ?? end.address), context);
}

function make(labels: Iterable<Label>, ports: NamedPortMap, context: EndContext, otherCluster = false): Identity {
  return identityOf(labelArray(labels), ports, {
    aggregates: context.semantics.aggregates,
    nodesByCidr: matchesNodes(context),
    nodesByLabel: context.config.enableNodeSelectorLabels,
    otherCluster,
  });
}

function distinct(identities: readonly Identity[]): readonly Identity[] {
  return [...new Map(identities.map((identity) => [identity.key, identity])).values()];
}

function ownLabels(end: { readonly labels: readonly string[] }): readonly Label[] {
  return end.labels.map(parseLabel).filter((label) => !WORKED_OUT.has(label.source));
}

function podIdentities(end: PodEnd, context: EndContext): readonly Identity[] {
  const labels = ownLabels(end);
  const ports = namedPortMap(end.namedPorts);
  const identity = (more: readonly Label[]) => make([...labels, ...more], ports, context, end.otherCluster !== null);
  if (!matchesPods(context) || end.addresses.length === 0) return [identity([])];
  const groups = addressesByPod(end, context);
  return distinct(groups.map((addresses) => identity(addresses.flatMap((address) => podCidrLabels(address, context)))));
}

/** The addresses of each pod that the end stands for; one nobody knows stands for itself. */
function addressesByPod(end: PodEnd, { inventory }: EndContext): readonly (readonly string[])[] {
  if (end.podCount === 1) return [end.addresses];
  const groups = new Map<string, string[]>();
  for (const address of end.addresses) {
    const pod = inventory.pods.find((item) => item.addresses.includes(address));
    const key = pod === undefined ? address : `${pod.namespace}/${pod.name}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [address]);
    else known.push(address);
  }
  return [...groups.values()];
}

/** In match mode `pods` a pod carries the CIDR of its address, at least its family's. Upstream: computeCIDRLabelsRLocked. */
function podCidrLabels(address: string, { ipcache }: EndContext): readonly Label[] {
  const found = ipcache.cidrLabels(address);
  if (found.some((label) => label.source === "cidr")) return found;
  return [...found, { source: "cidr", key: address.includes(":") ? "0--0/0" : "0.0.0.0/0", value: "" }];
}

function reservedIdentities(end: ReservedEnd, names: readonly string[], context: EndContext): readonly Identity[] {
  const own = ownLabels(end);
  const isHost = own.some((label) => label.source === "reserved" && label.key === "host");
  const isNode = isHost || own.some((label) => label.source === "reserved" && label.key === "remote-node");
  if (!isNode) return [make(own, NO_PORTS, context)];
  const places = nodePlaces(
    end,
    context,
    context.config.enableNodeSelectorLabels && (!isHost || context.semantics.hostHasNodeLabels),
  );
  // Only where CIDRs select nodes do their addresses keep the names they are known by. Upstream: pkg/ipcache resolveLabels.
  const named = matchesNodes(context) ? context.ipcache.nameLabels(names) : [];
  // The host is one identity with the labels of all its addresses; another node has one for each address.
  const groups = isHost ? [places.flat()] : places;
  return distinct(groups.map((labels) => make([...named, ...labels, ...own], NO_PORTS, context)));
}

/** What tells nodes apart, for each address or node that the end stands for. Of one key, the node's own label stays. */
function nodePlaces(end: ReservedEnd, context: EndContext, byLabel: boolean): readonly (readonly Label[])[] {
  const { addresses } = end;
  const byCidr = matchesNodes(context);
  if (!byCidr && !byLabel) return [[]];
  const cidrs = (address: string) => (byCidr ? nodeCidrLabels(address, context) : []);
  const labels = (node: Node | undefined) => (byLabel ? nodeLabels(node, context) : []);
  if (addresses.length > 0)
    return addresses.map((address) => [...cidrs(address), ...labels(nodeAt(address, end, context))]);
  if (end.nodes.length === 0) return [labels(undefined)];
  return end.nodes.map((name) => {
    const node = context.inventory.nodes.find((item) => item.name === name);
    const own = node?.addresses.filter(({ type }) => NODE_ADDRESS_TYPES.has(type)) ?? [];
    return [...own.flatMap((item) => cidrs(item.address)), ...labels(node)];
  });
}

function nodeAt(address: string, end: ReservedEnd, { inventory }: EndContext): Node | undefined {
  const byAddress = inventory.nodes.find((node) => node.addresses.some((item) => item.address === address));
  return byAddress ?? (end.nodes.length === 1 ? inventory.nodes.find((node) => node.name === end.nodes[0]) : undefined);
}

/** A node's own address is a prefix of the ipcache, and the longest. Upstream: pkg/node/manager NodeUpdated. */
function nodeCidrLabels(address: string, { ipcache }: EndContext): readonly Label[] {
  const groups = ipcache.cidrLabels(address).filter((label) => label.source !== "cidr");
  return [
    ...groups,
    { source: "cidr", key: `${address.replaceAll(":", "-")}/${address.includes(":") ? 128 : 32}`, value: "" },
  ];
}

/** The node's labels through the node label filter, with its cluster's. Upstream: nodeIdentityLabels with PerNodeLabelsEnabled. */
function nodeLabels(node: Node | undefined, { config, semantics }: EndContext): readonly Label[] {
  const own = Object.entries(node?.labels ?? {}).map(([key, value]): Label => ({ source: "node", key, value }));
  const cluster: Label = { source: "k8s", key: CLUSTER_KEY.slice("k8s:".length), value: config.clusterName };
  const passes = nodeLabelFilter(config.nodeLabels);
  return semantics.nodeFilterTakesCluster ? [...own, cluster].filter(passes) : [...own.filter(passes), cluster];
}

function addressIdentities(end: AddressEnd, names: readonly string[], context: EndContext): readonly Identity[] {
  const { ipcache } = context;
  // A masqueraded end shows a node's address: policy saw its identity, the world, and who it is nobody can tell.
  if (end.masqueraded === true)
    return [make(ipcache.nowhere(end.address.includes(":") ? 6 : 4).byKey.values(), NO_PORTS, context)];
  const place = end.prefix ?? end.address;
  const named = outsideIdentities(end, ipcache.outside(place, names), context);
  // Of a prefix, only some addresses have the names.
  return end.prefix === undefined || names.length === 0
    ? named
    : distinct([...named, ...outsideIdentities(end, ipcache.outside(place, []), context)]);
}

function outsideIdentities(end: AddressEnd, places: readonly LabelArray[], context: EndContext): readonly Identity[] {
  return distinct(places.map((labels) => make([...labels.byKey.values(), ...apiServerLabel(end)], NO_PORTS, context)));
}

/** That an address outside is the API server may be known from the recording alone. */
function apiServerLabel(end: AddressEnd): readonly Label[] {
  return end.labels.includes("reserved:kube-apiserver") ? [reservedLabel("kube-apiserver")] : [];
}
