import type { JsonObject } from "#model/json.ts";
import type { EndpointSlice, Manifest } from "#model/objects.ts";
import { isAddress } from "../address.ts";
import { numberAt, objectsAt, stringMapAt, textAt, textsAt, valueAt } from "../field.ts";

const SERVICE_LABEL = "kubernetes.io/service-name";

/** An EndpointSlice: the addresses of its endpoints that are ready, or serving while they terminate. */
export function readEndpointSlice(manifest: Manifest): EndpointSlice {
  const { value } = manifest;
  const labels = stringMapAt(value, "metadata", "labels");
  return {
    namespace: manifest.namespace ?? "default",
    service: labels[SERVICE_LABEL] ?? "",
    labels,
    addresses: objectsAt(value, "endpoints")
      .filter(takesTraffic)
      .flatMap((endpoint) => textsAt(endpoint, "addresses"))
      .filter(isAddress),
    ports: objectsAt(value, "ports").map(readPort),
  };
}

/** An absent `ready` counts as ready. */
function takesTraffic(endpoint: JsonObject): boolean {
  if (valueAt(endpoint, "conditions", "ready") !== false) return true;
  return valueAt(endpoint, "conditions", "serving") === true;
}

function readPort(port: JsonObject): EndpointSlice["ports"][number] {
  return {
    name: textAt(port, "name") ?? "",
    port: numberAt(port, "port") ?? null,
    protocol: textAt(port, "protocol") ?? "TCP",
  };
}

/** A core Endpoints object, one slice a subset: the older form, for dumps that hold no EndpointSlices. */
export function readEndpoints(manifest: Manifest): readonly EndpointSlice[] {
  return objectsAt(manifest.value, "subsets").map((subset) => ({
    namespace: manifest.namespace ?? "default",
    service: manifest.name,
    labels: { ...stringMapAt(manifest.value, "metadata", "labels"), [SERVICE_LABEL]: manifest.name },
    addresses: objectsAt(subset, "addresses")
      .map((address) => textAt(address, "ip") ?? "")
      .filter(isAddress),
    ports: objectsAt(subset, "ports").map(readPort),
  }));
}
