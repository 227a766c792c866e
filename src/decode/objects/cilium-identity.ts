import { labelText, parseLabel } from "#model/labels.ts";
import type { CiliumIdentity, Manifest } from "#model/objects.ts";
import { stringMapAt } from "../field.ts";

/** A CiliumIdentity: its name is the number, `security-labels` are its labels of every source. */
export function readCiliumIdentity(manifest: Manifest): CiliumIdentity {
  const labels = Object.entries(stringMapAt(manifest.value, "security-labels"));
  return {
    id: Number(manifest.name),
    labels: labels.map(([key, value]) => labelText(parseLabel(`${key}=${value}`))).toSorted(),
  };
}
