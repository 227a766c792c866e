import type { Conversation, End, PodEnd } from "#model/conversation.ts";
import { isApiServer } from "./entities.ts";
import { isResolverTraffic } from "./resolver.ts";
import type { Stage } from "./stage.ts";

/** The kubelet, and what nodes of every cluster offer. */
const NODE_PORTS: ReadonlySet<number> = new Set([9100, 10_250, 10_255, 10_256, 10_257, 10_259, 4240, 4244]);

/** True when something says that the destination is there to be called on this port: a Service, a container port, a policy. */
export function isPortSpoken(conversation: Conversation, stage: Stage): boolean {
  const { from, to, port } = conversation;
  if (isResolverTraffic(conversation, stage) || isApiServer(to, port, stage)) return true;
  if (isAllowedInForce(conversation, stage)) return true;
  switch (to.kind) {
    case "pod":
      return port !== null && (isDeclared(to, port, stage) || isProbe(from));
    case "reserved":
      return port !== null && (NODE_PORTS.has(port) || isHostPort(port, stage));
    case "address":
      return (stage.facts.byAddress.get(to.address) ?? []).length > 0;
    case "unknown":
      return false;
  }
}

/** True for ports of a pod that a Service leads to or a container declares. */
export function isDeclared(end: PodEnd, port: number, { services }: Stage): boolean {
  return services.declared(end).has(port) || services.leadingTo(end, port).length > 0;
}

function isProbe(from: End): boolean {
  return from.kind === "reserved" && from.labels.includes("reserved:host");
}

/** A port that some pod of a node's own network declares. */
function isHostPort(port: number, { snapshot }: Stage): boolean {
  return snapshot.inventory.pods.some((pod) => pod.hostNetwork && pod.ports.some((one) => one.port === port));
}

/** A rule of a policy in force allows it by name, on either side. */
export function isAllowedInForce(conversation: Conversation, { inForce }: Stage): boolean {
  if (inForce.policies.size === 0) return false;
  const { egress, ingress } = inForce.judge(conversation).decision;
  return [egress, ingress].some((ruling) => ruling?.decision === "allowed" && ruling.by.length > 0);
}

/** A rule of a policy in force that means pods (not merely everybody) allows it. */
export function isMeantInForce(conversation: Conversation, { inForce, meant }: Stage): boolean {
  if (meant.size === 0) return false;
  const { egress, ingress } = inForce.judge(conversation).decision;
  return [egress, ingress].some(
    (ruling) => ruling?.decision === "allowed" && ruling.by.some((rule) => meant.has(`${rule.policy} ${rule.element}`)),
  );
}

/**
 * True for a pod that no object, Service or policy accounts for: run by hand, without a controller. Only what the objects
 * show is said: without objects nobody is.
 */
export function isStray(end: End, { hasObjects, services }: Stage): boolean {
  if (!hasObjects || end.kind !== "pod" || end.workload !== null || end.otherCluster !== null) return false;
  if (services.of(end).length > 0) return false;
  const pods = services.pods(end);
  if (end.pods.length === 0) return false;
  return pods.every((pod) => pod.owners.length === 0 && !pod.fromTemplate);
}
