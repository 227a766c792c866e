import { describe, expect, it } from "vitest";
import type { Answer } from "../../src/model/decision.ts";
import { COREDNS, cnp, pod, type Story, told } from "./story.ts";

/**
 * The half of the replay traps that is about deciding (the other half, from lines to conversations, is in test/traps).
 * Each row: what is seen, under which policy, and what it must come out as.
 */
const web = pod("shop/web", { app: "web" });
const db = pod("shop/db", { app: "db" }, "containers: [{name: c, ports: [{name: pg, containerPort: 5432}]}]");
const ingress = (rules: string) => cnp("shop/db", `endpointSelector: {matchLabels: {app: db}}\ningress:\n${rules}`);
const egress = (rules: string) => cnp("shop/web", `endpointSelector: {matchLabels: {app: web}}\negress:\n${rules}`);
const objects = `${web}${db}${COREDNS}`;

type Row = readonly [trap: string, seen: string, policies: string, verdict: Answer, more?: Partial<Story>];

const rows: readonly Row[] = [
  [
    "trap 4: the ingress side is decided although only egress was seen",
    "shop/web -> shop/db:5432 TCP",
    ingress("  - fromEntities: [host]"),
    "denied",
  ],
  [
    "trap 12: the host's probes pass without a rule",
    "host -> shop/db:5432 TCP",
    ingress("  - fromEndpoints: [{matchLabels: {app: web}}]"),
    "allowed",
  ],
  [
    "trap 12: and do not, where allow-localhost is policy",
    "host -> shop/db:5432 TCP",
    ingress("  - fromEndpoints: [{matchLabels: {app: web}}]"),
    "denied",
    { config: { allowLocalhost: "policy" } },
  ],
  [
    "trap 12: mode always denies the host where no rule selects the pod (1.20)",
    "host -> shop/db:5432 TCP",
    egress("  - toEntities: [world]"),
    "denied",
    { config: { policyEnforcementMode: "always" } },
  ],
  ["trap 14: a CIDR never takes a pod", "shop/web -> shop/db:5432 TCP", egress("  - toCIDR: [0.0.0.0/0]"), "denied"],
  ["trap 14: nor a node", "shop/web -> remote-node:9100 TCP", egress("  - toCIDR: [10.10.0.0/16]"), "denied"],
  [
    "trap 19: a peer without namespace is of the policy's own",
    "other/web -> shop/db:5432 TCP",
    ingress("  - fromEndpoints: [{matchLabels: {app: web}}]"),
    "denied",
    { objects: `${pod("other/web", { app: "web" })}${db}` },
  ],
  [
    "trap 20: a direction that no rule speaks of stays open",
    "shop/web -> shop/db:5432 TCP",
    egress("  - toEntities: [cluster]"),
    "allowed",
  ],
  [
    "trap 20: a policy that only denies isolates",
    "shop/web -> 203.0.113.9:443 TCP",
    cnp("shop/web", "endpointSelector: {matchLabels: {app: web}}\negressDeny:\n  - toCIDR: [169.254.169.254/32]"),
    "denied",
  ],
  [
    "trap 23: an echo is not a port",
    "shop/web -> shop/db ICMPv4 8",
    ingress('  - fromEndpoints: [{}]\n    toPorts: [{ports: [{port: "8", protocol: TCP}]}]'),
    "denied",
  ],
  ["trap 23: an L3 rule takes it", "shop/web -> shop/db ICMPv4 8", ingress("  - fromEndpoints: [{}]"), "allowed"],
  [
    "trap 23: and so does its type",
    "shop/web -> shop/db ICMPv4 8",
    ingress("  - icmps: [{fields: [{type: 8, family: IPv4}]}]"),
    "allowed",
  ],
  [
    "trap 25: a named port is the pod's own",
    "shop/web -> shop/db:5432 TCP",
    ingress('  - toPorts: [{ports: [{port: "pg", protocol: TCP}]}]'),
    "allowed",
  ],
  [
    "trap 30: fragmentation needed always passes",
    "shop/web -> shop/db ICMPv4 3",
    ingress("  - fromEntities: [host]"),
    "allowed",
    { more: { 0: { icmpCode: 4 } } },
  ],
  [
    "trap 44: a CIDR of one family leaves the other out",
    "shop/web -> 2001:db8::7:443 TCP",
    egress("  - toCIDR: [0.0.0.0/0]"),
    "denied",
    { config: { ipv6: true } },
  ],
  [
    "trap 51: world takes both families of a dual stack",
    "shop/web -> 2001:db8::7:443 TCP",
    egress("  - toEntities: [world]"),
    "allowed",
    { config: { ipv6: true } },
  ],
];

describe("replay traps, deciding", () => {
  it.each(rows.map((row) => [row[0], row] as const))("%s", (_, [, seen, policies, verdict, more]) => {
    const { conversations } = told({ objects, seen, policies, ...more });
    expect(conversations?.[0]?.after.verdict).toBe(verdict);
  });

  it("trap 15: labels of then-existing policies decide nothing of proposed ones", () => {
    const to = {
      kind: "address" as const,
      address: "198.51.100.7",
      names: [],
      labels: ["cidr:198.51.100.0/24", "reserved:world"],
    };
    const seen = "shop/web -> 198.51.100.7:443 TCP";
    const other = told({ objects, seen, policies: egress("  - toCIDR: [203.0.113.0/24]"), more: { 0: { to } } });
    expect(other.conversations?.[0]?.after.verdict).toBe("denied");
    const wider = told({ objects, seen, policies: egress("  - toCIDR: [198.0.0.0/8]"), more: { 0: { to } } });
    expect(wider.conversations?.[0]?.after.verdict).toBe("allowed");
  });

  it("trap 16: a name that only a neighbour may ask is not learned", () => {
    const dns = (
      rules: string,
    ) => `  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}]${rules}}]`;
    const names = "\n  - toFQDNs: [{matchName: api.example.org}]";
    const neighbour = cnp(
      "shop/db",
      `endpointSelector: {matchLabels: {app: db}}\negress:\n${dns(', rules: {dns: [{matchPattern: "*"}]}')}`,
    );
    const story: Story = {
      objects,
      seen: "shop/web -> 198.51.100.7:443 TCP",
      names: { "api.example.org": ["198.51.100.7"] },
      policies: `${egress(dns("") + names)}---\n${neighbour}`,
    };
    expect(told(story).conversations?.[0]?.after.verdict).toBe("denied");
  });

  it("traps 39, 41: what is somebody else's is listed, never judged", () => {
    for (const reason of ["host-firewall", "cluster-mesh"]) {
      const story = { objects, seen: "shop/web -> shop/db:5432 TCP", policies: ingress("  - fromEntities: [host]") };
      const rehearsal = told({ ...story, more: { 0: { notDecided: reason } } });
      expect(rehearsal.holes).toEqual([]);
      expect(rehearsal.notDecided).toMatchObject([{ reason }]);
    }
  });

  it("trap 50: a masqueraded outsider is the world, whatever node's address it shows", () => {
    const from = {
      kind: "address" as const,
      address: "10.10.0.9",
      names: [],
      labels: ["reserved:world"],
      masqueraded: true as const,
    };
    const seen = "203.0.113.9 -> shop/db:5432 TCP";
    const world = told({ objects, seen, policies: ingress("  - fromEntities: [world]"), more: { 0: { from } } });
    expect(world.conversations?.[0]?.after.verdict).toBe("allowed");
    const node = told({ objects, seen, policies: ingress("  - fromCIDR: [10.10.0.0/16]"), more: { 0: { from } } });
    expect(node.conversations?.[0]?.after.verdict).toBe("denied");
  });
});
