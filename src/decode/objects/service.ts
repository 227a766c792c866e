import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Manifest, Service, ServicePort, StringMap } from "#model/objects.ts";
import { isAddress } from "../address.ts";
import { numberAt, objectsAt, stringMapAt, textAt, textsAt, valueAt } from "../field.ts";

/** A Service object. Its selector is null when absent and `{}` when it is given empty. */
export function readService(manifest: Manifest): Service {
  const { value } = manifest;
  const spec = valueAt(value, "spec");
  const selector = valueAt(spec, "selector");
  const annotations = stringMapAt(value, "metadata", "annotations");
  return {
    namespace: manifest.namespace ?? "default",
    name: manifest.name,
    labels: stringMapAt(value, "metadata", "labels"),
    annotations,
    selector: isObject(selector) ? stringMapAt(selector) : null,
    type: textAt(spec, "type") ?? "ClusterIP",
    clusterIPs: clusterAddresses(spec),
    loadBalancerAddresses: loadBalancerAddresses(value, annotations),
    externalIPs: textsAt(spec, "externalIPs").filter(isAddress),
    externalTrafficPolicy: textAt(spec, "externalTrafficPolicy") ?? "Cluster",
    ports: objectsAt(spec, "ports").flatMap(readPort),
  };
}

/** Empty for a headless Service ("None") and for one that no cluster has given an address. */
function clusterAddresses(spec: Json | undefined): readonly string[] {
  const all = [textAt(spec, "clusterIP") ?? "", ...textsAt(spec, "clusterIPs")];
  return [...new Set(all.filter(isAddress))];
}

const LB_IPAM_ANNOTATIONS = ["lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips", "metallb.universe.tf/loadBalancerIPs"];

/** What the load balancer gave; in a manifest that has no status yet, what it asks for. */
function loadBalancerAddresses(value: Json, annotations: StringMap): readonly string[] {
  const given = objectsAt(value, "status", "loadBalancer", "ingress").map((entry) => textAt(entry, "ip") ?? "");
  const asked = [
    textAt(value, "spec", "loadBalancerIP") ?? "",
    ...LB_IPAM_ANNOTATIONS.flatMap((key) => (annotations[key] ?? "").split(",").map((text) => text.trim())),
  ];
  const addresses = given.some(isAddress) ? given : asked;
  return [...new Set(addresses.filter(isAddress))];
}

function readPort(port: JsonObject): readonly ServicePort[] {
  const number = numberAt(port, "port");
  if (number === undefined) return [];
  const targetPort = port["targetPort"];
  return [
    {
      name: textAt(port, "name") ?? "",
      port: number,
      targetPort: typeof targetPort === "number" || typeof targetPort === "string" ? targetPort : null,
      protocol: textAt(port, "protocol") ?? "TCP",
      nodePort: numberAt(port, "nodePort") ?? null,
    },
  ];
}
