import { describe, expect, it } from "vitest";
import type { Json } from "#model/json.ts";
import { readFlowEvent } from "./flow.ts";

function flowOf(flow: Json) {
  const event = readFlowEvent({ flow, node_name: "lab/worker-1", time: "2026-11-21T02:44:53.986203413Z" });
  if (event.kind !== "flow") throw new Error(`read as ${event.kind}`);
  return event;
}

describe("a line of a recording", () => {
  it("is a flow in an envelope, or bare", () => {
    const flow = { verdict: "FORWARDED", time: "2026-11-21T02:44:53.986203413Z", node_name: "n1" };
    expect(readFlowEvent({ flow, node_name: "n1" })).toEqual(readFlowEvent(flow));
    expect(flowOf({ verdict: "AUDIT" })).toMatchObject({
      verdict: "AUDIT",
      node: "lab/worker-1",
      time: 1795229093986.2034,
    });
  });

  it("may be other events", () => {
    const time = "2026-11-21T00:00:00Z";
    const at = 1795219200000;
    expect(readFlowEvent({ lost_events: { source: "HUBBLE_RING_BUFFER", num_events_lost: "145" }, time })).toEqual({
      kind: "lost",
      time: at,
      node: "",
      source: "HUBBLE_RING_BUFFER",
      count: 145,
      first: null,
      last: null,
    });
    expect(readFlowEvent({ node_status: { state_change: "NODE_UNAVAILABLE", node_names: ["cp-1"] }, time })).toEqual({
      kind: "node-status",
      time: at,
      node: "",
      state: "NODE_UNAVAILABLE",
      nodes: ["cp-1"],
      message: "",
    });
    const policy_update = { labels: ["a"], revision: "12", rule_count: "2" };
    expect(readFlowEvent({ agent_event: { type: "POLICY_UPDATED", policy_update }, node_name: "n1", time })).toEqual({
      kind: "agent",
      time: at,
      node: "n1",
      type: "POLICY_UPDATED",
      revision: 12,
    });
    expect(readFlowEvent({ debug_event: { type: "DBG_GENERIC" }, time })).toMatchObject({ kind: "debug" });
    expect(readFlowEvent({ num_events_lost: "3", source: "PERF_EVENT_RING_BUFFER" })).toMatchObject({
      kind: "lost",
      count: 3,
    });
  });

  it("of an unknown kind says which", () => {
    expect(readFlowEvent({ weather_event: {} })).toEqual({
      kind: "unknown",
      time: null,
      node: "",
      what: "weather_event",
    });
    expect(readFlowEvent([1])).toMatchObject({ kind: "unknown" });
  });
});

describe("protojson's spellings", () => {
  it("reads lowerCamel names, enum numbers and 64-bit integers as strings or numbers", () => {
    const snake = flowOf({
      verdict: "DROPPED",
      drop_reason_desc: "POLICY_DENY",
      event_type: { type: 1, sub_type: 181 },
      traffic_direction: "EGRESS",
      trace_reason: "ESTABLISHED",
      socket_cookie: "77",
      is_reply: false,
      l4: { TCP: { source_port: 4000, destination_port: 80 } },
      egress_denied_by: [{ name: "a", namespace: "b", kind: "CiliumNetworkPolicy", revision: "7" }],
    });
    const camel = flowOf({
      verdict: 2,
      dropReasonDesc: 181,
      eventType: { type: 1, subType: 181 },
      trafficDirection: 2,
      traceReason: 2,
      socketCookie: 77,
      isReply: false,
      l4: { TCP: { sourcePort: 4000, destinationPort: 80 } },
      egressDeniedBy: [{ name: "a", namespace: "b", kind: "CiliumNetworkPolicy", revision: 7 }],
    });
    expect(camel).toEqual(snake);
    expect(snake.egressDeniedBy).toEqual([{ policy: "CiliumNetworkPolicy/b/a", revision: 7 }]);
  });

  it("names an unknown drop reason, never hides it", () => {
    expect(flowOf({ verdict: "DROPPED", drop_reason: 133 }).dropReason).toBe("POLICY_DENIED");
    expect(flowOf({ verdict: "DROPPED", drop_reason: 299 }).dropReason).toBe("299");
    expect(flowOf({ verdict: "DROPPED", drop_reason_desc: "BRAND_NEW" }).dropReason).toBe("BRAND_NEW");
    expect(flowOf({ verdict: "DROPPED", event_type: { type: 1, sub_type: 203 } }).dropReason).toBe("DROP_EP_NOT_READY");
  });
});

describe("absent and zero", () => {
  it("keeps is_reply apart: true, false, unknown", () => {
    expect(flowOf({ is_reply: true }).isReply).toBe(true);
    expect(flowOf({ is_reply: false }).isReply).toBe(false);
    expect(flowOf({}).isReply).toBeNull();
    expect(flowOf({ is_reply: null }).isReply).toBeNull();
    // before is_reply there was `reply`, whose false nobody wrote
    expect(flowOf({ reply: true }).isReply).toBe(true);
    expect(flowOf({ reply: false }).isReply).toBeNull();
  });

  it("reads what protojson leaves out as zero: an echo reply, sub type 0, port 0", () => {
    expect(flowOf({ l4: { ICMPv4: {} } })).toMatchObject({ protocol: "ICMPv4", icmpType: 0, icmpCode: 0 });
    expect(flowOf({ event_type: { type: 4 } })).toMatchObject({ subType: 0, observationPoint: "TO_ENDPOINT" });
    expect(flowOf({ l4: { TCP: { destination_port: 80 } } })).toMatchObject({ sourcePort: 0, tcpFlags: -1 });
    expect(flowOf({ l4: { TCP: { flags: {} } } })).toMatchObject({ tcpFlags: 0 });
    expect(flowOf({})).toMatchObject({ protocol: "", source: null, destination: null });
  });

  it("knows policies of agents that named no kind from their labels", () => {
    const labels = ["k8s:io.cilium.k8s.policy.derived-from=NetworkPolicy"];
    expect(flowOf({ ingress_allowed_by: [{ name: "a", namespace: "b", labels }] }).ingressAllowedBy).toEqual([
      { policy: "NetworkPolicy/b/a", revision: null },
    ]);
    expect(flowOf({ ingress_allowed_by: [{ labels: ["reserved:x"] }] }).ingressAllowedBy).toEqual([
      { policy: "", revision: null },
    ]);
  });

  it("reads a DNS answer without addresses as one without TTL", () => {
    const l7 = { type: "RESPONSE", dns: { query: "a.b.", ttl: 4294967295, rcode: 3 } };
    expect(flowOf({ l7 }).l7).toEqual({
      kind: "dns",
      type: "RESPONSE",
      query: "a.b.",
      addresses: [],
      ttlSeconds: null,
      rcode: 3,
    });
  });

  it("counts the flows that an aggregated line stands for", () => {
    expect(flowOf({ aggregate: { ingress_flow_count: 3, egress_flow_count: 4 } })).toMatchObject({
      count: 7,
      isAggregated: true,
    });
    expect(flowOf({})).toMatchObject({ count: 1, isAggregated: false });
  });
});
