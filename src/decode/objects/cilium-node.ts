import type { Json } from "#model/json.ts";
import type { CiliumNode, Manifest } from "#model/objects.ts";
import { stringMapAt, textAt, textsAt, valueAt } from "../field.ts";
import { nodeAddresses } from "./node.ts";

/** A CiliumNode: addresses of the node itself, and of the health and ingress endpoints on it. */
export function readCiliumNode(manifest: Manifest): CiliumNode {
  const spec = valueAt(manifest.value, "spec");
  return {
    name: manifest.name,
    labels: stringMapAt(manifest.value, "metadata", "labels"),
    addresses: nodeAddresses(spec, "ip"),
    podCIDRs: textsAt(spec, "ipam", "podCIDRs"),
    healthAddresses: addressPair(valueAt(spec, "health")),
    ingressAddresses: addressPair(valueAt(spec, "ingress")),
  };
}

function addressPair(value: Json | undefined): readonly string[] {
  return [textAt(value, "ipv4") ?? "", textAt(value, "ipv6") ?? ""].filter((text) => text !== "");
}
