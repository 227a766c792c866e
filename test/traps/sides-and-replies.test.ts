import { describe, expect, it } from "vitest";
import { db, dns, far, host, outside, web, world } from "./ends.ts";
import { edges, findingsOf, folded, type Line, only, proxy, reply, trace, verdict } from "./recording.ts";

const SYN = "40000 > 5432 TCP SYN";
const QUERY = { type: "REQUEST", dns: { query: "db.shop.svc.cluster.local.", observation_source: "proxy" } };
/** The same without what tells a reply: an agent before 1.10, or a mask. */
const untold = { is_reply: undefined, reply: undefined, trace_reason: undefined };

type Row = readonly [title: string, lines: readonly Line[], edges: readonly string[], more?: object];

const rows: readonly Row[] = [
  [
    "trap 1: a reply is its request, turned round",
    [reply(db, web, "5432 > 40000 TCP SYN ACK")],
    ["shop/web > shop/db 5432 TCP"],
    { reply: "no" },
  ],
  [
    "trap 1: a reply through the stack as well",
    [reply(web, host, "8080 > 56966 TCP ACK", { point: "TO_STACK" })],
    ["host > shop/web 8080 TCP"],
    { reply: "no", sidesSeen: ["ingress"] },
  ],
  [
    "trap 2: without is_reply a SYN's answer is told by its flags",
    [trace(db, web, "5432 > 40000 TCP SYN ACK", untold)],
    ["shop/web > shop/db 5432 TCP"],
    { reply: "no" },
  ],
  [
    "trap 2: without is_reply and flags it is probably a reply, by its ports",
    [trace(dns, web, "53 > 40000 UDP", untold)],
    ["shop/web > kube-system/dns 53 UDP"],
    { reply: "probable" },
  ],
  [
    "trap 2: a bare ACK without is_reply is no request either",
    [trace(db, web, "5432 > 40000 TCP ACK", untold)],
    ["shop/web > shop/db 5432 TCP"],
    { reply: "probable" },
  ],
  [
    "trap 2: absent is not false: a request is one by its ports alone",
    [trace(web, db, "40000 > 5432 TCP ACK", untold)],
    ["shop/web > shop/db 5432 TCP"],
    { reply: "no" },
  ],
  [
    "trap 2: agents before is_reply wrote reply, whose true tells",
    [trace(db, web, "5432 > 40000 TCP ACK", { is_reply: undefined, reply: true })],
    ["shop/web > shop/db 5432 TCP"],
    { reply: "no" },
  ],
  [
    "trap 2: where ports tell nothing either it stands as it is, probable",
    [trace(db, web, "9000 > 8080 TCP ACK", untold)],
    ["shop/db > shop/web 8080 TCP"],
    { reply: "probable" },
  ],
  [
    "trap 2: unless the conversation that it answers was seen",
    [trace(web, db, "8080 > 9000 TCP SYN"), trace(db, web, "9000 > 8080 TCP ACK", untold)],
    ["shop/web > shop/db 9000 TCP"],
    { reply: "no", flows: 2 },
  ],
  [
    "trap 3: the side is the end that has an id here, whatever the direction says",
    [trace(web, far, SYN, { point: "TO_OVERLAY", traffic_direction: "INGRESS" })],
    ["shop/web > shop/far-7b6d5f9f8c-kd8vw 5432 TCP"],
    { sidesSeen: ["egress"] },
  ],
  [
    "trap 3: with no direction at all too",
    [trace(web, far, SYN, { on: "n2", traffic_direction: undefined })],
    ["shop/web-7b6d5f9f8c-kd8vw > shop/far 5432 TCP"],
    { sidesSeen: ["ingress"] },
  ],
  [
    "trap 3: a reply is heard at the end that its request went to",
    [reply(db, far, "5432 > 40000 TCP ACK", { point: "TO_OVERLAY", traffic_direction: "EGRESS" })],
    ["shop/far-7b6d5f9f8c-kd8vw > shop/db 5432 TCP"],
    { sidesSeen: ["ingress"] },
  ],
  [
    "trap 4: one node's events tell of one side alone",
    [trace(web, far, SYN, { point: "TO_OVERLAY" }), trace(web, far, "40000 > 5432 TCP ACK", { point: "TO_OVERLAY" })],
    ["shop/web > shop/far-7b6d5f9f8c-kd8vw 5432 TCP"],
    { sidesSeen: ["egress"], nodes: ["n1"] },
  ],
  [
    "trap 4: both nodes' make one conversation with both sides, and the pod's workload from its own node",
    [trace(web, far, SYN, { point: "TO_OVERLAY" }), trace(web, far, SYN, { on: "n2" })],
    ["shop/web > shop/far 5432 TCP"],
    { sidesSeen: ["egress", "ingress"], nodes: ["n1", "n2"], flows: 2 },
  ],
  [
    "trap 5: trace, verdicts and L7 of a connection are one conversation; verdict groups count verdict events alone",
    [
      verdict("REDIRECTED egress", web, dns, "40000 > 53 UDP"),
      proxy(QUERY, web, dns, "40000 > 53 UDP"),
      verdict("FORWARDED ingress", web, dns, "40000 > 53 UDP"),
      trace(web, dns, "40000 > 53 UDP"),
      reply(dns, web, "53 > 40000 UDP"),
    ],
    ["shop/web > kube-system/dns 53 UDP"],
    {
      flows: 5,
      recorded: { FORWARDED: 4, REDIRECTED: 1 },
      verdicts: [
        { side: "egress", verdict: "REDIRECTED", count: 1 },
        { side: "ingress", verdict: "FORWARDED", count: 1 },
      ],
      requests: [{ count: 1, verdicts: { FORWARDED: 1 } }],
    },
  ],
  [
    "trap 7: a connection that is open gives no verdict and is there all the same",
    [0, 15, 30].map((second) => trace(web, db, "40000 > 5432 TCP ACK", { second, trace_reason: "ESTABLISHED" })),
    ["shop/web > shop/db 5432 TCP"],
    { openBefore: true, openAtEnd: true, longestSeconds: 30, verdicts: [] },
  ],
  [
    "trap 7: one whose SYN was seen was not open before",
    [SYN, "40000 > 5432 TCP ACK"].map((l4, index) => trace(web, db, l4, { second: index * 30 })),
    ["shop/web > shop/db 5432 TCP"],
    { openBefore: false, openAtEnd: true, longestSeconds: 30 },
  ],
  [
    "trap 7: a closed one is not open at the end",
    [SYN, "40000 > 5432 TCP ACK", "40000 > 5432 TCP FIN ACK"].map((l4, index) =>
      trace(web, db, l4, { second: index * 15 }),
    ),
    ["shop/web > shop/db 5432 TCP"],
    { openBefore: false, openAtEnd: false, longestSeconds: 30 },
  ],
  [
    "trap 33: a late answer that nobody asked for stays, as probable reply",
    [trace(dns, web, "53 > 40000 UDP")],
    ["shop/web > kube-system/dns 53 UDP"],
    { reply: "probable", notDecided: null },
  ],
  [
    "trap 33: with the query seen it is the query's",
    [trace(web, dns, "40000 > 53 UDP"), trace(dns, web, "53 > 40000 UDP")],
    ["shop/web > kube-system/dns 53 UDP"],
    { reply: "no", flows: 2 },
  ],
  [
    "trap 33: a refusal of one is decided by nobody, listed as it stands",
    [verdict("DROPPED ingress", dns, web, "53 > 40000 UDP")],
    ["kube-system/dns > shop/web 40000 UDP"],
    { reply: "probable", recorded: { DROPPED: 1 } },
  ],
  [
    "trap 53: a connection that recovers has its refusals and its later traces side by side",
    [
      trace(web, db, SYN, { second: 0 }),
      verdict("DROPPED egress", web, db, "40000 > 5432 TCP PSH ACK", { second: 5 }),
      trace(web, db, "40000 > 5432 TCP ACK", { second: 20, trace_reason: "ESTABLISHED" }),
    ],
    ["shop/web > shop/db 5432 TCP"],
    {
      recorded: { FORWARDED: 2, DROPPED: 1 },
      verdicts: [{ verdict: "DROPPED", count: 1 }],
      longestSeconds: 20,
      openAtEnd: true,
    },
  ],
  [
    "seen in the lab: a refused connect is many events and one conversation",
    [1, 1, 2, 4, 8].flatMap((second) => [verdict("DROPPED egress", web, outside, "40000 > 443 TCP SYN", { second })]),
    ["shop/web > 198.51.100.7 443 TCP"],
    { flows: 5, recorded: { DROPPED: 5 }, verdicts: [{ count: 5 }] },
  ],
];

describe("replay traps, folding: sides and replies", () => {
  it.each(rows.map((row) => [row[0], row] as const))("%s", (_, [, lines, expected, more]) => {
    const traffic = folded(lines);
    expect(edges(traffic)).toEqual(expected);
    expect(only(traffic)).toMatchObject(more ?? {});
  });

  it("trap 33: the recording says that probable replies are in it, and not where the query was seen", () => {
    const late = trace(dns, web, "53 > 40000 UDP");
    expect(findingsOf(folded([late]))).toContain("probable-replies");
    expect(findingsOf(folded([trace(web, dns, "40000 > 53 UDP"), late]))).not.toContain("probable-replies");
  });

  it("trap 33: a refused late answer whose query was seen is a late reply, not decided", () => {
    const traffic = folded([trace(web, dns, "40000 > 53 UDP"), verdict("DROPPED ingress", dns, web, "53 > 40000 UDP")]);
    expect(edges(traffic)).toEqual(["kube-system/dns > shop/web 40000 UDP", "shop/web > kube-system/dns 53 UDP"]);
    const reasons = traffic.conversations.map((one) => [one.port, one.notDecided, one.reply]);
    expect(reasons.sort()).toEqual([
      [40_000, "late-reply", "no"],
      [53, null, "no"],
    ]);
  });

  it("trap 33: answers to ever new ports are kept up to a bound that is said", () => {
    const ports = Array.from({ length: 40 }, (_, index) => 40_000 + index);
    const traffic = folded(ports.map((port) => verdict("DROPPED ingress", dns, web, `53 > ${port} UDP`)));
    expect(traffic.conversations).toHaveLength(32);
    expect(traffic.coverage.leftOut).toEqual({ bound: 8 });
    expect(findingsOf(traffic)).toContain("bound-hit");
  });

  it("trap 4: the unheard node is in no list of nodes", () => {
    const traffic = folded([trace(web, far, SYN, { point: "TO_OVERLAY" })]);
    expect(traffic.coverage.nodes.map((node) => node.name)).toEqual(["n1"]);
  });

  it("clock skew: SYNs that a node sees before they were sent tell that its clock is behind", () => {
    const lines = [0, 1, 2].flatMap((second) => {
      const l4 = `${40_000 + second} > 5432 TCP SYN`;
      return [
        trace(web, far, l4, { second, point: "TO_OVERLAY" }),
        trace(web, far, l4, { second: second - 3, on: "n2" }),
      ];
    });
    const [skew] = folded(lines).coverage.findings.filter((one) => one.id === "clock-skew");
    expect(skew).toMatchObject({
      severity: "warn",
      message: expect.stringContaining("node n1 is 3.00 s ahead of n2's"),
    });
    expect(findingsOf(folded(lines.slice(0, 4)))).not.toContain("clock-skew");
  });

  it("trap 51: an answer from the outside is turned like any other", () => {
    const traffic = folded([reply(world("203.0.113.9"), web, "443 > 40000 TCP ACK")]);
    expect(edges(traffic)).toEqual(["shop/web > 203.0.113.9 443 TCP"]);
  });
});
