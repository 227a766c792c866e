import { describe, expect, it } from "vitest";
import { db, dns, far, health, host, outside, remote, reserved, web, world } from "./ends.ts";
import { drop, edges, findingsOf, folded, type Line, named, only, proxy, reply, trace, verdict } from "./recording.ts";

const SYN = "40000 > 5432 TCP SYN";
const HTTP = {
  protocol: "HTTP/1.1",
  method: "GET",
  url: "http://db.shop:5432/orders?x=1",
  headers: [{ key: "X-Team", value: "a" }],
};
const request = { type: "REQUEST", http: HTTP };
const answered = { type: "RESPONSE", http: { ...HTTP, code: 403 } };
const query = { type: "REQUEST", dns: { query: "Evil.Example.ORG.", observation_source: "proxy", qtypes: ["A"] } };

describe("replay traps, folding: verdicts", () => {
  it("trap 6: AUDIT comes from verdict events; the traces beside it say FORWARDED and are no verdicts", () => {
    const one = only(
      folded([verdict("AUDIT egress", web, db, SYN), trace(web, db, SYN), reply(db, web, "5432 > 40000 TCP SYN ACK")]),
    );
    expect(one.recorded).toEqual({ AUDIT: 1, FORWARDED: 2 });
    expect(one.verdicts).toMatchObject([{ side: "egress", verdict: "AUDIT", count: 1, dropReason: null }]);
  });

  it("trap 6: where a mask took the event type, AUDIT is still a verdict and a trace point a trace", () => {
    const masked = { event_type: undefined };
    const traffic = folded([verdict("AUDIT egress", web, db, SYN, masked), trace(web, db, SYN, masked)]);
    expect(traffic.coverage.kinds).toEqual({ verdict: 1, trace: 1 });
    expect(only(traffic).verdicts).toMatchObject([{ verdict: "AUDIT", count: 1 }]);
  });

  it("trap 8: a redirect is a verdict of its own; without an L7 event the conversation has no requests", () => {
    const one = only(folded([verdict("REDIRECTED egress", web, db, SYN), trace(web, db, SYN, { point: "TO_PROXY" })]));
    expect(one.verdicts).toMatchObject([{ verdict: "REDIRECTED", side: "egress" }]);
    expect(one.requests).toEqual([]);
  });

  it("trap 8: the L7 event joins its connection's conversation, method, host and path as the proxy matches them", () => {
    const lines = [verdict("REDIRECTED egress", web, db, SYN), proxy(request, web, db, "40000 > 5432 TCP")];
    expect(only(folded(lines)).requests).toMatchObject([
      {
        request: {
          kind: "http",
          method: "GET",
          host: "db.shop:5432",
          path: "/orders?x=1",
          headers: { "X-Team": ["a"] },
        },
        count: 1,
      },
    ]);
  });

  it("trap 9: an L7 refusal is an L7 event that says DROPPED: no drop, no verdict group, the request keeps it", () => {
    const refused = { verdict: "DROPPED" };
    const traffic = folded([
      proxy(request, web, db, "40000 > 5432 TCP", refused),
      proxy(answered, db, web, "5432 > 40000 TCP", { is_reply: true, reply: true, ...refused }),
      proxy(query, web, dns, "40000 > 53 UDP", refused),
    ]);
    expect(traffic.coverage.otherDrops).toEqual({});
    const seen = traffic.conversations.map((one) => [one.port, one.verdicts.length, one.requests[0]?.verdicts]);
    expect(seen.sort()).toEqual([
      [53, 0, { DROPPED: 1 }],
      [5432, 0, { DROPPED: 1 }],
    ]);
  });

  it("L7 SAMPLE: a sample is a request, an answer is none", () => {
    const lines = [
      proxy({ ...request, type: "SAMPLE" }, web, db, "40000 > 5432 TCP"),
      proxy(answered, db, web, "5432 > 40000 TCP", { is_reply: true }),
    ];
    expect(only(folded(lines))).toMatchObject({ flows: 2, requests: [{ count: 1 }] });
  });

  it("trap 45: redacted values stay what they are, marked in the text", () => {
    const redacted = {
      ...HTTP,
      url: "http://db.shop:5432/orders?HUBBLE_REDACTED",
      headers: [{ key: "X-Team", value: "HUBBLE_REDACTED" }],
    };
    const one = only(folded([proxy({ type: "REQUEST", http: redacted }, web, db, "40000 > 5432 TCP")]));
    expect(one.requests[0]?.request).toMatchObject({
      path: "/orders?HUBBLE_REDACTED",
      headers: { "X-Team": ["HUBBLE_REDACTED"] },
    });
  });

  const noise: readonly (readonly [number, string])[] = [
    [139, "UNSUPPORTED_L3_PROTOCOL"],
    [155, "CT_MAP_INSERTION_FAILED"],
    [167, "NO_MAPPING_FOR_NAT_MASQUERADE"],
    [182, "VLAN_FILTERED"],
    [194, "NO_EGRESS_GATEWAY"],
    [195, "UNENCRYPTED_TRAFFIC"],
    [202, "DROP_HOST_NOT_READY"],
    [203, "DROP_EP_NOT_READY"],
    [204, "DROP_NO_EGRESS_IP"],
    [157, "IP_FRAGMENTATION_NOT_SUPPORTED"],
  ];
  it.each(noise)("traps 21, 38: drop %i %s is no policy's: counted by its name, no conversation", (code, name) => {
    const traffic = folded([drop(code, name, web, db, SYN)]);
    expect(edges(traffic)).toEqual([]);
    expect(traffic.coverage.otherDrops).toEqual({ [name]: 1 });
  });

  it.each([
    [133, "POLICY_DENIED"],
    [181, "POLICY_DENY"],
    [189, "AUTH_REQUIRED"],
  ])("trap 21: drop %i %s is a policy's: evidence of a conversation, no verdict of its own", (code, name) => {
    const traffic = folded([drop(code, name, web, db, SYN)]);
    expect(only(traffic)).toMatchObject({ recorded: { DROPPED: 1 }, verdicts: [] });
    expect(traffic.coverage.otherDrops).toEqual({});
  });

  it("trap 38: a reason without name has Hubble's, and an unknown one its number", () => {
    const lines = [
      drop(203, "", web, db, SYN),
      drop(250, "", web, db, SYN),
      drop(251, "DROP_FROM_A_LATER_VERSION", web, db, SYN),
    ];
    expect(folded(lines).coverage.otherDrops).toEqual({ DROP_EP_NOT_READY: 1, "250": 1, DROP_FROM_A_LATER_VERSION: 1 });
  });

  it("trap 28: a refusal for lack of authentication keeps its reason; AUDIT of it cannot be told from a denial", () => {
    const auth = { drop_reason: 189, drop_reason_desc: "AUTH_REQUIRED" };
    const one = only(folded([verdict("DROPPED ingress", web, db, SYN, auth), verdict("AUDIT ingress", web, db, SYN)]));
    expect(one.verdicts.map((group) => [group.verdict, group.dropReason])).toEqual([
      ["DROPPED", "AUTH_REQUIRED"],
      ["AUDIT", null],
    ]);
  });

  it("trap 35: the match type is kept as recorded, each type a group of its own", () => {
    const lines = [4, 1, 4].map((type) => verdict("FORWARDED egress", web, db, SYN, { policy_match_type: type }));
    expect(only(folded(lines)).verdicts.map((group) => [group.matchType, group.count])).toEqual([
      [4, 2],
      [1, 1],
    ]);
  });

  it("trap 36: a verdict without policy names is one with none, not a broken one", () => {
    const lines = [
      verdict("FORWARDED egress", web, db, SYN),
      verdict("FORWARDED egress", web, db, SYN, { egress_allowed_by: [named("shop/web", "11"), named("", undefined)] }),
    ];
    expect(only(folded(lines)).verdicts.map((group) => group.policies)).toEqual([[], ["CiliumNetworkPolicy/shop/web"]]);
  });

  it("trap 36: names of before `kind` was written come from the policy's labels", () => {
    const labels = ["k8s:io.cilium.k8s.policy.derived-from=CiliumClusterwideNetworkPolicy"];
    const by = { ingress_denied_by: [{ name: "deny", labels, revision: "3" }] };
    expect(only(folded([verdict("DROPPED ingress", web, db, SYN, by)])).verdicts[0]?.policies).toEqual([
      "CiliumClusterwideNetworkPolicy/deny",
    ]);
  });

  it("trap 3: a verdict whose direction a mask took stands where its policies stand, else at the one local end", () => {
    const masked = { traffic_direction: undefined };
    const named_ = { ...masked, ingress_allowed_by: [named("shop/db", "2")] };
    expect(only(folded([verdict("FORWARDED egress", web, db, SYN, named_)])).verdicts).toMatchObject([
      { side: "ingress" },
    ]);
    expect(only(folded([verdict("AUDIT egress", web, far, SYN, masked)])).verdicts).toMatchObject([{ side: "egress" }]);
    const both = folded([verdict("AUDIT egress", web, db, SYN, masked)]);
    expect(only(both).verdicts).toEqual([]);
    expect(findingsOf(both)).toContain("bound-hit");
  });

  const hostile: readonly (readonly [string, Line, string | null])[] = [
    [
      "a node's verdict on its own traffic",
      verdict("DROPPED ingress", outside, host, "40000 > 22 TCP SYN"),
      "host-firewall",
    ],
    [
      "a node's verdict on another node's",
      verdict("FORWARDED egress", host, remote, "40000 > 10250 TCP SYN"),
      "host-firewall",
    ],
    ["a pod's verdict on the host", verdict("FORWARDED ingress", host, web, "40000 > 8080 TCP SYN"), null],
    ["the health endpoint's verdict", verdict("DROPPED ingress", remote, health, "40000 > 4240 TCP SYN"), null],
    [
      "the ingress endpoint's verdict",
      verdict("DROPPED egress", reserved("ingress", "10.244.1.99", 8, "n1"), remote, "40000 > 80 TCP SYN"),
      null,
    ],
    ["nodes' traffic without verdict", trace(host, remote, "40000 > 10250 TCP SYN", { point: "TO_NETWORK" }), null],
  ];
  it.each(hostile)("trap 39: %s", (_, line, notDecided) => {
    const traffic = folded([line]);
    expect(only(traffic).notDecided).toBe(notDecided);
    expect(findingsOf(traffic).includes("host-firewall-seen")).toBe(notDecided !== null);
  });

  it("trap 29: a connection that goes on through the proxy makes no second verdict: one conversation, no group", () => {
    const lines = [
      trace(web, db, "40000 > 5432 TCP ACK", { trace_reason: "ESTABLISHED", second: 0 }),
      trace(web, db, "40000 > 5432 TCP ACK", { trace_reason: "ESTABLISHED", second: 20, point: "TO_PROXY" }),
    ];
    expect(only(folded(lines))).toMatchObject({ openBefore: true, openAtEnd: true, verdicts: [], flows: 2 });
  });

  it("trap 47: an enforced denial leaves the one conversation that was tried, nothing of what would follow", () => {
    expect(edges(folded([verdict("DROPPED egress", web, dns, "40000 > 53 UDP")]))).toEqual([
      "shop/web > kube-system/dns 53 UDP",
    ]);
  });

  it("counts: AUDIT once a connection and DROPPED once a packet are one conversation each", () => {
    const dropped = Array.from({ length: 6 }, () =>
      verdict("DROPPED egress", web, world("198.51.100.9"), "40000 > 443 TCP SYN"),
    );
    const traffic = folded([...dropped, verdict("AUDIT egress", web, db, SYN)]);
    expect(
      traffic.conversations.map((one) => one.recorded).sort((a, b) => (a["DROPPED"] ?? 0) - (b["DROPPED"] ?? 0)),
    ).toEqual([{ AUDIT: 1 }, { DROPPED: 6 }]);
  });

  it("trap 28: an encapsulation refusal is no sign that audit ended", () => {
    const refused = { drop_reason: 170, drop_reason_desc: "ENCAPSULATION_TRAFFIC_IS_PROHIBITED" };
    const traffic = folded([verdict("AUDIT egress", web, db, SYN), verdict("DROPPED egress", web, db, SYN, refused)]);
    expect(findingsOf(traffic)).not.toContain("audit-mode-changed");
  });
});
