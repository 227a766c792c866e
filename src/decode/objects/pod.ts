import type { Json } from "#model/json.ts";
import type { ContainerPort, Manifest, Pod } from "#model/objects.ts";
import { isAddress } from "../address.ts";
import { flagAt, numberAt, objectsAt, stringMapAt, textAt, textsAt, valueAt } from "../field.ts";
import { readOwners } from "./owners.ts";

/** A Pod object. Without namespace it is in `default`. */
export function readPod(manifest: Manifest): Pod {
  return podOf(manifest.value, {
    namespace: manifest.namespace ?? "default",
    name: manifest.name,
    fromTemplate: false,
  });
}

type Named = { readonly namespace: string; readonly name: string; readonly fromTemplate: boolean };

/** A pod from anything that has `metadata`, `spec` and perhaps `status`: a Pod or a workload's template. */
export function podOf(value: Json | undefined, named: Named): Pod {
  const spec = valueAt(value, "spec");
  return {
    namespace: named.namespace,
    name: named.name,
    fromTemplate: named.fromTemplate,
    labels: stringMapAt(value, "metadata", "labels"),
    annotations: stringMapAt(value, "metadata", "annotations"),
    serviceAccount: firstText(spec, "serviceAccountName", "serviceAccount") ?? "default",
    nodeName: firstText(spec, "nodeName") ?? null,
    hostNetwork: flagAt(spec, "hostNetwork"),
    addresses: podAddresses(value),
    ports: containerPorts(spec),
    owners: readOwners(value),
    generateName: textAt(value, "metadata", "generateName") ?? "",
    phase: textAt(value, "status", "phase") ?? "",
    startTime: textAt(value, "status", "startTime") ?? null,
    deletionTime: textAt(value, "metadata", "deletionTimestamp") ?? null,
    dnsPolicy: textAt(spec, "dnsPolicy") ?? "ClusterFirst",
    dnsSearches: textsAt(spec, "dnsConfig", "searches"),
  };
}

/** The first of the keys that holds text that is not empty: the API server writes absent strings as "". */
function firstText(value: Json | undefined, ...keys: readonly string[]): string | undefined {
  return keys.map((key) => textAt(value, key)).find((text) => text !== undefined && text !== "");
}

/** `status.podIP`, then `status.podIPs`, each once. A pod that has finished still holds the addresses it had. */
function podAddresses(value: Json | undefined): readonly string[] {
  const first = textAt(value, "status", "podIP") ?? "";
  const all = [first, ...objectsAt(value, "status", "podIPs").map((entry) => textAt(entry, "ip") ?? "")];
  return [...new Set(all.filter(isAddress))];
}

/**
 * Ports of `spec.containers` in order; init containers are not asked, native sidecars among them.
 * Upstream: pkg/k8s/labels.go GetPodMetadata, the same in 1.18, 1.19 and 1.20.
 */
function containerPorts(spec: Json | undefined): readonly ContainerPort[] {
  return objectsAt(spec, "containers").flatMap((container) =>
    objectsAt(container, "ports").flatMap((port): ContainerPort[] => {
      const number = numberAt(port, "containerPort");
      if (number === undefined) return [];
      return [{ name: textAt(port, "name") ?? "", port: number, protocol: textAt(port, "protocol") ?? "TCP" }];
    }),
  );
}
