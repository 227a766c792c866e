import { cnp, pod } from "./story.ts";

/** A connection under one policy on which a surprise does or does not take part, in each minor. */
export type SurpriseCase = {
  readonly title: string;
  /** The surprise, and the minors in which explain tells it. */
  readonly id: string;
  readonly told: readonly string[];
  readonly objects: string;
  readonly policies: string;
  readonly from: string;
  readonly to: string;
  /** `443`, `53/UDP`, or `icmp 8`. */
  readonly port: string;
  readonly config?: Readonly<Record<string, boolean>>;
  /** The whole verdict as Cilium's own engine gives it, by minor. */
  readonly verdict: Readonly<Record<string, string>>;
};

const ALL = ["1.18", "1.19", "1.20"];
const same = (verdict: string) => ({ "1.18": verdict, "1.19": verdict, "1.20": verdict });
const web = pod("shop/web", { app: "web" });
const db = pod("shop/db", { app: "db" });
const lab = pod("lab/web", { app: "web" });
const service = (name: string, selector: string) =>
  `\n---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {clusterIP: 10.96.0.9, ${selector}ports: [{port: 80}]}\n`;
const named = (name: string, port: number) =>
  `containers: [{name: c, image: x, ports: [{name: ${name}, containerPort: ${port}}]}]`;
const policy = (spec: string) => cnp("shop/p", `endpointSelector: {matchLabels: {app: web}}\n${spec}`);
const knp = (spec: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  podSelector: {matchLabels: {app: web}}\n  ${spec}\n`;
const SERVICE_RULE = "[{k8sService: {serviceName: api, namespace: shop}}]";
const PORT_80 = '[{ports: [{port: "80", protocol: TCP}]}]';
const NOT_LAB = "{matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, operator: NotIn, values: [lab]}]}";
const L7 = '[{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /public}]}}]';

const GROUP = `
---
apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata: {name: office, labels: {site: office}}
spec: {externalCIDRs: [192.0.2.0/24]}
`;
const NOT_OFFICE = "{matchExpressions: [{key: site, operator: NotIn, values: [office]}]}";

export const SURPRISE_CASES: readonly SurpriseCase[] = [
  {
    title: "toServices of a Service that is not there, with ports",
    ...{ id: "services-to-nobody", told: ALL, objects: web + db, from: "shop/web", to: "203.0.113.7", port: "80" },
    policies: policy(`egress: [{toServices: ${SERVICE_RULE}, toPorts: ${PORT_80}}]`),
    verdict: same("allowed"),
  },
  {
    title: "toServices of a Service without selector and without endpoints",
    ...{ id: "services-to-nobody", told: ALL, from: "shop/web", to: "203.0.113.7", port: "80" },
    objects: web + db + service("api", ""),
    policies: policy(`egress: [{toServices: ${SERVICE_RULE}, toPorts: ${PORT_80}}]`),
    verdict: same("allowed"),
  },
  {
    title: "toServices of a Service that is there",
    ...{ id: "services-to-nobody", told: [], from: "shop/web", to: "203.0.113.7", port: "80" },
    objects: web + db + service("api", "selector: {app: db}, "),
    policies: policy(`egress: [{toServices: ${SERVICE_RULE}, toPorts: ${PORT_80}}]`),
    verdict: same("denied"),
  },
  {
    title: "toServices of a Service that is not there, without ports",
    ...{ id: "services-to-nobody", told: ALL, objects: web + db, from: "shop/web", to: "shop/db", port: "80" },
    policies: policy(`egress: [{toServices: ${SERVICE_RULE}}]`),
    verdict: same("denied"),
  },
  {
    title: "toServices in a deny rule with ports denies them to everybody",
    ...{ id: "services-in-deny", told: ALL, from: "shop/web", to: "203.0.113.7", port: "80" },
    objects: web + db + service("api", "selector: {app: db}, "),
    policies: policy(`egress: [{toEntities: [all]}]\negressDeny: [{toServices: ${SERVICE_RULE}, toPorts: ${PORT_80}}]`),
    verdict: same("denied"),
  },
  {
    title: "toServices in a deny rule without ports denies nothing",
    ...{ id: "services-in-deny", told: ALL, from: "shop/web", to: "shop/db", port: "80" },
    objects: web + db + service("api", "selector: {app: db}, "),
    policies: policy(`egress: [{toEntities: [all]}]\negressDeny: [{toServices: ${SERVICE_RULE}}]`),
    verdict: same("allowed"),
  },
  {
    title: "a deny rule for the pods themselves",
    ...{ id: "services-in-deny", told: [], from: "shop/web", to: "shop/db", port: "80" },
    objects: web + db + service("api", "selector: {app: db}, "),
    policies: policy(`egress: [{toEntities: [all]}]\negressDeny: [{toEndpoints: [{matchLabels: {app: db}}]}]`),
    verdict: same("denied"),
  },
  {
    title: "toFQDNs: [] with ports",
    ...{ id: "empty-list", told: ALL, objects: web + db, from: "shop/web", to: "203.0.113.7", port: "80" },
    policies: policy(`egress: [{toFQDNs: [], toPorts: ${PORT_80}}]`),
    verdict: same("allowed"),
  },
  {
    title: "toFQDNs: [] without ports",
    ...{ id: "empty-list", told: [], objects: web + db, from: "shop/web", to: "203.0.113.7", port: "80" },
    policies: policy("egress: [{toFQDNs: []}]"),
    verdict: same("denied"),
  },
  {
    title: "fromEndpoints: []",
    ...{ id: "empty-list", told: ALL, objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy(`ingress: [{fromEndpoints: [], toPorts: ${PORT_80}}]`),
    verdict: same("denied"),
  },
  {
    title: "ports without a peer",
    ...{ id: "ports-without-peer", told: ALL, objects: web + db, from: "203.0.113.7", to: "shop/web", port: "80" },
    policies: policy(`ingress: [{toPorts: ${PORT_80}}]`),
    verdict: same("allowed"),
  },
  {
    title: "ports with a peer",
    ...{ id: "ports-without-peer", told: [], objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy(`ingress: [{fromEndpoints: [{}], toPorts: ${PORT_80}}]`),
    verdict: same("allowed"),
  },
  {
    title: "a namespace excluded lets the world in, where peers are not scoped to the cluster",
    ...{ id: "negated-peer", told: ALL, objects: web + db + lab, from: "203.0.113.7", to: "shop/web", port: "80" },
    policies: policy(`ingress: [{fromEndpoints: [${NOT_LAB}]}]`),
    config: { policyDefaultLocalCluster: false },
    verdict: same("allowed"),
  },
  {
    title: "in 1.20 even what it excludes",
    ...{ id: "negated-peer", told: ["1.20"], objects: web + db + lab, from: "lab/web", to: "shop/web", port: "80" },
    policies: policy(`ingress: [{fromEndpoints: [${NOT_LAB}]}]`),
    config: { policyDefaultLocalCluster: false },
    verdict: { "1.18": "denied", "1.19": "denied", "1.20": "allowed" },
  },
  {
    title: "whom it means is no surprise",
    ...{ id: "negated-peer", told: [], objects: web + db + lab, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy(`ingress: [{fromEndpoints: [${NOT_LAB}]}]`),
    config: { policyDefaultLocalCluster: false },
    verdict: same("allowed"),
  },
  {
    title: "scoped to the cluster it takes pods alone",
    ...{ id: "negated-peer", told: [], objects: web + db + lab, from: "203.0.113.7", to: "shop/web", port: "80" },
    policies: policy(`ingress: [{fromEndpoints: [${NOT_LAB}]}]`),
    config: { policyDefaultLocalCluster: true },
    verdict: same("denied"),
  },
  {
    title: "a CIDR group excluded lets pods in",
    ...{ id: "negated-group", told: ["1.18", "1.19"], from: "shop/db", to: "shop/web", port: "80" },
    objects: web + db + GROUP,
    policies: policy(`ingress: [{fromCIDRSet: [{cidrGroupSelector: ${NOT_OFFICE}}]}]`),
    verdict: { "1.18": "allowed", "1.19": "allowed", "1.20": "denied" },
  },
  {
    title: "a CIDR group named does not",
    ...{ id: "negated-group", told: [], from: "shop/db", to: "shop/web", port: "80" },
    objects: web + db + GROUP,
    policies: policy("ingress: [{fromCIDRSet: [{cidrGroupSelector: {matchLabels: {site: office}}}]}]"),
    verdict: same("denied"),
  },
  {
    title: "ICMP type 0 is every type",
    ...{ id: "icmp-type-zero", told: ALL, objects: web + db, from: "shop/db", to: "shop/web", port: "icmp 8" },
    policies: policy("ingress: [{fromEndpoints: [{}], icmps: [{fields: [{type: 0}]}]}]"),
    verdict: same("allowed"),
  },
  {
    title: "ICMP type 8 is not",
    ...{ id: "icmp-type-zero", told: [], objects: web + db, from: "shop/db", to: "shop/web", port: "icmp 8" },
    policies: policy("ingress: [{fromEndpoints: [{}], icmps: [{fields: [{type: 8}]}]}]"),
    verdict: same("allowed"),
  },
  {
    title: "an egress port name with two numbers in the cluster",
    ...{ id: "named-port", told: ["1.18", "1.19"], from: "shop/web", to: "shop/db", port: "5432" },
    objects: web + pod("shop/db", { app: "db" }, named("sql", 5432)) + pod("lab/db", { app: "db" }, named("sql", 3306)),
    policies: policy(
      "egress: [{toEndpoints: [{matchLabels: {app: db}}], toPorts: [{ports: [{port: sql, protocol: TCP}]}]}]",
    ),
    verdict: { "1.18": "denied", "1.19": "denied", "1.20": "allowed" },
  },
  {
    title: "an egress port name with one number",
    ...{ id: "named-port", told: [], from: "shop/web", to: "shop/db", port: "5432" },
    objects: web + pod("shop/db", { app: "db" }, named("sql", 5432)),
    policies: policy(
      "egress: [{toEndpoints: [{matchLabels: {app: db}}], toPorts: [{ports: [{port: sql, protocol: TCP}]}]}]",
    ),
    verdict: same("allowed"),
  },
  {
    title: "a deny rule with a port name that has two numbers",
    ...{ id: "named-port", told: ["1.18", "1.19"], from: "shop/web", to: "shop/db", port: "5432" },
    objects: web + pod("shop/db", { app: "db" }, named("sql", 5432)) + pod("lab/db", { app: "db" }, named("sql", 3306)),
    policies: policy(
      "egress: [{toEntities: [all]}]\negressDeny: [{toEndpoints: [{}], toPorts: [{ports: [{port: sql, protocol: TCP}]}]}]",
    ),
    verdict: { "1.18": "allowed", "1.19": "allowed", "1.20": "denied" },
  },
  {
    title: "an egress port name towards the world",
    ...{ id: "named-port", told: ["1.20"], from: "shop/web", to: "203.0.113.7", port: "5432" },
    objects: web + pod("shop/db", { app: "db" }, named("sql", 5432)),
    policies: policy("egress: [{toEntities: [world], toPorts: [{ports: [{port: sql, protocol: TCP}]}]}]"),
    verdict: { "1.18": "allowed", "1.19": "allowed", "1.20": "denied" },
  },
  {
    title: "a NetworkPolicy's port name in upper case",
    ...{ id: "named-port", told: ["1.19", "1.20"], from: "shop/db", to: "shop/web", port: "80" },
    objects: pod("shop/web", { app: "web" }, named("http", 80)) + db,
    policies: knp("ingress: [{from: [{podSelector: {}}], ports: [{port: HTTP}]}]"),
    verdict: { "1.18": "allowed", "1.19": "denied", "1.20": "denied" },
  },
  {
    title: "L7 rules under enableDefaultDeny false filter nothing",
    ...{ id: "l7-unfiltered", told: ALL, objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy(`enableDefaultDeny: {ingress: false}\ningress: [{fromEndpoints: [{}], toPorts: ${L7}}]`),
    verdict: same("allowed"),
  },
  {
    title: "they do once another policy isolates",
    ...{ id: "l7-unfiltered", told: [], objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: `${policy(`enableDefaultDeny: {ingress: false}\ningress: [{fromEndpoints: [{}], toPorts: ${L7}}]`)}---\n${cnp("shop/q", "endpointSelector: {}\ningress: [{}]")}`,
    verdict: same("denied"),
  },
  {
    title: "ingress: [{}] of a CiliumNetworkPolicy",
    ...{ id: "empty-rule", told: ALL, objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy("ingress: [{}]"),
    verdict: same("denied"),
  },
  {
    title: "ingress: [{}] of a NetworkPolicy",
    ...{ id: "empty-rule", told: ALL, objects: web + db, from: "203.0.113.7", to: "shop/web", port: "80" },
    policies: knp("ingress: [{}]"),
    verdict: same("allowed"),
  },
  {
    title: "an empty list of rules is another matter",
    ...{ id: "empty-rule", told: [], objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy("ingress: [{fromEntities: [host]}]"),
    verdict: same("denied"),
  },
  {
    title: "deny rules alone isolate",
    ...{ id: "deny-isolates", told: ALL, objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy("ingressDeny: [{fromEntities: [world]}]"),
    verdict: same("denied"),
  },
  {
    title: "not with enableDefaultDeny false",
    ...{ id: "deny-isolates", told: [], objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy("enableDefaultDeny: {ingress: false}\ningressDeny: [{fromEntities: [world]}]"),
    verdict: same("allowed"),
  },
  {
    title: "enableDefaultDeny true without a rule of that direction",
    ...{ id: "idle-default-deny", told: ALL, objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy("enableDefaultDeny: {ingress: true}\negress: [{toEntities: [all]}]"),
    verdict: same("allowed"),
  },
  {
    title: "with one it isolates",
    ...{ id: "idle-default-deny", told: [], objects: web + db, from: "shop/db", to: "shop/web", port: "80" },
    policies: policy("enableDefaultDeny: {ingress: true}\ningress: [{fromEntities: [host]}]"),
    verdict: same("denied"),
  },
];
