import type { Flow, FlowEndpoint } from "#model/flow.ts";
import { AddressTrait } from "./address.ts";

/** Why an event makes no conversation. Counted and said, never silent. */
export type LeftOut =
  | "socket"
  | "from-point"
  | "capture"
  | "no-address"
  | "neighbour-discovery"
  | "multicast"
  | "loopback"
  | "encapsulation"
  | "service-reply"
  | "egress-gateway"
  | "icmp-error"
  | "bound";

/** ICMPv6 router and neighbour discovery, listener reports, redirects: answered before policy (trap 44). */
function isNeighbourDiscovery(flow: Flow): boolean {
  const type = flow.icmpType;
  return flow.protocol === "ICMPv6" && ((type >= 130 && type <= 137) || type === 143);
}

/**
 * ICMP errors follow the connection they speak of; fragmentation-needed always passes and packet-too-big with it (trap
 * 30). Any other error that no connection claims is judged like a packet.
 */
function isIcmpError(flow: Flow): boolean {
  const { protocol, icmpType } = flow;
  const isV4Error = protocol === "ICMPv4" && [3, 4, 5, 11, 12].includes(icmpType);
  const isV6Error = protocol === "ICMPv6" && icmpType >= 1 && icmpType <= 4;
  if (!isV4Error && !isV6Error) return false;
  if (flow.traceReason === "RELATED" || flow.isReply === true || isRedirect(flow)) return true;
  return isV4Error ? icmpType === 3 && flow.icmpCode === 4 : icmpType === 2;
}

/** A router's advice, to be taken or left: it opens nothing. */
function isRedirect(flow: Flow): boolean {
  return flow.protocol === "ICMPv4" && flow.icmpType === 5;
}

/** WireGuard, VXLAN and Geneve between nodes, and ESP: the underlay of conversations (trap 43). */
export const TUNNEL_PORTS: ReadonlySet<number> = new Set([51871, 8472, 6081, 4789]);

function isEncapsulation(flow: Flow): boolean {
  if (flow.protocol === "ESP") return true;
  if (flow.protocol !== "UDP") return false;
  const isTunnelPort = TUNNEL_PORTS.has(flow.destinationPort) || TUNNEL_PORTS.has(flow.sourcePort);
  return isTunnelPort && isNode(flow.source) && isNode(flow.destination);
}

const NODE_LABELS: ReadonlySet<string> = new Set(["reserved:host", "reserved:remote-node", "reserved:kube-apiserver"]);

function isNode(end: FlowEndpoint | null): boolean {
  return end !== null && end.labels.some((label) => NODE_LABELS.has(label));
}

/** Traits of the event's two addresses. */
export type Traits = { readonly source: number; readonly destination: number };

/** Why a trace, verdict, drop or L7 event makes no conversation; null when it does. */
export function leftOutReason(flow: Flow, traits: Traits): LeftOut | null {
  const both = traits.source | traits.destination;
  if (flow.sourceAddress === "" && flow.destinationAddress === "" && lacksEnds(flow)) return "no-address";
  if (flow.protocol === "ICMPv6" || flow.protocol === "ICMPv4") {
    if (isNeighbourDiscovery(flow)) return "neighbour-discovery";
    if (isIcmpError(flow)) return "icmp-error";
  }
  if (both !== 0 && both !== AddressTrait.v6) {
    if ((both & AddressTrait.loopbackService) !== 0) return "loopback";
    if ((both & AddressTrait.linkLocalV6) !== 0) return "neighbour-discovery";
    if ((both & (AddressTrait.multicast | AddressTrait.unspecified)) !== 0) return "multicast";
  }
  if (isEncapsulation(flow)) return "encapsulation";
  if (flow.sourceService !== "" && flow.isReply === true) return "service-reply";
  // The gateway node's view of a pod's packet: the pod is on another node, and policy was decided there (trap 42).
  const isForeignPod =
    flow.sourceXlated !== "" && flow.isReply !== true && flow.source?.podName !== "" && flow.source?.id === 0;
  return isForeignPod ? "egress-gateway" : null;
}

function lacksEnds(flow: Flow): boolean {
  return (flow.source?.labels.length ?? 0) === 0 && (flow.destination?.labels.length ?? 0) === 0;
}
