import { isObject, type JsonObject } from "#model/json.ts";
import type { PolicyKind, PolicyObject } from "#model/policy.ts";
import { pruneObject } from "../field.ts";
import type { SourceManifest } from "./manifest.ts";

const NAMESPACED = new Set<PolicyKind>(["CiliumNetworkPolicy", "NetworkPolicy"]);

/**
 * A policy as the agent gets it: nulls of object fields dropped (elements of lists stay, as with the API server),
 * `default` where a namespaced kind names no namespace, everything else as it was written.
 * A namespace on a cluster-scoped kind means nothing.
 */
export function readPolicy(kind: PolicyKind): (manifest: SourceManifest) => PolicyObject {
  return (manifest) => {
    const namespace = NAMESPACED.has(kind) ? (manifest.namespace ?? "default") : null;
    return {
      kind,
      namespace,
      name: manifest.name,
      value: withNamespace(pruneObject(manifest.value), namespace),
      file: manifest.file,
      places: manifest.positions(),
    };
  };
}

function withNamespace(value: JsonObject, namespace: string | null): JsonObject {
  const metadata = value["metadata"];
  if (namespace === null || !isObject(metadata)) return value;
  return { ...value, metadata: { ...metadata, namespace } };
}
