import type { Json, JsonObject } from "#model/json.ts";

/** NetworkPolicies for every rule of the API server's validation: each on both sides of it. */
export function networkPolicyObjects(): readonly JsonObject[] {
  const specs: readonly Json[] = [
    ...WHOLE_SPECS,
    ...[...PORTS, ...ports()].map((port) => rule({ ports: [port] })),
    ...PEERS.flatMap((peer) => [rule({ from: [peer] }), rule({ to: [peer] })]),
    ...blocks().map((ipBlock) => rule({ from: [{ ipBlock }] })),
    ...SELECTORS.flatMap((selector) => [
      { podSelector: selector },
      rule({ from: [{ podSelector: selector }] }),
      rule({ to: [{ namespaceSelector: selector }] }),
    ]),
    ...labels().map((matchLabels) => ({ podSelector: { matchLabels } })),
  ];
  return [
    ...specs.map((spec) => ({ ...HEAD, metadata: { name: "x" }, spec })),
    { ...HEAD, metadata: { name: "x" } },
    ...METADATA.map((metadata) => ({ ...HEAD, metadata, spec: { podSelector: {} } })),
  ];
}

const HEAD = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" };

function rule(part: JsonObject): JsonObject {
  return "to" in part ? { podSelector: {}, egress: [part] } : { podSelector: {}, ingress: [part] };
}

const WHOLE_SPECS: readonly Json[] = [
  {},
  { podSelector: {} },
  { podSelector: {}, policyTypes: [] },
  { podSelector: {}, policyTypes: ["Ingress"] },
  { podSelector: {}, policyTypes: ["Egress", "Egress"] },
  { podSelector: {}, policyTypes: ["Ingress", "Egress", "Ingress"] },
  { podSelector: {}, policyTypes: ["ingress"] },
  { podSelector: {}, policyTypes: [""] },
  { podSelector: {}, policyTypes: "Ingress" },
  { podSelector: {}, ingress: {} },
  { podSelector: {}, ingress: [{}] },
  { podSelector: {}, ingress: [null] },
  { podSelector: {}, egress: [{ to: [] }] },
  { podSelector: {}, ingress: [{ from: {} }] },
  { podSelector: [] },
];

const PORTS: readonly Json[] = [
  {},
  { protocol: "TCP" },
  { protocol: "tcp" },
  { protocol: "" },
  { protocol: "ICMP" },
  { protocol: 6 },
  { port: true },
  { port: 1.5 },
  { port: {} },
  { endPort: 90 },
  { port: 80, endPort: "90" },
  { port: 80, endPort: 90.5 },
  { port: 2 ** 31 },
  { port: 80, endPort: 2 ** 31 },
  { port: "http", endPort: 90 },
  { port: "80", endPort: 90 },
];

function ports(): readonly Json[] {
  const numbers = [-1, 0, 1, 80, 65535, 65536, 70000];
  const names = [
    "http",
    "HTTP",
    "80",
    "a",
    "1a",
    "-a",
    "a-",
    "a--b",
    "a_b",
    "abcdefghijklmno",
    "abcdefghijklmnop",
    "",
    "a b",
  ];
  return [
    ...[...numbers, ...names].map((port) => ({ port })),
    ...numbers.flatMap((endPort) => [
      { port: 80, endPort },
      { port: 65535, endPort },
    ]),
  ];
}

const PEERS: readonly Json[] = [
  {},
  null,
  "x",
  { podSelector: {} },
  { namespaceSelector: {} },
  { podSelector: {}, namespaceSelector: {} },
  { podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } },
  { namespaceSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } },
  { ipBlock: {} },
  { ipBlock: { cidr: "" } },
  { ipBlock: "10.0.0.0/8" },
  { ipBlock: { except: ["10.0.0.0/8"] } },
  { ipBlock: { cidr: "10.0.0.0/8", except: "10.1.0.0/16" } },
  { ipBlock: { cidr: "10.0.0.0/8", except: [5] } },
];

const CIDRS = [
  "10.0.0.0/8",
  "10.0.0.0",
  "10.0.0.1/8",
  "010.0.0.0/8",
  "10.0.0.0/08",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0/8",
  "foo",
  "0.0.0.0/0",
  "::/0",
  "2001:db8::/32",
  "2001:DB8::/32",
  "2001:db8::1/32",
  "2001:0db8::/32",
  "::ffff:10.0.0.0/104",
  "::ffff:10.0.0.0/96",
  "fe80::1%eth0/64",
  "10.0.0.0/",
  "/8",
  " 10.0.0.0/8",
  "10.0.0.0/8 ",
  "2001:db8::/129",
  "::/00",
  "1.2.3.4/32",
  "::ffff:0:0/96",
  "::1.2.3.4/128",
  "1:2:3:4:5:6:7:8/128",
  "1:2:3:4:5:6:7::/112",
  "10.0.0.0/+8",
];
const EXCEPTS = [
  "10.0.0.0/8",
  "10.1.0.0/16",
  "10.1.0.1/16",
  "11.0.0.0/16",
  "0.0.0.0/0",
  "10.0.0.0/7",
  "10.255.255.255/32",
  "foo",
  "",
  "2001:db8::/48",
  "2001:db8::/32",
  "::ffff:10.1.0.0/112",
  "::/0",
  "::1/128",
  "010.1.0.0/16",
  "1.2.3.4/32",
];

function blocks(): readonly Json[] {
  return CIDRS.flatMap((cidr) => [{ cidr }, ...EXCEPTS.map((except) => ({ cidr, except: [except] }))]);
}

const SELECTORS: readonly Json[] = [
  { matchLabels: { app: "x" } },
  { matchLabels: { app: 5 } },
  { matchLabels: [] },
  { matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] },
  { matchExpressions: [{ key: "a", operator: "In", values: ["b", "b"] }] },
  { matchExpressions: [{ key: "a", operator: "In" }] },
  { matchExpressions: [{ key: "a", operator: "NotIn", values: [] }] },
  { matchExpressions: [{ key: "a", operator: "Exists" }] },
  { matchExpressions: [{ key: "a", operator: "Exists", values: [] }] },
  { matchExpressions: [{ key: "a", operator: "DoesNotExist", values: ["b"] }] },
  { matchExpressions: [{ key: "a", operator: "Gt", values: ["1"] }] },
  { matchExpressions: [{ key: "a", operator: "in", values: ["1"] }] },
  { matchExpressions: [{ operator: "Exists" }] },
  { matchExpressions: [{ key: "", operator: "Exists" }] },
  { matchExpressions: [{ key: "a" }] },
  { matchExpressions: [{ key: "a b", operator: "Exists" }] },
  { matchExpressions: [{ key: "a", operator: "In", values: ["b c"] }] },
  { matchExpressions: [{ key: "a", operator: "In", values: [5] }] },
  { matchExpressions: [{ key: "a", operator: "In", values: [""] }] },
  { matchExpressions: {} },
  { matchExpressions: [null] },
];

function labels(): readonly JsonObject[] {
  const long = "a".repeat(63);
  const keys = [
    "a",
    "A.b_c-d",
    "a b",
    "",
    "-a",
    "a-",
    "a.",
    ".a",
    "a/b",
    "a/b/c",
    "/b",
    "a/",
    "A/b",
    "a.b/c",
    "a..b/c",
    "-a/b",
    "ä",
    long,
    `${long}a`,
    `${long}/${long}`,
    `${`${long}.`.repeat(3)}${"a".repeat(61)}/x`,
    `${`${long}.`.repeat(4)}a/x`,
    "k8s:a",
  ];
  const values = ["", "a", "A.b_c", "a b", "-a", "a-", ".", "ä", long, `${long}a`, "a/b", "a\n"];
  return [...keys.map((key) => ({ [key]: "x" })), ...values.map((value) => ({ a: value }))];
}

const METADATA: readonly Json[] = [
  { name: "a.b-c" },
  { name: "A" },
  { name: "a_b" },
  { name: "-a" },
  { name: "a..b" },
  { name: "a".repeat(64) },
  { name: "a".repeat(253) },
  { name: "a".repeat(254) },
  { name: "x", labels: { a: "b c" } },
  { name: "x", labels: { "a b": "c" } },
  { name: "x", annotations: { a: "b c\n" } },
  { name: "x", annotations: { "a b": "c" } },
  { name: "x", annotations: { "A.b/C": "c" } },
  { name: "x", annotations: { "A.b/": "c" } },
  { name: "x", annotations: { a: "b".repeat(256 * 1024 - 1) } },
  { name: "x", annotations: { a: "b".repeat(256 * 1024) } },
];
