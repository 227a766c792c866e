import type { Conversation } from "#model/conversation.ts";
import type { Hairpin } from "#model/rehearsal.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { NameFacts } from "./learned-names.ts";
import { publicServices, servicesOf, targetPort } from "./pod-facts.ts";
import { reportEnd } from "./report-edge.ts";

/** Conversations in which a pod calls its own cluster through the public ingress: it meets the controller's pod. */
export function hairpins(snapshot: Snapshot, facts: NameFacts): readonly Hairpin[] {
  return snapshot.traffic.conversations
    .filter((one) => isHairpin(one, snapshot))
    .map((conversation) => {
      const services = publicServices(conversation.to, conversation.port, snapshot);
      const addresses = services.flatMap((service) => service.loadBalancerAddresses);
      const names = [...new Set(addresses.flatMap((address) => facts.byAddress.get(address) ?? []))].sort();
      return { from: reportEnd(conversation.from), via: reportEnd(conversation.to), to: null, names };
    });
}

/**
 * A pod, not one of the controller's own Service's namespace, meets a pod behind a LoadBalancer Service on a port that
 * only that Service leads to (a cluster-internal Service on the same port would explain it as well).
 */
export function isHairpin(conversation: Conversation, snapshot: Snapshot): boolean {
  const { from, to, port } = conversation;
  if (from.kind !== "pod" || to.kind !== "pod" || from.namespace === to.namespace) return false;
  if (publicServices(to, port, snapshot).length === 0) return false;
  const inner = servicesOf(to, snapshot).filter((service) => service.type === "ClusterIP");
  return !inner.some((service) => service.ports.some((one) => targetPort(service, one.port, to, snapshot) === port));
}
