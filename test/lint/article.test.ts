import { describe, expect, it } from "vitest";
import type { LintFinding } from "#model/lint.ts";
import { lint } from "#lint/lint.ts";
import { exampleInput } from "./example-input.ts";

// What a widely read walk-through of a first rollout says and shows, in clusters of our own making: each of its traps is
// named, and what it warns of without need is not made worse than it is.

async function linted(example: string): Promise<readonly LintFinding[]> {
  const { input, sources } = await exampleInput(example);
  return lint(input, { sources }).findings;
}

const checksOf = (findings: readonly LintFinding[]) => [...new Set(findings.map(({ check }) => check))].sort();
const of = (findings: readonly LintFinding[], check: string) => findings.filter((one) => one.check === check);
const aboveInfo = (findings: readonly LintFinding[]) =>
  checksOf(findings.filter(({ severity }) => severity !== "info"));

const RESOLVER = `{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}`;

const argocd = (dns: string, names: string) => `
name: a controller that pulls from a forge
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: argocd, namespace: argocd}
    spec:
      endpointSelector: {}
      egress:
        - toFQDNs:
${names}
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
        - toEndpoints: [${RESOLVER}]
          toPorts:
            - ports: [{port: "53", protocol: ANY}]
${dns}
`;
const PATTERNS = `            - matchPattern: "*.github.com"
            - matchPattern: "*.githubusercontent.com"`;
const PROXIED = `              rules: {dns: [{matchPattern: "*"}]}`;

describe("the egress excerpt for a GitOps controller", () => {
  it("allows port 53 and still knows no name: DNS has to pass the proxy", async () => {
    const [found, ...more] = of(await linted(argocd("", PATTERNS)), "fqdn-no-dns-rule");
    expect(more).toEqual([]);
    expect(found).toMatchObject({ severity: "error", place: { path: "spec.egress[0].toFQDNs" } });
    expect(found?.message).toContain("port 53 is allowed without `rules.dns`");
    expect(found?.fix).toMatchObject({ proven: true, newlyAllows: [] });
    expect(found?.fix?.diff).toMatch(/^\+ +rules:$/m);
  });

  it("leaves out the apex that git clones from, once DNS is proxied", async () => {
    const findings = await linted(argocd(PROXIED, PATTERNS));
    expect(checksOf(findings)).toEqual(["fqdn-apex"]);
    expect(findings[0]?.message).toContain("`*.github.com` does not match `github.com`");
    expect(findings[0]?.fix?.diff).toMatch(/^\+ +- matchName: github\.com$/m);
  });

  it("is clean with both", async () => {
    expect(await linted(argocd(PROXIED, `${PATTERNS}\n            - matchName: github.com`))).toEqual([]);
  });
});

const web = (ingress: string, objects = "", connections = "") => `
name: an application behind a proxy
objects:
${objects}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: blog, namespace: blog}
    spec:
      endpointSelector: {matchLabels: {app.kubernetes.io/name: blog}}
      ingress:
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": traefik, app: traefik}}]
          toPorts: [{ports: [{port: "80", protocol: TCP}]}]
${ingress}
${connections}
`;
const BLOG_POD = `
  - {apiVersion: v1, kind: Pod, metadata: {name: blog-1, namespace: blog, labels: {app.kubernetes.io/name: blog}}, spec: {containers: [{name: blog, ports: [{containerPort: 3000}]}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: traefik-1, namespace: traefik, labels: {app: traefik}}, spec: {containers: [{name: traefik}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: blog, namespace: blog}, spec: {clusterIP: 10.96.0.9, selector: {app.kubernetes.io/name: blog}, ports: [{port: 80, targetPort: 3000}]}}`;

describe("ingress of an application", () => {
  it("needs no rule for host and health: said as an info, with the edit that leaves it out", async () => {
    const findings = await linted(web("        - fromEntities: [host, health]"));
    expect(checksOf(findings)).toEqual(["host-redundant"]);
    expect(findings[0]).toMatchObject({ severity: "info", fix: { proven: true } });
    expect(findings[0]?.fix?.diff).toMatch(/^- +- fromEntities:$/m);
  });

  it("without such a rule there is nothing to say", async () => {
    expect(await linted(web(""))).toEqual([]);
  });

  it("names the Service's port where the container listens on another", async () => {
    const [found] = of(await linted(web("", BLOG_POD)), "port-service");
    expect(found).toMatchObject({ severity: "error", help: "write 3000" });
    expect(found?.message).toContain("80 is the port of Service blog/blog; the container listens on 3000");
  });
});

const DASHBOARD = (connections: string) => `
name: a dashboard that reads grafana
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: dashboard-1, namespace: dashboard, labels: {app: dashboard}}, spec: {containers: [{name: dashboard}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: grafana-1, namespace: monitoring, labels: {app: grafana}}, spec: {containers: [{name: grafana}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: traefik-1, namespace: traefik, labels: {app: traefik}}, spec: {containers: [{name: traefik}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: traefik, namespace: traefik}, spec: {type: LoadBalancer, clusterIP: 10.96.0.7, selector: {app: traefik}, ports: [{port: 443, targetPort: 8443}]}, status: {loadBalancer: {ingress: [{ip: 192.168.0.240}]}}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: grafana, namespace: monitoring}
    spec:
      endpointSelector: {matchLabels: {app: grafana}}
      ingress:
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": traefik, app: traefik}}]
          toPorts: [{ports: [{port: "3000", protocol: TCP}]}]
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": dashboard, app: dashboard}}]
          toPorts: [{ports: [{port: "3000", protocol: TCP}]}]
connections:
${connections}
`;

describe("a call that hairpins through the ingress controller", () => {
  const through = `  - {from: dashboard/dashboard-1, to: traefik/traefik-1, port: 8443, expect: {}}
  - {from: traefik/traefik-1, to: monitoring/grafana-1, port: 3000, expect: {}}`;

  it("makes the rule for the caller dead", async () => {
    const [found] = of(await linted(DASHBOARD(through)), "hairpin-dead");
    expect(found).toMatchObject({ severity: "info", place: { path: "spec.ingress[1]" } });
    expect(found?.message).toContain("dashboard/dashboard-1 was only seen going to traefik/traefik-1");
  });

  it("and alive where it calls by the Service's name as well", async () => {
    const direct = `${through}\n  - {from: dashboard/dashboard-1, to: monitoring/grafana-1, port: 3000, expect: {}}`;
    expect(of(await linted(DASHBOARD(direct)), "hairpin-dead")).toEqual([]);
  });
});

const DATABASE = `
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, spec: {podCIDRs: [10.42.0.0/24]}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: webapp-1, namespace: webapp, labels: {app: webapp}}, spec: {nodeName: node-1, containers: [{name: web}]}, status: {podIP: 10.42.0.7}}
  - {apiVersion: v1, kind: Pod, metadata: {name: postgres-0, namespace: webapp, labels: {app: postgres}}, spec: {nodeName: node-1, containers: [{name: db}]}, status: {podIP: 10.42.0.8}}`;

const database = (kind: string, subject: string, peer: string) => `
name: a database that its application alone may reach
objects:${DATABASE}
  - apiVersion: cilium.io/v2
    kind: ${kind}
    metadata: {name: postgres${kind === "CiliumNetworkPolicy" ? ", namespace: webapp" : ""}}
    spec:
      endpointSelector: {matchLabels: {${subject}}}
      ingress:
        - ${peer}
          toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`;
const IN_WEBAPP = `"k8s:io.kubernetes.pod.namespace": webapp`;

describe("a database behind its application", () => {
  it("by selector is clean", async () => {
    const peer = "fromEndpoints: [{matchLabels: {app: webapp}}]";
    expect(await linted(database("CiliumNetworkPolicy", "app: postgres", peer))).toEqual([]);
  });

  it("by CIDR lets nobody in: pods have identities, not addresses", async () => {
    const findings = await linted(database("CiliumNetworkPolicy", "app: postgres", "fromCIDR: [10.42.0.0/24]"));
    expect(aboveInfo(findings)).toEqual(["cidr-cluster"]);
    expect(findings[0]?.message).toContain("a CIDR rule never takes");
  });

  it("moved into a clusterwide policy, the namespace label is what keeps others out", async () => {
    const subject = `${IN_WEBAPP}, app: postgres`;
    const wide = "fromEndpoints: [{matchLabels: {app: webapp}}]";
    const bound = `fromEndpoints: [{matchLabels: {${IN_WEBAPP}, app: webapp}}]`;
    const loose = of(await linted(database("CiliumClusterwideNetworkPolicy", subject, wide)), "ns-scope");
    expect(loose.map(({ severity }) => severity)).toEqual(["warn"]);
    expect(aboveInfo(await linted(database("CiliumClusterwideNetworkPolicy", subject, bound)))).toEqual([]);
  });
});

describe("default deny for the whole cluster, DNS allowed in the same resource", () => {
  const baseline = `
name: every pod isolated, DNS let in
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumClusterwideNetworkPolicy
    metadata: {name: default-deny-ingress}
    specs:
      - endpointSelector: {matchExpressions: [{key: "k8s:io.kubernetes.pod.namespace", operator: Exists}]}
        ingress: [{}]
      - endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}
        ingress:
          - fromEndpoints: [{}]
            toPorts: [{ports: [{port: "53", protocol: ANY}]}]
`;

  it("is no finding above info", async () => {
    expect(aboveInfo(await linted(baseline))).toEqual([]);
  });
});
