import type { Conversation, End } from "#model/conversation.ts";
import type { Service } from "#model/objects.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { kubernetesLabels, targetPort } from "./pod-facts.ts";

export const DNS_PORT = 53;

/** The container ports on which an end answers DNS, by the Services that lead from port 53 to it. */
export type ResolverPorts = (end: End) => readonly number[];

/** True for a conversation that asks a resolver by what was seen of it: port 53, or DNS requests on any port. */
export function isDns(conversation: Conversation): boolean {
  return conversation.port === DNS_PORT || conversation.requests.some((seen) => seen.request.kind === "dns");
}

/**
 * CoreDNS may listen on another port than 53 (5353, 8053): pods then ask the Service's 53, and policy sees the container
 * port. Asked once an end.
 */
export function resolverPorts(snapshot: Snapshot): ResolverPorts {
  const services = snapshot.inventory.services.filter((one) => one.ports.some(({ port }) => port === DNS_PORT));
  const known = new WeakMap<End, readonly number[]>();
  return (end) => {
    if (end.kind !== "pod" || services.length === 0) return [];
    const found = known.get(end) ?? portsOf(end, services, snapshot);
    known.set(end, found);
    return found;
  };
}

function portsOf(end: End, services: readonly Service[], snapshot: Snapshot): readonly number[] {
  const near = services.filter((one) => end.kind === "pod" && one.namespace === end.namespace);
  if (near.length === 0) return [];
  const labels = kubernetesLabels(end, snapshot);
  const leading = near.filter(({ selector }) => {
    const pairs = Object.entries(selector ?? {});
    return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
  });
  return [...new Set(leading.flatMap((service) => targetPort(service, DNS_PORT, end, snapshot) ?? []))];
}
