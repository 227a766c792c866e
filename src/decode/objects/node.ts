import type { Json } from "#model/json.ts";
import type { Manifest, Node, NodeAddress } from "#model/objects.ts";
import { isAddress } from "../address.ts";
import { objectsAt, stringMapAt, textAt, textsAt, valueAt } from "../field.ts";

/** A Node object. Host names among its addresses are left out; types are kept (`InternalIP`, `ExternalIP`, …). */
export function readNode(manifest: Manifest): Node {
  const { value } = manifest;
  return {
    name: manifest.name,
    labels: stringMapAt(value, "metadata", "labels"),
    addresses: nodeAddresses(valueAt(value, "status"), "address"),
    podCIDRs: podCidrs(value),
  };
}

/** `addresses` below a status (Node, key `address`) or a spec (CiliumNode, key `ip`). */
export function nodeAddresses(value: Json | undefined, key: "address" | "ip"): readonly NodeAddress[] {
  return objectsAt(value, "addresses")
    .map((entry) => ({ type: textAt(entry, "type") ?? "", address: textAt(entry, key) ?? "" }))
    .filter((entry) => isAddress(entry.address));
}

function podCidrs(value: Json): readonly string[] {
  const several = textsAt(value, "spec", "podCIDRs");
  const one = textAt(value, "spec", "podCIDR") ?? "";
  return several.length > 0 || one === "" ? several : [one];
}
