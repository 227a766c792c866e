import type { Json, JsonObject } from "#model/json.ts";
import { EMPTY_INVENTORY, type Inventory, type Pod, type Service } from "#model/objects.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { Cast } from "./cast.ts";

/** What policies ask for besides pods and namespaces: Services that they name, CIDR groups, nodes where these are matched. */
export function inventoryFor(cast: Cast, policies: readonly PolicyObject[], snapshot: Snapshot): Inventory {
  const { inventory, config } = snapshot;
  const text = policies.map((policy) => JSON.stringify(policy.value)).join("\n");
  const services = text.includes('"toServices"') ? inventory.services.filter((one) => isNamed(one, text)) : [];
  const named = new Set(services.map((one) => `${one.namespace}/${one.name}`));
  const hasNodes = config.value.enableNodeSelectorLabels || config.value.policyCIDRMatchMode.includes("nodes");
  return {
    ...EMPTY_INVENTORY,
    namespaces: cast.namespaces,
    pods: cast.pods,
    services,
    endpointSlices: inventory.endpointSlices.filter((slice) => named.has(`${slice.namespace}/${slice.service}`)),
    cidrGroups: /cidrGroup/i.test(text) ? inventory.cidrGroups : [],
    nodes: hasNodes ? inventory.nodes : [],
  };
}

function isNamed(service: Service, text: string): boolean {
  return text.includes("k8sServiceSelector") || text.includes(`"serviceName":"${service.name}"`);
}

/** The inventory as manifests, with nothing that decides nothing. */
export function manifestsFor(inventory: Inventory): readonly JsonObject[] {
  const { namespaces, pods, services, endpointSlices, cidrGroups, nodes } = inventory;
  return [
    ...namespaces.map(({ name, labels }) => object("v1", "Namespace", { name, ...given("labels", labels) })),
    ...nodes.map(({ name, labels, addresses }) => ({
      ...object("v1", "Node", { name, ...given("labels", labels) }),
      status: { addresses: addresses.map(({ type, address }) => ({ type, address })) },
    })),
    ...cidrGroups.map(({ name, labels, cidrs }) => ({
      ...object("cilium.io/v2", "CiliumCIDRGroup", { name, ...given("labels", labels) }),
      spec: { externalCIDRs: cidrs },
    })),
    ...services.map(serviceManifest),
    ...endpointSlices.map(({ namespace, service, addresses }, index) => ({
      ...object("discovery.k8s.io/v1", "EndpointSlice", {
        namespace,
        name: `${service}-${index}`,
        labels: { "kubernetes.io/service-name": service },
      }),
      endpoints: addresses.map((address) => ({ addresses: [address] })),
    })),
    ...pods.map(podManifest),
  ];
}

function object(apiVersion: string, kind: string, metadata: JsonObject): JsonObject {
  return { apiVersion, kind, metadata };
}

/** The key where there is something to say. */
function given(key: string, values: Readonly<Record<string, string>>): JsonObject {
  return Object.keys(values).length === 0 ? {} : { [key]: values };
}

function podManifest({ namespace, name, labels, serviceAccount, ports, addresses }: Pod): JsonObject {
  const [address] = addresses;
  const account = serviceAccount === "" || serviceAccount === "default" ? {} : { serviceAccountName: serviceAccount };
  const containers = ports.map(
    (port): Json => ({ name: port.name, containerPort: port.port, protocol: port.protocol }),
  );
  const spec = { ...account, ...(ports.length === 0 ? {} : { containers: [{ name: "main", ports: containers }] }) };
  return {
    ...object("v1", "Pod", { namespace, name, ...given("labels", labels) }),
    ...(Object.keys(spec).length === 0 ? {} : { spec }),
    ...(address === undefined ? {} : { status: { podIP: address } }),
  };
}

function serviceManifest({ namespace, name, labels, selector, ports }: Service): JsonObject {
  const entries = ports.map(({ name: port, port: number, targetPort, protocol }) => {
    return { name: port, port: number, ...(targetPort === null ? {} : { targetPort }), protocol };
  });
  return {
    ...object("v1", "Service", { namespace, name, ...given("labels", labels) }),
    spec: { ...(selector === null ? {} : { selector }), ports: entries },
  };
}

/** A policy as it would be written: what the cluster added to it is left out. */
export function policyManifest({ kind, namespace, name, value }: PolicyObject): JsonObject {
  const { apiVersion, spec, specs } = value;
  return {
    ...object(typeof apiVersion === "string" ? apiVersion : "cilium.io/v2", kind, {
      ...(namespace === null ? {} : { namespace }),
      name,
    }),
    ...(spec === undefined ? {} : { spec }),
    ...(specs === undefined ? {} : { specs }),
  };
}
