import type { End } from "#model/conversation.ts";

/** An end as a person calls it: `argocd/argocd-repo-server`, `host`, `github.com`, `198.51.100.7`. */
export function endName(end: End): string {
  switch (end.kind) {
    case "pod":
      return `${end.namespace}/${end.workload?.name ?? end.pods[0] ?? "?"}`;
    case "reserved":
      return end.entity;
    case "address":
      return end.names[0] ?? end.address;
    case "unknown":
      return end.address ?? "unknown";
  }
}

/** The key of an end: equal for ends that every policy treats alike. */
export function endKey(end: End): string {
  switch (end.kind) {
    case "pod":
      return `pod ${end.labels.join(" ")} ${end.namedPorts.map((port) => `${port.name}=${port.protocol}${port.port}`).join(" ")}`;
    case "reserved":
      return `reserved ${end.labels.join(" ")} ${end.addresses.join(" ")}`;
    case "address":
      return `address ${end.address}`;
    case "unknown":
      return `unknown ${end.address ?? ""}`;
  }
}

/** The namespace that an end's policies live in; null for ends outside namespaces. */
export function endNamespace(end: End): string | null {
  return end.kind === "pod" ? end.namespace : null;
}
