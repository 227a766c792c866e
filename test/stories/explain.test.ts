import { describe, expect, it } from "vitest";
import type { Explanation, SideExplanation } from "../../src/model/explanation.ts";
import { type Asked, explained, surprisesIn } from "./explained.ts";
import { COREDNS, cnp, pod } from "./story.ts";

const web = pod(
  "shop/web",
  { app: "web", tier: "front" },
  "containers: [{name: c, ports: [{name: http, containerPort: 80}]}]",
);
const db = pod("shop/db", { app: "db" });
const stranger = pod("lab/web", { app: "web" });
const objects = web + db + stranger + COREDNS;
const HTTP = { kind: "http", method: "GET", path: "/admin", host: "web", headers: {} } as const;

const toDb = (spec: string) => cnp("shop/db", `endpointSelector: {matchLabels: {app: db}}\n${spec}`);
const fromWeb = (spec: string) => cnp("shop/web", `endpointSelector: {matchLabels: {app: web}}\n${spec}`);
const asked = (more: Partial<Asked>) =>
  explained({ objects, policies: "", from: "shop/web", to: "shop/db", port: "5432", ...more });

/** The rules of a side as lines: `egress[0] peer: app=web ≠ app=api`. */
function lines(side: SideExplanation | null): readonly string[] {
  return (side?.rules ?? []).map((rule) => {
    const failing = rule.clauses.filter((clause) => !clause.holds);
    const texts = failing.map(({ found, asks, note }) => `${found} ≠ ${asks}${note === null ? "" : ` (${note})`}`);
    return [rule.element, rule.fails, ...texts, ...(rule.outdone === null ? [] : [rule.outdone])].join(" | ");
  });
}

const ingress = (explanation: Explanation) => lines(explanation.ingress);

describe("the first clause that fails", () => {
  it.each([
    ["a label", "app=web ≠ app=api", "[{matchLabels: {app: api}}]"],
    ["a label that is not there", "no role ≠ role=client", "[{matchLabels: {role: client}}]"],
    [
      "an expression",
      "app=web ≠ app not in (web)",
      "[{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}]",
    ],
    [
      "a label that must not be there",
      "tier=front ≠ no tier",
      "[{matchExpressions: [{key: tier, operator: DoesNotExist}]}]",
    ],
    [
      "the namespace as written",
      "namespace=shop ≠ namespace=ops",
      "[{matchLabels: {k8s:io.kubernetes.pod.namespace: ops}}]",
    ],
    [
      "the nearest of several",
      "tier=front ≠ tier=back (nearest of 2 peers)",
      "[{matchLabels: {app: api, tier: back}}, {matchLabels: {app: web, tier: back}}]",
    ],
  ])("%s", (_, text, peers) => {
    const told = asked({ policies: toDb(`ingress: [{fromEndpoints: ${peers}}]`) });
    expect(ingress(told)).toEqual([`ingress[0] | peer | ${text}`]);
    expect(told.verdict).toBe("denied");
  });

  it("the namespace that Cilium adds", () => {
    const told = asked({ from: "lab/web", policies: toDb("ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]") });
    expect(ingress(told)).toEqual([
      "ingress[0] | peer | namespace=lab ≠ namespace=shop (a peer that names no namespace is of the policy's own)",
    ]);
    expect(told.ingress?.rules[0]?.clauses[0]?.labels).toEqual([
      { asks: "app=web", found: "app=web", holds: true, added: false },
      { asks: "namespace=shop", found: "namespace=lab", holds: false, added: true },
      { asks: "cluster=default", found: "cluster=default", holds: true, added: true },
    ]);
  });

  it.each([
    ["the port", "5432/TCP ≠ 3306/TCP", '[{ports: [{port: "3306", protocol: TCP}]}]', "port"],
    ["the protocol", "5432/TCP ≠ 5432/UDP", '[{ports: [{port: "5432", protocol: UDP}]}]', "protocol"],
    ["a range", "5432/TCP ≠ 80-90", '[{ports: [{port: "80", endPort: 90}]}]', "port"],
  ])("%s", (_, text, ports, fails) => {
    const told = asked({
      policies: toDb(`ingress: [{fromEndpoints: [{matchLabels: {app: web}}], toPorts: ${ports}}]`),
    });
    expect(ingress(told)).toEqual([`ingress[0] | ${fails} | ${text}`]);
  });

  it.each([
    [
      "a node is not the host",
      "reserved:remote-node",
      "fromEntities: [host]",
      "remote-node ≠ host (host is the pod's own node; other nodes are remote-node)",
    ],
    [
      "a CIDR never takes a pod",
      "shop/web",
      "fromCIDR: [0.0.0.0/0]",
      "a pod of shop ≠ 0.0.0.0/0 (CIDR rules never take pods: select them by labels)",
    ],
    [
      "endpoint selectors take pods alone",
      "203.0.113.7",
      "fromEndpoints: [{matchLabels: {app: web}}]",
      "203.0.113.7, outside the cluster ≠ app=web (endpoint selectors take pods alone)",
    ],
    [
      "a CIDR with a hole",
      "203.0.113.7",
      "fromCIDRSet: [{cidr: 203.0.0.0/16, except: [203.0.113.0/24]}]",
      "203.0.113.7 ≠ 203.0.0.0/16 without 203.0.113.0/24",
    ],
  ])("%s", (_, from, rule, text) => {
    expect(ingress(asked({ from, policies: toDb(`ingress: [{${rule}}]`) }))).toEqual([`ingress[0] | peer | ${text}`]);
  });

  it("the part of an HTTP request", () => {
    const rules = '[{ports: [{port: "5432", protocol: TCP}], rules: {http: [{method: GET, path: /public}]}}]';
    const told = asked({ request: HTTP, policies: toDb(`ingress: [{fromEndpoints: [{}], toPorts: ${rules}}]`) });
    expect(ingress(told)).toEqual(["ingress[0] | l7 | another path ≠ GET /public"]);
    expect([told.verdict, told.ingress?.decision, told.ingress?.l7]).toEqual(["denied", "allowed", "denied"]);
    expect(told.ingress?.edit).toMatchObject({ proven: true, summary: expect.stringContaining("/admin") });
  });
});

describe("what wins", () => {
  it("a deny, however narrow the allow", () => {
    const told = asked({
      policies: toDb(
        'ingress: [{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: "5432"}]}]}]\ningressDeny: [{fromEntities: [cluster]}]',
      ),
    });
    expect(ingress(told)).toEqual([
      "ingressDeny[0] | none",
      "ingress[0] | none | a deny wins over every allow, however narrow",
    ]);
    expect(told.ingress).toMatchObject({ cause: "deny-rule", edit: null });
  });

  it("a redirect before a plain allow", () => {
    const rules = '[{ports: [{port: "5432", protocol: TCP}], rules: {http: [{path: /x}]}}]';
    const told = asked({
      policies: toDb(`ingress: [{fromEndpoints: [{}]}, {fromEndpoints: [{}], toPorts: ${rules}}]`),
    });
    expect(ingress(told)).toEqual([
      "ingress[1] | none",
      "ingress[0] | none | a rule with L7 rules goes before one without",
    ]);
  });

  it("nobody, where no policy speaks of the direction", () => {
    const told = asked({ policies: toDb("egress: [{toEntities: [all]}]") });
    expect([told.verdict, told.ingress?.sentence, told.ingress?.rules]).toEqual([
      "allowed",
      "no policy isolates shop/db in ingress",
      [],
    ]);
  });
});

describe("who selects", () => {
  it("by which labels, and who isolates", () => {
    const told = asked({ policies: toDb("ingress: [{fromEntities: [host]}]") });
    expect(told.ingress?.selecting).toEqual([
      { policy: "CiliumNetworkPolicy/shop/db", file: "policy.yaml", line: 5, labels: "app=db" },
    ]);
    expect(told.ingress?.defaultDeny).toMatchObject([{ element: "ingress[0]", file: "policy.yaml", line: 6 }]);
  });

  it("and who passes it by", () => {
    const told = asked({
      to: "shop/web",
      from: "shop/db",
      port: "http",
      policies: toDb("ingress: [{fromEntities: [host]}]"),
    });
    expect(told.ingress).toMatchObject({ selecting: [], notSelecting: [{ labels: "app=db ≠ app=web" }] });
    expect(told).toMatchObject({ verdict: "allowed", port: 80 });
  });
});

describe("three values", () => {
  const dns = `{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}], toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]}`;
  const policies = fromWeb(`egress: [${dns}, {toFQDNs: [{matchName: api.example.org}]}]`);

  it("an address of which no name is known is undecided, and what would decide it is said", () => {
    const told = asked({ to: "198.51.100.7", port: "443", policies });
    expect(told).toMatchObject({ verdict: "undecided", egress: { missing: "no DNS answer seen", edit: null } });
    expect(told.egress?.remedy).toContain("--names");
  });

  it("a name that is known decides it", () => {
    const names = { "api.example.org": ["198.51.100.7"] };
    expect(asked({ to: "api.example.org", port: "443", policies, names }).verdict).toBe("allowed");
    const other = asked({
      to: "www.example.org",
      port: "443",
      policies,
      names: { "www.example.org": ["198.51.100.8"] },
    });
    expect(lines(other.egress)[0]).toBe("egress[1] | peer | www.example.org ≠ api.example.org");
    expect(other.egress?.edit?.proven).toBe(true);
  });

  it("the proxy's part is open until a request is given", () => {
    const told = asked({ to: "kube-system/coredns", port: "53/UDP", policies });
    expect(told).toMatchObject({ verdict: "allowed", egress: { redirect: "dns", l7: "unseen" } });
    expect(told.egress?.sentence).toContain("--dns");
    const refused = asked({
      ...{ to: "kube-system/coredns", port: "53/UDP", request: { kind: "dns", name: "evil.example" } },
      policies: policies.replace('matchPattern: "*"', "matchName: api.example.org"),
    });
    expect(refused).toMatchObject({ verdict: "denied", egress: { l7: "denied", edit: { proven: true } } });
  });
});

describe("both sides", () => {
  it("each with its own reason and its own edit", () => {
    const told = asked({
      policies: `${fromWeb("egress: [{toEntities: [host]}]")}---\n${toDb("ingress: [{fromEntities: [host]}]")}`,
    });
    expect([told.egress?.edit?.proven, told.ingress?.edit?.proven]).toEqual([true, true]);
    expect(told.sentence).toBe(
      "egress of shop/web: no rule allows egress to shop/db on :5432; ingress of shop/db: no rule admits shop/web on :5432",
    );
  });

  it("neither, where nothing is enforced", () => {
    const told = asked({ from: "203.0.113.7", to: "reserved:remote-node", port: "22" });
    expect([told.verdict, told.egress, told.ingress]).toEqual(["allowed", null, null]);
  });

  it("a pod's own node is let in", () => {
    const told = asked({ from: "reserved:host", policies: toDb("ingress: [{fromEndpoints: [{}]}]") });
    expect(told.ingress).toMatchObject({ decision: "allowed", implicit: "allow-localhost" });
  });
});

describe("what nobody means", () => {
  it("is told with the rule and its place", () => {
    const told = asked({ policies: toDb("ingress: [{}]") });
    expect(surprisesIn(told)).toMatchObject([
      { id: "empty-rule", file: "policy.yaml", line: 6, element: "ingress[0]" },
    ]);
  });
});
