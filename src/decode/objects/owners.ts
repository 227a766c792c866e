import type { Json } from "#model/json.ts";
import type { OwnerRef } from "#model/objects.ts";
import { flagAt, objectsAt, textAt } from "../field.ts";

/** `metadata.ownerReferences` of an object, in order. */
export function readOwners(value: Json | undefined): readonly OwnerRef[] {
  return objectsAt(value, "metadata", "ownerReferences").map((owner) => ({
    kind: textAt(owner, "kind") ?? "",
    name: textAt(owner, "name") ?? "",
    controller: flagAt(owner, "controller"),
  }));
}
