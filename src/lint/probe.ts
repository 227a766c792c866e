import type { Connection } from "#model/connection.ts";
import type { AddressEnd, End, L7Request, ReservedEnd } from "#model/conversation.ts";

/** What a probe asks for; TCP by default. */
export type Probe = {
  readonly port?: number | null;
  readonly protocol?: string;
  readonly icmpType?: number;
  readonly request?: L7Request;
};

/** A connection that nobody recorded, to ask the engine. */
export function probe(from: End, to: End, what: Probe): Connection {
  const { port = null, protocol = "TCP", icmpType = null, request = null } = what;
  const names = { learned: [], complete: true };
  return { from, to, protocol, port, icmpType, icmpCode: null, request, names };
}

/** Another node, the API server's own or not: what an endpoint meets that is not on its node. */
export function nodeEnd(isApiServer: boolean): ReservedEnd {
  const labels = isApiServer ? ["reserved:kube-apiserver", "reserved:remote-node"] : ["reserved:remote-node"];
  return { kind: "reserved", entity: isApiServer ? "kube-apiserver" : "remote-node", labels, addresses: [], nodes: [] };
}

/** The agent's own endpoint of this name. */
export function ownEndpoint(entity: "health" | "ingress"): ReservedEnd {
  return { kind: "reserved", entity, labels: [`reserved:${entity}`], addresses: [], nodes: [] };
}

/** An address that no policy speaks of, outside the cluster (TEST-NET-3). */
export const OUTSIDE: AddressEnd = { kind: "address", address: "203.0.113.77", names: [], labels: ["reserved:world"] };
