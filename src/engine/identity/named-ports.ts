import type { ContainerPort, Pod } from "#model/objects.ts";
import { protocolNumber } from "../rules/protocol.ts";

// Upstream: pkg/types/portmap.go, pkg/k8s/labels.go NamedPortsIdentityLabels.

export type PortProto = { readonly port: number; readonly proto: number };
/** Port names (lower case) of one pod; of two ports with a name the last container's counts, protocol included. */
export type NamedPortMap = ReadonlyMap<string, PortProto>;

const SERVICE_NAME = /^([a-zA-Z0-9]-?)*[a-zA-Z](-?[a-zA-Z0-9])*$/;

/** Upstream: pkg/iana IsSvcName. What is one is a port name, also `0x50`. */
export function isServiceName(text: string): boolean {
  // The expression could backtrack badly on long texts: the length comes first.
  return text.length > 0 && text.length <= 15 && SERVICE_NAME.test(text);
}

/** The map of a pod's container ports. Names that are no service names, and bad protocols or numbers, are left out. */
export function namedPortMap(ports: readonly ContainerPort[]): NamedPortMap {
  const map = new Map<string, PortProto>();
  for (const port of ports) {
    const proto = protocolNumber(port.protocol === "" ? "TCP" : port.protocol);
    const isValid = port.port >= 1 && port.port <= 65535 && proto !== null && proto !== 0;
    if (isServiceName(port.name) && isValid) map.set(port.name.toLowerCase(), { port: port.port, proto });
  }
  return map;
}

/** The number behind a name for a protocol, on one pod. */
export function namedPort(map: NamedPortMap, name: string, proto: number): number | null {
  const found = map.get(name);
  return found !== undefined && found.proto === proto && proto !== 0 ? found.port : null;
}

/** Every pod's named ports in one table: what egress named ports meant before 1.20. */
export type ClusterPorts = ReadonlyMap<string, readonly PortProto[]>;

export function clusterPorts(pods: readonly Pod[]): ClusterPorts {
  const table = new Map<string, PortProto[]>();
  for (const pod of pods) {
    if (pod.hostNetwork) continue;
    for (const [name, port] of namedPortMap(pod.ports)) {
      const known = table.get(name);
      if (known === undefined) table.set(name, [port]);
      else known.push(port);
    }
  }
  return table;
}

/**
 * The cluster's one number behind a name. The trap: two different numbers anywhere in the cluster, and the name has
 * none (rules with it do nothing, deny rules too). Upstream: 1.19 namedPortMultiMap.GetNamedPort.
 */
export function clusterPort(table: ClusterPorts, name: string, proto: number): number | null {
  const numbers = new Set((table.get(name) ?? []).filter((found) => found.proto === proto).map((found) => found.port));
  const [only] = numbers;
  return numbers.size === 1 && only !== undefined ? only : null;
}

const LABEL_VALUE_MAX = 63;

/** The values of the `gen:io.cilium.k8s.named-ports…` labels: `dns.UDP.53_http.TCP.80`, cut where a label value ends. */
export function namedPortLabelValues(map: NamedPortMap, nameOf: (proto: number) => string): readonly string[] {
  const values: string[] = [];
  let value = "";
  for (const name of [...map.keys()].sort()) {
    const found = map.get(name);
    if (found === undefined) continue;
    const part = `${name}.${nameOf(found.proto)}.${found.port}`;
    if (value !== "" && value.length + 1 + part.length > LABEL_VALUE_MAX) {
      values.push(value);
      value = "";
    }
    value = value === "" ? part : `${value}_${part}`;
  }
  return value === "" ? values : [...values, value];
}
