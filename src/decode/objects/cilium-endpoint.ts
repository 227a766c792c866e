import type { CiliumEndpoint, ContainerPort, Manifest } from "#model/objects.ts";
import { numberAt, objectsAt, textAt, textsAt, valueAt } from "../field.ts";

/** A CiliumEndpoint: what the agent made of a pod. Identity 0 when it had none yet. */
export function readCiliumEndpoint(manifest: Manifest): CiliumEndpoint {
  const status = valueAt(manifest.value, "status");
  const endpointId = numberAt(status, "id");
  return {
    namespace: manifest.namespace ?? "default",
    name: manifest.name,
    identity: numberAt(status, "identity", "id") ?? 0,
    labels: textsAt(status, "identity", "labels").toSorted(),
    addresses: objectsAt(status, "networking", "addressing")
      .flatMap((pair) => [textAt(pair, "ipv4") ?? "", textAt(pair, "ipv6") ?? ""])
      .filter((address) => address !== ""),
    nodeAddress: textAt(status, "networking", "node") ?? null,
    namedPorts: objectsAt(status, "named-ports").map(
      (port): ContainerPort => ({
        name: textAt(port, "name") ?? "",
        port: numberAt(port, "port") ?? 0,
        protocol: textAt(port, "protocol") ?? "TCP",
      }),
    ),
    ...(endpointId === undefined ? {} : { endpointId }),
  };
}
