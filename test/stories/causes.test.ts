import { describe, expect, it } from "vitest";
import { asked, COREDNS, cnp, pod, type Story, told } from "./story.ts";

const web = pod("shop/web", { app: "web" });
const db = pod("shop/db", { app: "db" }, "containers: [{name: c, ports: [{name: pg, containerPort: 5432}]}]");
const dnsRule = `
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}]}]`;
const proxiedDns = `${dnsRule.slice(0, -2)}, rules: {dns: [{matchPattern: "*"}]}}]`;

/** Each story has one hole on a side, with its cause; `also` names what must be mended besides. */
type Told = Story & {
  readonly title: string;
  readonly cause: string;
  readonly says: RegExp;
  readonly also?: readonly string[];
  readonly edit?: string;
};

const stories: readonly Told[] = [
  {
    title: "toFQDNs without a DNS rule through the proxy",
    objects: web + COREDNS,
    seen: "shop/web -> kube-system/coredns:53 UDP\nshop/web -> 198.51.100.7:443 TCP",
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:${dnsRule}
  - toFQDNs: [{matchName: api.example.org}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]`,
    ),
    cause: "fqdn-no-dns-rule",
    says: /no rules\.dns.*only by accident/,
    edit: "rules",
  },
  {
    title: "*.github.com is asked for github.com",
    objects: web + COREDNS,
    seen: "shop/web -> kube-system/coredns:53 UDP\nshop/web -> 198.51.100.7:443 TCP",
    names: { "github.com": ["198.51.100.7"] },
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:${proxiedDns}
  - toFQDNs: [{matchPattern: "*.github.com"}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]`,
    ),
    cause: "fqdn-apex",
    says: /`\*\.github\.com` does not match `github\.com`/,
    edit: "matchName: github.com",
  },
  {
    title: "both at once: the DNS rule first, the apex after it",
    objects: web + COREDNS,
    seen: "shop/web -> kube-system/coredns:53 UDP\nshop/web -> 198.51.100.7:443 TCP",
    names: { "github.com": ["198.51.100.7"] },
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:${dnsRule}
  - toFQDNs: [{matchPattern: "*.github.com"}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]`,
    ),
    cause: "fqdn-no-dns-rule",
    also: ["fqdn-apex"],
    says: /no rules\.dns/,
  },
  {
    title: "a name that no rule means comes before the missing proxy",
    objects: web + COREDNS,
    seen: "shop/web -> kube-system/coredns:53 UDP\nshop/web -> 198.51.100.7:443 TCP",
    names: { "charts.example.org": ["198.51.100.7"] },
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:${dnsRule}
  - toFQDNs: [{matchPattern: "*.github.com"}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]`,
    ),
    cause: "no-rule",
    also: ["fqdn-no-dns-rule"],
    says: /no rule allows egress to charts\.example\.org on :443/,
  },
  {
    title: "the resolver's search suffix is refused",
    objects: web + COREDNS,
    seen: "shop/web -> kube-system/coredns:53 UDP",
    more: { 0: { requests: [asked("idm.example.net.shop.svc.cluster.local")] } },
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchName: idm.example.net}]}}]`,
    ),
    cause: "fqdn-search-domain",
    says: /search suffix/,
  },
  {
    title: "a policy that only denies isolates",
    objects: web + COREDNS,
    seen: "shop/web -> 198.51.100.7:443 TCP",
    policies: cnp(
      "shop/no-metadata",
      `
endpointSelector: {}
egressDeny:
  - toCIDR: [169.254.169.254/32]`,
    ),
    cause: "deny-only-default-deny",
    says: /only egressDeny rules switches egress default deny on/,
    edit: "enableDefaultDeny",
  },
  {
    title: "the Service's port instead of the container's",
    objects: `${web + pod("shop/api", { app: "api" }, "containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]")}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: http}]}
`,
    seen: "shop/web -> shop/api:8080 TCP",
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:
  - toEndpoints: [{matchLabels: {app: api}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}]}]`,
    ),
    cause: "port-service",
    says: /80 is the port of Service shop\/api; the container listens on 8080/,
    edit: "8080",
  },
  {
    title: "a selector without namespace means its own",
    objects: db + pod("reports/web", { app: "web" }),
    seen: "reports/web -> shop/db:5432 TCP",
    policies: cnp(
      "shop/db",
      `
endpointSelector: {matchLabels: {app: db}}
ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]`,
    ),
    cause: "ns-scope",
    says: /it means shop; the peer is in reports/,
    edit: "k8s:io.kubernetes.pod.namespace",
  },
  {
    title: "the API server calls a webhook from a node that is not known for one",
    objects: `${pod("shop/hook", { app: "hook" }, "containers: [{name: c, ports: [{name: webhook, containerPort: 10250}]}]")}`,
    seen: "remote-node -> shop/hook:10250 TCP",
    policies: cnp(
      "shop/hook",
      `
endpointSelector: {matchLabels: {app: hook}}
ingress:
  - fromEntities: [kube-apiserver]
    toPorts: [{ports: [{port: "10250", protocol: TCP}]}]`,
    ),
    cause: "webhook-ingress",
    says: /the API server calls this webhook from remote-node/,
    edit: "remote-node",
  },
  {
    title: "a label that nobody carries",
    objects: pod("shop/fetcher", { "core.example.dev/app-name": "fetcher" }) + pod("shop/cron", { job: "cron" }),
    seen: "shop/cron -> shop/fetcher:80 TCP",
    policies: cnp(
      "shop/cron",
      `
endpointSelector: {matchLabels: {job: cron}}
egress:
  - toEndpoints: [{matchLabels: {app: fetcher}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}]}]`,
    ),
    cause: "peer-matches-nothing",
    says: /matches no pod/,
    edit: "core.example.dev/app-name",
  },
  {
    title: "a public name of the own cluster",
    objects: `${web + pod("traefik/traefik", { app: "traefik" }, "containers: [{name: c, ports: [{name: websecure, containerPort: 8443}]}]")}
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: traefik}
spec: {type: LoadBalancer, selector: {app: traefik}, ports: [{port: 443, targetPort: 8443}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.200}]}}
${COREDNS}`,
    seen: "shop/web -> traefik/traefik:8443 TCP",
    names: { "grafana.example.com": ["192.0.2.200"] },
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:${proxiedDns}
  - toFQDNs: [{matchName: grafana.example.com}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]`,
    ),
    cause: "hairpin-dead",
    says: /hairpin: the address of Service traefik\/traefik becomes its pod before policy is asked; the toFQDNs rule never matches/,
  },
  {
    title: "a hairpinned caller meets a rule for the world",
    objects: `${web + pod("traefik/traefik", { app: "traefik" }, "containers: [{name: c, ports: [{name: websecure, containerPort: 8443}]}]")}
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: traefik}
spec: {type: LoadBalancer, selector: {app: traefik}, ports: [{port: 443, targetPort: 8443}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.200}]}}
`,
    seen: "shop/web -> traefik/traefik:8443 TCP",
    policies: cnp(
      "traefik/traefik",
      `
endpointSelector: {matchLabels: {app: traefik}}
ingress:
  - fromEntities: [world]
    toPorts: [{ports: [{port: "8443", protocol: TCP}]}]`,
    ),
    cause: "hairpin-dead",
    says: /arrives as itself, and the rule admits only the outside/,
    edit: "fromEndpoints",
  },
  {
    title: "a scrape that nobody thought of",
    objects: db + pod("monitoring/prometheus", { "app.kubernetes.io/name": "prometheus" }),
    seen: "monitoring/prometheus -> shop/db:9187 TCP",
    policies: cnp(
      "shop/db",
      `
endpointSelector: {matchLabels: {app: db}}
ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]`,
    ),
    cause: "scrape-missing",
    says: /no rule admits the scrape by monitoring\/prometheus/,
    edit: "9187",
  },
  {
    title: "a hostNetwork pod is its node",
    objects: db + pod("monitoring/exporter", { app: "exporter" }, "hostNetwork: true"),
    seen: "remote-node -> shop/db:5432 TCP",
    policies: cnp(
      "shop/db",
      `
endpointSelector: {matchLabels: {app: db}}
ingress:
  - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": monitoring, app: exporter}}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]`,
    ),
    cause: "hostnet-peer",
    says: /a hostNetwork pod: on the wire it is remote-node/,
    edit: "fromEntities",
  },
  {
    title: "a CIDR never takes what is in the cluster",
    objects: web + COREDNS,
    seen: "shop/web -> kube-apiserver:6443 TCP",
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:
  - toCIDR: [10.10.0.0/16]
    toPorts: [{ports: [{port: "6443", protocol: TCP}]}]`,
    ),
    cause: "cidr-cluster",
    says: /10\.10\.0\.0\/16 holds the address, but a CIDR rule never takes what is in the cluster/,
    edit: "kube-apiserver",
  },
  {
    title: "nothing speaks of it",
    objects: db + web,
    seen: "shop/web -> shop/db:5432 TCP",
    policies: cnp(
      "shop/db",
      `
endpointSelector: {matchLabels: {app: db}}
ingress:
  - fromEntities: [host]`,
    ),
    cause: "no-rule",
    says: /no rule admits shop\/web on :5432/,
    edit: "5432",
  },
  {
    title: "egress isolated without a way to the resolver",
    objects: web + COREDNS,
    seen: "shop/web -> kube-system/coredns:53 UDP",
    policies: cnp(
      "shop/web",
      `
endpointSelector: {matchLabels: {app: web}}
egress:
  - toEntities: [world]`,
    ),
    cause: "dns-missing",
    says: /every name fails/,
    edit: "kube-dns",
  },
  {
    title: "a deny beats the allow beside it",
    objects: db + web,
    seen: "shop/web -> shop/db:5432 TCP",
    policies: cnp(
      "shop/db",
      `
endpointSelector: {matchLabels: {app: db}}
ingress:
  - fromEndpoints: [{}]
ingressDeny:
  - fromEndpoints: [{matchLabels: {app: web}}]`,
    ),
    cause: "deny-rule",
    says: /a deny beats every allow/,
  },
];

describe("a hole is explained by its cause", () => {
  it.each(stories.map((story) => [story.title, story] as const))("%s", (_, story) => {
    const { holes, answer } = told(story);
    expect(holes.map((hole) => hole.cause)).toEqual([story.cause]);
    const hole = holes[0];
    expect(hole?.sentence).toMatch(story.says);
    expect(hole?.also ?? []).toEqual(expect.arrayContaining([...(story.also ?? [])]));
    expect(answer).toBe("not-ready");
    if (story.edit === undefined) return;
    expect(hole?.edit?.diff).toContain(story.edit);
    expect(hole?.edit?.proven).toBe(true);
  });
});
