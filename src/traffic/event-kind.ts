import type { Flow } from "#model/flow.ts";

/** What a flow event is evidence of. */
export type EventKind = "verdict" | "trace" | "drop" | "l7" | "socket" | "capture";

export const EVENT_KINDS: readonly EventKind[] = ["verdict", "trace", "drop", "l7", "socket", "capture"];

/**
 * The kind of a flow, from Cilium's event type, or from what the event holds where an exporter's mask took the type away.
 * Upstream: pkg/monitor/api MessageType*.
 */
export function eventKind(flow: Flow): EventKind {
  switch (flow.eventType) {
    case 1:
      return "drop";
    case 4:
      return "trace";
    case 5:
      return "verdict";
    case 7:
      return "socket";
    case 129:
      return "l7";
    case 0:
      return inferredKind(flow);
    default:
      return "capture";
  }
}

/** AUDIT and REDIRECTED come from policy verdicts alone (trap 6); a drop without type may be either event of the two. */
function inferredKind(flow: Flow): EventKind {
  if (flow.l7 !== null || flow.flowType === "L7") return "l7";
  if (flow.flowType === "SOCK" || flow.verdict === "TRACED" || flow.verdict === "TRANSLATED") return "socket";
  if (flow.observationPoint !== "") return "trace";
  if (flow.verdict === "AUDIT" || flow.verdict === "REDIRECTED" || flow.policyMatchType !== 0) return "verdict";
  if (flow.egressAllowedBy.length + flow.ingressAllowedBy.length > 0) return "verdict";
  if (flow.egressDeniedBy.length + flow.ingressDeniedBy.length > 0) return "verdict";
  return flow.verdict === "DROPPED" ? "drop" : "trace";
}

/** Trace points before service translation and policy: they name a Service, they decide nothing (traps 10, 27). */
export function isFromPoint(observationPoint: string): boolean {
  return observationPoint.startsWith("FROM_");
}

const POLICY_DROPS: ReadonlySet<string> = new Set(["POLICY_DENIED", "POLICY_DENY", "AUTH_REQUIRED"]);

/** Drops that are a policy's word; all others are the datapath's (traps 13, 21, 38). */
export function isPolicyDrop(reason: string | null): boolean {
  return reason !== null && POLICY_DROPS.has(reason);
}
