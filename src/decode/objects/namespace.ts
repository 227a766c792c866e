import type { Manifest, Namespace } from "#model/objects.ts";
import { stringMapAt } from "../field.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";

/** A Namespace object. The API server labels every namespace with its name; so does this. */
export function readNamespace(manifest: Manifest): Namespace {
  return {
    name: manifest.name,
    labels: { ...stringMapAt(manifest.value, "metadata", "labels"), [NAME_LABEL]: manifest.name },
    annotations: stringMapAt(manifest.value, "metadata", "annotations"),
  };
}

/** A namespace that objects name but that was not given itself: it has the name label only. */
export function implicitNamespace(name: string): Namespace {
  return { name, labels: { [NAME_LABEL]: name }, annotations: {} };
}
