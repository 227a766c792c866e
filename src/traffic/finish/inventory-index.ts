import type { CiliumEndpoint, ContainerPort, Inventory, Pod, WorkloadRef } from "#model/objects.ts";
import { workloadOf } from "#model/workload.ts";

/** What the objects say of pods, nodes and Services, ready to be asked. */
export type InventoryIndex = {
  readonly pod: (namespace: string, name: string) => Pod | null;
  readonly podsAt: (address: string) => readonly Pod[];
  /** A pod that runs the workload, or its template's. */
  readonly podOf: (namespace: string, workload: WorkloadRef) => Pod | null;
  readonly endpoint: (namespace: string, name: string) => CiliumEndpoint | null;
  readonly identityLabels: (id: number) => readonly string[] | null;
  /** Reserved entity that an address belongs to, with the node's name: nodes, health and ingress endpoints. */
  readonly entityAt: (address: string) => NodeAddressUse | null;
  /** `namespace/name` of the Service that has this address. */
  readonly serviceAt: (address: string) => string | null;
  readonly podCidrs: readonly string[];
};

export type NodeAddressUse = { readonly entity: "remote-node" | "health" | "ingress"; readonly node: string };

export function indexInventory(inventory: Inventory): InventoryIndex {
  const pods = new Map(inventory.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  const byAddress = groupPods(inventory.pods);
  const byWorkload = podsByWorkload(inventory);
  const endpoints = new Map(inventory.ciliumEndpoints.map((one) => [`${one.namespace}/${one.name}`, one]));
  const identities = new Map(inventory.ciliumIdentities.map((identity) => [identity.id, identity.labels]));
  const uses = addressUses(inventory);
  const services = serviceAddresses(inventory);
  return {
    pod: (namespace, name) => pods.get(`${namespace}/${name}`) ?? null,
    podsAt: (address) => byAddress.get(address) ?? [],
    podOf: (namespace, workload) => byWorkload.get(`${namespace}/${workload.kind}/${workload.name}`) ?? null,
    endpoint: (namespace, name) => endpoints.get(`${namespace}/${name}`) ?? null,
    identityLabels: (id) => identities.get(id) ?? null,
    entityAt: (address) => uses.get(address) ?? null,
    serviceAt: (address) => services.get(address) ?? null,
    podCidrs: [...inventory.nodes, ...inventory.ciliumNodes].flatMap((node) => node.podCIDRs),
  };
}

function groupPods(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const byAddress = new Map<string, Pod[]>();
  for (const pod of pods) {
    // A host network pod's address is its node's.
    if (pod.hostNetwork) continue;
    for (const address of pod.addresses) {
      const list = byAddress.get(address);
      if (list === undefined) byAddress.set(address, [pod]);
      else list.push(pod);
    }
  }
  return byAddress;
}

function podsByWorkload(inventory: Inventory): ReadonlyMap<string, Pod> {
  const found = new Map<string, Pod>();
  for (const workload of inventory.workloads) {
    if (workload.template !== null)
      found.set(`${workload.namespace}/${workload.kind}/${workload.name}`, workload.template);
  }
  for (const pod of inventory.pods) {
    const workload = workloadOf(pod);
    if (workload !== null && !pod.fromTemplate) found.set(`${pod.namespace}/${workload.kind}/${workload.name}`, pod);
  }
  return found;
}

function addressUses(inventory: Inventory): ReadonlyMap<string, NodeAddressUse> {
  const uses = new Map<string, NodeAddressUse>();
  for (const node of [...inventory.nodes, ...inventory.ciliumNodes]) {
    for (const { type, address } of node.addresses) {
      if (type !== "Hostname") uses.set(address, { entity: "remote-node", node: node.name });
    }
  }
  for (const node of inventory.ciliumNodes) {
    for (const address of node.healthAddresses) uses.set(address, { entity: "health", node: node.name });
    for (const address of node.ingressAddresses) uses.set(address, { entity: "ingress", node: node.name });
  }
  return uses;
}

function serviceAddresses(inventory: Inventory): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const service of inventory.services) {
    for (const address of [...service.clusterIPs, ...service.loadBalancerAddresses, ...service.externalIPs]) {
      if (address !== "" && address !== "None") found.set(address, `${service.namespace}/${service.name}`);
    }
  }
  return found;
}

/** The named ones of a pod's ports, by name; of two with one name the last container's counts, as in Cilium. */
export function namedPortsOf(ports: readonly ContainerPort[]): readonly ContainerPort[] {
  const byName = new Map(ports.filter((port) => port.name !== "").map((port) => [port.name.toLowerCase(), port]));
  return sortPorts([...byName.values()]);
}

export function sortPorts(ports: readonly ContainerPort[]): readonly ContainerPort[] {
  return [...ports].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.port - b.port));
}
