import type { End, ReservedEnd } from "#model/conversation.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { Stage } from "./stage.ts";

const USUAL_API_PORTS = [443, 6443, 8443, 16_443];
const API_SERVER = "reserved:kube-apiserver";

/** The ports that the API server listens on, by the endpoints of default/kubernetes; without them the usual ones. */
export function apiServerPorts({ inventory }: Snapshot): ReadonlySet<number> {
  const slices = inventory.endpointSlices.filter((one) => one.namespace === "default" && one.service === "kubernetes");
  const listened = slices.flatMap((slice) => slice.ports.flatMap(({ port }) => port ?? []));
  if (listened.length > 0) return new Set(listened);
  const service = inventory.services.find((one) => one.namespace === "default" && one.name === "kubernetes");
  const targets =
    service?.ports.flatMap(({ targetPort }) => (typeof targetPort === "number" ? [targetPort] : [])) ?? [];
  return new Set(targets.length > 0 ? targets : USUAL_API_PORTS);
}

/** True for the API server itself: a node that runs it has other ports too. */
export function isApiServer(end: End, port: number | null, stage: Stage): boolean {
  if (end.kind !== "reserved" && end.kind !== "address") return false;
  return end.labels.includes(API_SERVER) && port !== null && stage.apiServerPorts.has(port);
}

/**
 * The entity by which policies mean a reserved end. `kube-apiserver` only where it is the API server that is meant: on
 * other ports its node is a node like the others. Upstream: pkg/policy/api/entity.go.
 */
export function entityOf(end: ReservedEnd, port: number | null, stage: Stage): string {
  if (isApiServer(end, port, stage)) return "kube-apiserver";
  if (end.labels.includes("reserved:host")) return "host";
  if (end.labels.includes("reserved:remote-node")) return "remote-node";
  return end.entity;
}
