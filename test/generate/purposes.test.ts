import { describe, expect, it } from "vitest";
import { templates } from "../../src/generate/http-templates.ts";
import type { SeenRequest } from "../../src/model/conversation.ts";
import { pod } from "../stories/story.ts";
import { at, made, policyNamed, rulesOf } from "./generating.ts";

const owned = (name: string, labels: Readonly<Record<string, string>>, port: number) => {
  const owner = `{apiVersion: v1, kind: ReplicaSet, name: ${name.split("/")[1]}, uid: "1", controller: true}`;
  const spec = `containers: [{name: a, image: a, ports: [{containerPort: ${port}}]}]`;
  return pod(name, labels, spec).replace("metadata: {", `metadata: {generateName: x-, ownerReferences: [${owner}], `);
};

const service = (name: string, app: string, port: number, target: number, more = "") => {
  const [namespace, own] = name.split("/");
  return `\n---\napiVersion: v1\nkind: Service\nmetadata: {name: ${own}, namespace: ${namespace}}\nspec: {selector: {app: ${app}}, ports: [{port: ${port}, targetPort: ${target}}]${more}}\n`;
};

const TRAEFIK = owned("traefik/traefik", { app: "traefik" }, 8443);
const API = owned("shop/api", { app: "api" }, 8080);
const WEB = owned("shop/web", { app: "web" }, 3000);
const DNS = owned("kube-system/coredns", { "k8s-app": "kube-dns" }, 53);
const LB = service("traefik/traefik", "traefik", 443, 8443, ", type: LoadBalancer, clusterIP: 10.96.0.9");

const http = (method: string, path: string, verdict = "FORWARDED"): SeenRequest => ({
  request: { kind: "http", method, path, host: "api", headers: {} },
  count: 1,
  verdicts: { [verdict]: 1 },
  epoch: 0,
});

describe("what a rule is for", () => {
  it("the world comes in where a Service shows the port to it", () => {
    const one = made({ objects: `${TRAEFIK}${LB}`, seen: "203.0.113.7 -> traefik/traefik:8443 TCP" });
    expect(rulesOf(policyNamed(one, "traefik/traefik").policy.value, "ingress")).toMatchObject([
      { fromEntities: ["world"] },
    ]);
    expect(policyNamed(one, "traefik/traefik").rules[0]?.excess.beyond).toBe(
      "every address outside the cluster may come in",
    );
  });

  it("elsewhere an address outside is that address", () => {
    const one = made({ objects: API, seen: "203.0.113.7 -> shop/api:8080 TCP" });
    expect(rulesOf(policyNamed(one, "shop/api").policy.value, "ingress")).toMatchObject([
      { fromCIDR: ["203.0.113.7/32"] },
    ]);
  });

  it("who came in masqueraded is the world: the address is a node's", () => {
    const from = {
      kind: "address",
      address: "10.0.0.1",
      names: [],
      labels: ["reserved:world"],
      masqueraded: true,
    } as const;
    const one = made({ objects: API, seen: "203.0.113.7 -> shop/api:8080 TCP", more: { 0: { from } } });
    expect(rulesOf(policyNamed(one, "shop/api").policy.value, "ingress")).toMatchObject([{ fromEntities: ["world"] }]);
    expect(one.generated.proof).toMatchObject({ allowed: 1, denied: [] });
  });

  it("a call by a public name is written as what it meets: the ingress controller", () => {
    const one = made({ objects: `${TRAEFIK}${LB}${WEB}`, seen: "shop/web -> traefik/traefik:8443 TCP" });
    expect(rulesOf(policyNamed(one, "shop/web").policy.value, "egress")).toMatchObject([
      { toEndpoints: [{ matchLabels: { app: "traefik" } }], toPorts: [{ ports: [{ port: "8443" }] }] },
    ]);
    expect(one.text).toContain("it meets the ingress controller");
  });

  it("a Service's own address is not guessed at", () => {
    const seen = "shop/web -> 10.96.0.9:443 TCP";
    const unknown = made({ objects: `${TRAEFIK}${LB}${WEB}`, seen });
    expect(unknown.generated.notWritten[0]?.reason).toContain("the address is Service traefik/traefik");
    const proxied = made({ objects: `${TRAEFIK}${LB}${WEB}`, seen, config: { socketLoadBalancing: false } });
    expect(proxied.text).toContain("10.96.0.9/32");
    expect(proxied.generated.proof).toMatchObject({ allowed: 1, denied: [] });
  });

  it("webhooks, metrics, probes and the API server stand apart from the application", () => {
    const webhook = `\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: h}\nwebhooks: [{name: h.x.io, clientConfig: {service: {namespace: shop, name: api, port: 443}}}]\n`;
    const prometheus = owned("ops/prometheus", { "app.kubernetes.io/name": "prometheus" }, 9090);
    const one = made({
      objects: `${API}${WEB}${DNS}${prometheus}${service("shop/api", "api", 443, 8080)}${webhook}`,
      seen: [
        "kube-apiserver -> shop/api:8080 TCP",
        "ops/prometheus -> shop/api:9464 TCP",
        "host -> shop/api:8080 TCP",
        "shop/api -> kube-apiserver:6443 TCP",
        "shop/api -> kube-system/coredns:53 UDP",
        "shop/web -> shop/api:8080 TCP",
      ].join("\n"),
    });
    const purposes = policyNamed(one, "shop/infrastructure").rules.map((rule) => rule.purpose);
    expect([...purposes].sort()).toEqual(["apiserver", "dns", "probe", "scrape", "webhook"]);
    expect(policyNamed(one, "shop/api").rules.map((rule) => rule.purpose)).toEqual(["application"]);
    expect(one.generated.proof).toMatchObject({ allowed: 6, denied: [], rejected: [] });
  });

  it("what a policy in force closes of the cluster's own gets the rules it needs, and no more is closed", () => {
    const inForce = `apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: deny}\nspec: {endpointSelector: {}, ingress: [{fromEntities: [host]}]}\n`;
    const one = made({ objects: `${DNS}${WEB}`, seen: "shop/web -> kube-system/coredns:53 UDP", inForce });
    expect(one.generated.proof).toMatchObject({ allowed: 1, denied: [] });
    expect(Object.keys(at(policyNamed(one, "kube-system/coredns").policy.value, "spec") ?? {})).toEqual([
      "endpointSelector",
      "ingress",
    ]);
  });
});

describe("HTTP rules", () => {
  const seen = "shop/web -> shop/api:8080 TCP";
  const requests = ["/users/1", "/users/22", "/users/333/orders?page=2", "/health"].map((path) => http("GET", path));

  it("are written for the requests that were let through, ids as patterns", () => {
    const more = {
      0: {
        requests: [...requests, http("POST", "/users"), http("DELETE", "/users/1", "DROPPED")],
        recorded: { FORWARDED: 6, REDIRECTED: 1 },
      },
    };
    const one = made({ objects: `${WEB}${API}`, seen, more }, { l7: true });
    expect(rulesOf(policyNamed(one, "shop/api").policy.value, "ingress")).toMatchObject([
      {
        toPorts: [
          {
            rules: {
              http: [
                { method: "GET", path: "/health(\\?.*)?" },
                { method: "GET", path: "/users/[^/?]+(\\?.*)?" },
                { method: "GET", path: "/users/[^/?]+/orders(\\?.*)?" },
                { method: "POST", path: "/users(\\?.*)?" },
              ],
            },
          },
        ],
      },
    ]);
  });

  it("are left away where requests were not recorded, and without --l7", () => {
    expect(made({ objects: `${WEB}${API}`, seen }, { l7: true }).text).not.toContain("http");
    expect(made({ objects: `${WEB}${API}`, seen, more: { 0: { requests } } }).text).not.toContain("http:");
  });

  it("take many alternatives at one place for any text", () => {
    const names = Array.from({ length: 20 }, (_, index) => `/shop/${String.fromCodePoint(97 + index)}/cart`);
    expect(templates(names)).toEqual(["/shop/[^/?]+/cart(\\?.*)?"]);
    expect(templates(["/a.b/c+d"])).toEqual(["/a\\.b/c\\+d(\\?.*)?"]);
    expect(templates(["/", "/v1/3f2504e0-4f89-41d3-9a0c-0305e82c3301"])).toEqual(["/(\\?.*)?", "/v1/[^/?]+(\\?.*)?"]);
  });
});
