import type { CidrGroup, Manifest } from "#model/objects.ts";
import { stringMapAt, textsAt } from "../field.ts";

/** A CiliumCIDRGroup, `cilium.io/v2` and `v2alpha1` alike. */
export function readCidrGroup(manifest: Manifest): CidrGroup {
  return {
    name: manifest.name,
    labels: stringMapAt(manifest.value, "metadata", "labels"),
    cidrs: textsAt(manifest.value, "spec", "externalCIDRs"),
  };
}
