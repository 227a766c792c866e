import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { EMPTY_INVENTORY, type Inventory, type Service } from "../../src/model/objects.ts";
import { at, but, db, dns, far, host, outside, type Party, pod, remote, reserved, web, world } from "./ends.ts";
import { drop, edges, findingsOf, folded, type Line, only, proxy, reply, trace, verdict } from "./recording.ts";

const SYN = "40000 > 5432 TCP SYN";
const ACK = "40000 > 5432 TCP ACK";
const CLUSTER_IP = world("10.96.0.50");
const dbService = { name: "db", namespace: "shop" };

/** A socket's translation: before it the Service's address, after it the backend's. */
function socket(said: "TRACED" | "TRANSLATED", to: Party, port: number, more: JsonObject = {}): Line {
  const sock = {
    verdict: said,
    Type: "SOCK",
    event_type: { type: 7, sub_type: said === "TRACED" ? 1 : 2 },
    socket_cookie: "304646",
  };
  return trace(web, to, `0 > ${port} TCP`, {
    ...sock,
    trace_observation_point: undefined,
    trace_reason: undefined,
    is_reply: undefined,
    ...more,
  });
}

const service: Service = {
  ...{ namespace: "shop", name: "lb", labels: {}, annotations: {}, selector: { app: "db" }, type: "LoadBalancer" },
  ...{
    clusterIPs: ["10.96.0.51"],
    loadBalancerAddresses: ["192.0.2.80"],
    externalIPs: [],
    externalTrafficPolicy: "Cluster",
    ports: [],
  },
};
const inventory: Inventory = { ...EMPTY_INVENTORY, services: [service] };

describe("replay traps, folding: addresses and services", () => {
  it("trap 10: socket events name the Service and are no conversations themselves", () => {
    const traffic = folded([
      socket("TRACED", CLUSTER_IP, 80, { destination_service: dbService }),
      socket("TRANSLATED", db, 5432),
      trace(web, db, SYN),
    ]);
    expect(edges(traffic)).toEqual(["shop/web > shop/db 5432 TCP"]);
    expect(only(traffic)).toMatchObject({ flows: 1, services: ["shop/db"] });
    expect(traffic.coverage).toMatchObject({ leftOut: { socket: 2 }, kinds: { socket: 2, trace: 1 } });
  });

  it("trap 10: another socket's Service is not this connection's", () => {
    const lines = [
      socket("TRACED", CLUSTER_IP, 80, { destination_service: dbService }),
      socket("TRANSLATED", db, 5432, { socket_cookie: "7" }),
      trace(web, db, SYN),
    ];
    expect(only(folded(lines)).services).toEqual([]);
  });

  it("trap 27: from-endpoint traces name the Service of their connection and decide nothing", () => {
    const untold = {
      point: "FROM_ENDPOINT",
      is_reply: undefined,
      traffic_direction: undefined,
      trace_reason: undefined,
    };
    const traffic = folded([
      trace(web, CLUSTER_IP, "40000 > 80 TCP SYN", { ...untold, destination_service: dbService }),
      trace(web, db, SYN),
    ]);
    expect(edges(traffic)).toEqual(["shop/web > shop/db 5432 TCP"]);
    expect(only(traffic)).toMatchObject({ flows: 1, services: ["shop/db"], sidesSeen: ["egress", "ingress"] });
    expect(traffic.coverage.leftOut).toEqual({ "from-point": 1 });
  });

  it.each(["FROM_ENDPOINT", "FROM_HOST", "FROM_STACK", "FROM_OVERLAY", "FROM_NETWORK", "FROM_PROXY", "FROM_CRYPTO"])(
    "trap 27: %s alone is no conversation",
    (point) => {
      const traffic = folded([trace(web, db, SYN, { point, event_type: { type: 4, sub_type: 5 } })]);
      expect(traffic.conversations).toEqual([]);
      expect(traffic.coverage.leftOut).toEqual({ "from-point": 1 });
    },
  );

  it.each(["TO_STACK", "TO_OVERLAY", "TO_NETWORK", "TO_PROXY", "TO_ENDPOINT", "TO_HOST"])(
    "trap 27: %s is one",
    (point) => {
      expect(edges(folded([trace(web, db, SYN, { point })]))).toEqual(["shop/web > shop/db 5432 TCP"]);
    },
  );

  it("traps 10, 49: replies with the Service's own address are no second conversation, they name the Service", () => {
    const more = { source_service: dbService, point: "TO_ENDPOINT" };
    const traffic = folded([reply(CLUSTER_IP, web, "80 > 40000 TCP SYN ACK", more), trace(web, db, ACK)]);
    expect(edges(traffic)).toEqual(["shop/web > shop/db 5432 TCP"]);
    expect(only(traffic).services).toEqual(["shop/db"]);
    expect(traffic.coverage.leftOut).toEqual({ "service-reply": 1 });
  });

  it("trap 49: socket LB shows the backend; its replies, translated back, name the load balancer", () => {
    const more = {
      IP: { source: db.address, source_xlated: "192.0.2.80", destination: web.address, ipVersion: "IPv4" },
    };
    const traffic = folded([trace(web, db, SYN), reply(db, web, "5432 > 40000 TCP SYN ACK", more)], {
      context: { inventory },
    });
    expect(edges(traffic)).toEqual(["shop/web > shop/db 5432 TCP"]);
    expect(only(traffic).services).toEqual(["shop/lb"]);
  });

  it("trap 49: kube-proxy shows the world at the Service's port: kept as it was seen", () => {
    const traffic = folded([trace(web, world("192.0.2.80"), "40000 > 443 TCP SYN", { point: "TO_STACK" })], {
      context: { inventory },
    });
    expect(only(traffic).to).toMatchObject({ kind: "address", address: "192.0.2.80", labels: ["reserved:world"] });
    expect(only(traffic).port).toBe(443);
  });

  it("trap 11: a client from outside at a node port is the identity that was recorded", () => {
    const lines = [
      trace(world("203.0.113.9"), db, SYN),
      trace(remote, db, SYN),
      trace(at(host, "192.0.2.11"), db, SYN),
    ];
    expect(edges(folded(lines))).toEqual([
      "203.0.113.9 > shop/db 5432 TCP",
      "host > shop/db 5432 TCP",
      "remote-node > shop/db 5432 TCP",
    ]);
  });

  it("trap 26: Cilium's own ingress: the client is who has its address, the request goes to reserved:ingress", () => {
    const ingress = reserved("ingress", "203.0.113.9", 8);
    const l7 = { type: "REQUEST", http: { protocol: "HTTP/1.1", method: "GET", url: "http://shop.example.com/" } };
    const l4 = "51000 > 443 TCP";
    const outer = folded([proxy(l7, ingress, world("192.0.2.80"), l4, { traffic_direction: "INGRESS" })]);
    expect(edges(outer)).toEqual(["203.0.113.9 > ingress 443 TCP"]);
    expect(only(outer).requests).toHaveLength(1);
    const inner = folded([trace(web, db, SYN), proxy(l7, at(ingress, web.address), world("192.0.2.80"), l4)]);
    expect(edges(inner)).toEqual(["shop/web > ingress 443 TCP", "shop/web > shop/db 5432 TCP"]);
  });

  it("trap 26: ingress to its backend is a conversation of its own", () => {
    const ingress = reserved("ingress", "10.244.1.99", 8, "n1");
    expect(edges(folded([trace(ingress, db, SYN)]))).toEqual(["ingress > shop/db 5432 TCP"]);
  });

  it("trap 42: the gateway node's view of a pod's packet is left out, the pod's own node's is judged", () => {
    const more = {
      IP: { source: web.address, source_xlated: "192.0.2.12", destination: outside.address, ipVersion: "IPv4" },
    };
    const traffic = folded([
      trace(web, outside, "40000 > 443 TCP SYN", { point: "TO_OVERLAY" }),
      trace(web, outside, "40000 > 443 TCP SYN", { on: "n2", point: "TO_NETWORK", ...more }),
    ]);
    expect(edges(traffic)).toEqual(["shop/web > 198.51.100.7 443 TCP"]);
    expect(only(traffic)).toMatchObject({ flows: 1, sidesSeen: ["egress"] });
    expect(traffic.coverage.leftOut).toEqual({ "egress-gateway": 1 });
  });

  it("trap 42: masquerade on the pod's own node keeps the pod", () => {
    const more = {
      IP: { source: web.address, source_xlated: "192.0.2.11", destination: outside.address, ipVersion: "IPv4" },
    };
    expect(edges(folded([trace(web, outside, "40000 > 443 TCP SYN", { point: "TO_NETWORK", ...more })]))).toEqual([
      "shop/web > 198.51.100.7 443 TCP",
    ]);
  });

  it("trap 42: node-local DNS and hostPort: peer and port are the trace's, never the Service's", () => {
    const local = trace(web, at(host, "169.254.20.10"), "40000 > 53 UDP", {
      point: "TO_STACK",
      destination_service: { name: "kube-dns", namespace: "kube-system" },
    });
    expect(edges(folded([local]))).toEqual(["shop/web > host 53 UDP"]);
    expect(edges(folded([trace(world("203.0.113.9"), web, "51000 > 8080 TCP SYN")]))).toEqual([
      "203.0.113.9 > shop/web 8080 TCP",
    ]);
  });

  it("trap 50: a node's address under a pod's identity is the pod", () => {
    const masqueraded = { ...but(web, { pod_name: undefined }), address: "192.0.2.11", node: "" };
    const traffic = folded([trace(web, db, SYN), trace(host, db, SYN), trace(masqueraded, db, SYN, { on: "n1" })]);
    expect(edges(traffic)).toEqual(["host > shop/db 5432 TCP", "shop/web > shop/db 5432 TCP"]);
  });

  it("trap 50: a reply to a masqueraded request shows the address's owner: it answers who asked", () => {
    const client = at(world("203.0.113.9"), "192.0.2.12");
    const owner = at(remote, "192.0.2.12");
    const tcp = folded([
      trace(client, web, "40000 > 8080 TCP SYN"),
      reply(web, owner, "8080 > 40000 TCP SYN ACK", { point: "TO_OVERLAY" }),
      reply(web, owner, "8080 > 40000 TCP PSH ACK", { point: "TO_OVERLAY" }),
    ]);
    expect(edges(tcp)).toEqual(["192.0.2.12 > shop/web 8080 TCP"]);
    expect(only(tcp)).toMatchObject({ flows: 3, from: { labels: ["reserved:world"] } });
    const udp = folded([trace(client, dns, "40000 > 53 UDP"), reply(dns, owner, "53 > 40000 UDP")]);
    expect(edges(udp)).toEqual(["192.0.2.12 > kube-system/dns 53 UDP"]);
    expect(udp.coverage.leftOut).toEqual({ "masqueraded-reply": 1 });
  });

  it("trap 50: a reply to a node that asked for itself stays the node's", () => {
    const traffic = folded([reply(web, remote, "8080 > 40000 TCP ACK"), trace(remote, dns, "40001 > 53 UDP")]);
    expect(edges(traffic)).toEqual(["remote-node > kube-system/dns 53 UDP", "remote-node > shop/web 8080 TCP"]);
  });

  it("trap 50: a node's address under the world's identity is the world, marked", () => {
    const shown = at(remote, "192.0.2.12");
    const traffic = folded([
      trace(shown, db, SYN),
      trace(world("192.0.2.12"), web, "51000 > 8080 TCP SYN"),
      trace(outside, web, "51000 > 8080 TCP SYN"),
    ]);
    const marks = traffic.conversations.map((one) =>
      one.from.kind === "address" ? [one.from.address, one.from.masqueraded] : null,
    );
    expect(marks.filter((mark) => mark !== null).sort()).toEqual([
      ["192.0.2.12", true],
      ["198.51.100.7", undefined],
    ]);
  });

  it("trap 51: both families of one name are two conversations, each under its own world", () => {
    const six = reserved("world-ipv6", "2001:db8::7", 10);
    const four = reserved("world-ipv4", "198.51.100.7", 9);
    const traffic = folded([
      trace(at(web, "fd00::10"), six, "40000 > 443 TCP SYN", { point: "TO_STACK" }),
      trace(web, four, "40000 > 443 TCP SYN", { point: "TO_STACK" }),
    ]);
    expect(edges(traffic)).toEqual(["shop/web > 198.51.100.7 443 TCP", "shop/web > 2001:db8::7 443 TCP"]);
    expect(traffic.conversations.map((one) => one.to.kind === "address" && one.to.labels).sort()).toEqual([
      ["reserved:world-ipv4"],
      ["reserved:world-ipv6"],
    ]);
  });

  const six = at(web, "fe80::1");
  const leftOut: readonly (readonly [string, Line, string])[] = [
    [
      "trap 22: a pod that reaches itself through its own Service",
      trace(at(web, "169.254.42.1"), web, ACK),
      "loopback",
    ],
    ["trap 30: fragmentation needed", trace(world("203.0.113.1"), web, "ICMPv4 3/4"), "icmp-error"],
    ["trap 30: a refused one too", drop(133, "POLICY_DENIED", world("203.0.113.1"), web, "ICMPv4 3/4"), "icmp-error"],
    [
      "trap 30: packet too big",
      trace(reserved("world-ipv6", "2001:db8::1", 10), at(web, "fd00::10"), "ICMPv6 2/0"),
      "icmp-error",
    ],
    [
      "trap 30: an error that belongs to a connection",
      trace(world("203.0.113.1"), web, "ICMPv4 3/3", { trace_reason: "RELATED" }),
      "icmp-error",
    ],
    [
      "trap 44: router solicitation, refused by a policy's name",
      drop(133, "POLICY_DENIED", six, at(web, "ff02::2"), "ICMPv6 133/0"),
      "neighbour-discovery",
    ],
    [
      "trap 44: neighbour solicitation",
      trace(at(web, "fd00::10"), at(db, "fd00::20"), "ICMPv6 135/0"),
      "neighbour-discovery",
    ],
    ["trap 44: listener report", trace(at(web, "fd00::10"), at(db, "ff02::16"), "ICMPv6 143/0"), "neighbour-discovery"],
    ["trap 44: IPv6 link-local", trace(six, at(db, "fe80::2"), SYN), "neighbour-discovery"],
    ["trap 44: multicast of IPv4", trace(web, world("224.0.0.251"), "5353 > 5353 UDP"), "multicast"],
    ["trap 44: multicast of IPv6", trace(at(web, "fd00::10"), world("ff05::1"), "5353 > 5353 UDP"), "multicast"],
    ["trap 23: IGMP", trace(web, world("224.0.0.22"), "", { l4: { IGMP: { type: 34 } } }), "multicast"],
    ["trap 44: broadcast", trace(web, world("255.255.255.255"), "68 > 67 UDP"), "multicast"],
    [
      "trap 43: WireGuard between nodes",
      trace(host, remote, "51871 > 51871 UDP", { point: "TO_NETWORK" }),
      "encapsulation",
    ],
    ["trap 43: VXLAN between nodes", trace(host, remote, "40000 > 8472 UDP", { point: "TO_NETWORK" }), "encapsulation"],
  ];
  it.each(leftOut)("%s is no conversation, and counted", (_, line, reason) => {
    const traffic = folded([line]);
    expect(traffic.conversations).toEqual([]);
    expect(traffic.coverage.leftOut).toEqual({ [reason]: 1 });
  });

  const kept: readonly (readonly [string, Line, string])[] = [
    [
      "trap 22: the pod's own address as source is the pod itself",
      trace(web, web, ACK),
      "shop/web > shop/web 5432 TCP",
    ],
    ["trap 23: an echo has a type, no port", trace(web, db, "ICMPv4 8/0"), "shop/web > shop/db ICMPv4 8/0"],
    ["trap 23: an echo's answer is the echo", reply(db, web, "ICMPv4 0/0"), "shop/web > shop/db ICMPv4 8/0"],
    [
      "trap 23: of IPv6 too",
      reply(at(db, "fd00::20"), at(web, "fd00::10"), "ICMPv6 129/0"),
      "shop/web > shop/db ICMPv6 128/0",
    ],
    ["trap 23: SCTP is its own protocol", trace(web, db, "40000 > 3868 SCTP"), "shop/web > shop/db 3868 SCTP"],
    [
      "trap 23: without L4 there is no port and no protocol",
      trace(web, db, "", { is_reply: false }),
      "shop/web > shop/db - UNKNOWN",
    ],
    [
      "trap 23: another protocol keeps its name",
      trace(web, db, "", { l4: { VRRP: { type: 1 } } }),
      "shop/web > shop/db - VRRP",
    ],
    ["trap 23: a refused fragment neither", verdict("DROPPED egress", web, db, ""), "shop/web > shop/db - UNKNOWN"],
    [
      "trap 30: an unclaimed error is judged like a packet",
      trace(world("203.0.113.1"), web, "ICMPv4 3/3"),
      "203.0.113.1 > shop/web ICMPv4 3/3",
    ],
    [
      "trap 44: IPv4 link-local is a destination (cloud metadata)",
      trace(web, world("169.254.169.254"), "40000 > 80 TCP SYN"),
      "shop/web > 169.254.169.254 80 TCP",
    ],
    [
      "trap 43: VXLAN's port between pods is a conversation",
      trace(web, db, "40000 > 8472 UDP"),
      "shop/web > shop/db 8472 UDP",
    ],
  ];
  it.each(kept)("%s", (_, line, edge) => {
    expect(edges(folded([line]))).toEqual([edge]);
  });

  it.each([15_001, 15_006, 15_008])(
    "trap 43: a mesh's port %i hides what the application said: not decided",
    (port) => {
      expect(only(folded([trace(web, db, `40000 > ${port} TCP SYN`)])).notDecided).toBe("mesh-proxy");
      expect(only(folded([trace(web, outside, `40000 > ${port} TCP SYN`)])).notDecided).toBeNull();
    },
  );

  it("trap 25: named ports are those of the recorded identity, not of today's objects", () => {
    const labels = [
      "gen:io.cilium.k8s.named-ports=metrics.TCP.9187_postgres.TCP.5432",
      "gen:io.cilium.k8s.named-ports-1=x.UDP.9",
    ];
    const named = pod("shop/db", db.address, "n1", { labels });
    expect(only(folded([trace(web, named, SYN)])).to).toMatchObject({
      namedPorts: [
        { name: "metrics", port: 9187, protocol: "TCP" },
        { name: "postgres", port: 5432, protocol: "TCP" },
        { name: "x", port: 9, protocol: "UDP" },
      ],
    });
  });

  it("traps 24, 31: outside addresses beyond the bound count as their /24, policies' prefixes stay exact, and it is said", () => {
    const lines = ["198.51.100.1", "198.51.100.2", "198.51.100.3", "203.0.113.1"].map((ip) =>
      trace(web, world(ip), "40000 > 443 TCP SYN"),
    );
    const traffic = folded(lines, { fold: { bounds: { outsideAddresses: 1, exactPrefixes: ["203.0.113.0/24"] } } });
    expect(edges(traffic)).toEqual([
      "shop/web > 198.51.100.0/24 443 TCP",
      "shop/web > 198.51.100.1 443 TCP",
      "shop/web > 203.0.113.1 443 TCP",
    ]);
    expect(findingsOf(traffic)).toContain("bound-hit");
  });

  it("trap 4: a pod of the other node is whole by its labels, only its workload is that node's to tell", () => {
    expect(only(folded([trace(web, far, SYN)])).to).toMatchObject({
      kind: "pod",
      namespace: "shop",
      workload: null,
      podCount: 1,
    });
  });
});
