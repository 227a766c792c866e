import { describe, expect, it } from "vitest";
import { rehearse } from "../../src/analysis/rehearse.ts";
import type { RecordedVerdict } from "../../src/model/conversation.ts";
import { asked, COREDNS, cnp, pod, type Story, told, worldOf } from "./story.ts";

const web = pod("shop/web", { app: "web" });
const db = pod("shop/db", { app: "db" });
const admitsWeb = cnp(
  "shop/db",
  `
endpointSelector: {matchLabels: {app: db}}
ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]`,
);
const onlyNames = cnp(
  "shop/web",
  `
endpointSelector: {matchLabels: {app: web}}
egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
  - toFQDNs: [{matchName: api.example.org}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]`,
);

const good: Story = { objects: web + db, seen: "shop/web -> shop/db:5432 TCP", policies: admitsWeb };

describe("the answer is one word and never better than the evidence", () => {
  it("is ready when every isolated workload was heard, over a day, and nothing is denied", () => {
    const rehearsal = told(good);
    expect(rehearsal.answer).toBe("ready");
    expect(rehearsal.readiness).toMatchObject([{ namespace: "shop", state: "ready" }]);
  });

  it("is not proven when nothing was seen", () => {
    const { snapshot, policies } = worldOf(good);
    const coverage = { ...snapshot.traffic.coverage, flows: 0, from: null, to: null, windowSeconds: 0, nodes: [] };
    const silent = { ...snapshot, traffic: { ...snapshot.traffic, conversations: [], coverage } };
    const rehearsal = rehearse({ snapshot: silent, proposed: policies, only: false, sources: {}, all: false });
    expect(rehearsal.answer).toBe("not-proven");
    expect(rehearsal.readiness.map(({ state }) => state)).toEqual(["not-proven"]);
    expect(rehearsal.notProven.map(({ reason }) => reason).join("\n")).toContain("nothing was seen");
  });

  it("is not proven while an isolated pod was never heard", () => {
    const rehearsal = told({ ...good, objects: web + db + pod("shop/quiet", { app: "db", tier: "replica" }) });
    expect(rehearsal.answer).toBe("not-proven");
    expect(rehearsal.coverage.notSeen).toMatchObject([{ namespace: "shop", name: "quiet" }]);
  });

  it("is not ready while the agent rejects a policy", () => {
    const broken = cnp("shop/broken", "endpointSelector: {}\ningress:\n  - fromEntities: [nobody]");
    const rehearsal = told({ ...good, policies: `${admitsWeb}---\n${broken}` });
    expect(rehearsal.answer).toBe("not-ready");
    expect(rehearsal.findings).toMatchObject([{ id: "status-invalid", severity: "error" }]);
  });

  it.each([
    ["events were lost", { lostEvents: 5 }],
    ["the window is short", { windowSeconds: 240 }],
    ["a gap", { gaps: [{ node: "n1", from: 0, to: 60_000, reason: "stream ended" }] }],
    ["a node was not heard", { nodes: [] }],
  ])("is not proven when %s", (_, coverage) => {
    const { snapshot, policies } = worldOf(good);
    const worse = {
      ...snapshot,
      traffic: { ...snapshot.traffic, coverage: { ...snapshot.traffic.coverage, ...coverage } },
    };
    expect(rehearse({ snapshot: worse, proposed: policies, only: false, sources: {}, all: false }).answer).toBe(
      "not-proven",
    );
  });
});

describe("names decide only where Cilium could know them", () => {
  const seen = "shop/web -> kube-system/coredns:53 UDP\nshop/web -> 198.51.100.7:443 TCP";
  const story: Story = { objects: web + COREDNS, seen, policies: onlyNames };

  it.each([
    ["known and allowed", { "api.example.org": ["198.51.100.7"] }, "allowed"],
    ["known and another", { "other.example.org": ["198.51.100.7"] }, "denied"],
    ["not known: no DNS answer seen", {}, "undecided"],
  ])("%s", (_, names, verdict) => {
    const rehearsal = told({ ...story, names });
    expect(rehearsal.conversations?.[1]?.after.verdict).toBe(verdict);
  });

  it("says what is missing and what would decide it", () => {
    const [open] = told(story).undecided;
    expect(open).toMatchObject({ side: "egress", missing: "no DNS answer seen" });
    expect(open?.remedy).not.toBe("");
  });

  it("takes a recorded fqdn label for the name it tells", () => {
    const to = {
      kind: "address" as const,
      address: "198.51.100.7",
      names: [],
      labels: ["fqdn:api.example.org", "reserved:world"],
    };
    const rehearsal = told({ ...story, more: { 1: { to } } });
    expect(rehearsal.conversations?.[1]?.after.verdict).toBe("allowed");
  });

  it("does not count a name that the proxy would not let it ask", () => {
    const narrow = onlyNames.replace('matchPattern: "*"', "matchName: somewhere.else");
    const rehearsal = told({ ...story, policies: narrow, names: { "api.example.org": ["198.51.100.7"] } });
    expect(rehearsal.conversations?.[1]?.after.verdict).toBe("denied");
  });

  it("counts a refused request as denied, an unseen one not", () => {
    const dns = onlyNames.replace('matchPattern: "*"', "matchName: api.example.org");
    const questions = { requests: [asked("api.example.org"), asked("evil.example.org")] };
    const refused = told({ ...story, policies: dns, more: { 0: questions } });
    expect(refused.conversations?.[0]).toMatchObject({
      l7: "denied",
      after: { verdict: "denied", egress: { decision: "allowed" } },
    });
    const unseen = told({ ...story, policies: dns, names: { "api.example.org": ["198.51.100.7"] } });
    expect(unseen.conversations?.[0]).toMatchObject({ l7: "unseen", after: { verdict: "allowed" } });
    expect(unseen.readiness).toMatchObject([{ namespace: "shop", state: "ready" }]);
  });
});

describe("before and after", () => {
  const closed = cnp("shop/db", "endpointSelector: {matchLabels: {app: db}}\ningress:\n  - fromEntities: [host]");

  it("lists what the proposal newly allows", () => {
    const rehearsal = told({ ...good, inForce: closed });
    expect(rehearsal.newlyAllowed).toMatchObject([{ before: { verdict: "denied" }, after: { verdict: "allowed" } }]);
    expect(rehearsal.snapshot).toMatchObject({ policiesNew: 0, policiesChanged: 1, policiesRemoved: 0 });
  });

  it("says of a hole that it is one already", () => {
    const rehearsal = told({ ...good, inForce: closed, policies: closed });
    expect(rehearsal.holes).toMatchObject([{ deniedBefore: true }]);
  });

  it("keeps traffic that nobody speaks of apart", () => {
    const rehearsal = told({
      ...good,
      objects: web + db + pod("default/netshoot", { run: "netshoot" }),
      seen: "shop/web -> shop/db:5432 TCP\ndefault/netshoot -> shop/db:5432 TCP",
    });
    expect(rehearsal.holes).toMatchObject([{ looksUnwanted: true, namespace: "shop" }]);
  });
});

describe("what may not be judged is not", () => {
  it("leaves a probable reply open when the policies would deny it", () => {
    const rehearsal = told({ ...good, seen: "shop/web -> shop/db:40001 TCP", more: { 0: { reply: "probable" } } });
    expect(rehearsal.holes).toEqual([]);
    expect(rehearsal.undecided).toMatchObject([{ side: "ingress", missing: expect.stringContaining("reply") }]);
    expect(rehearsal.answer).toBe("not-proven");
  });

  it("lists what belongs to somebody else, with its reason", () => {
    const rehearsal = told({ ...good, more: { 0: { notDecided: "cluster-mesh" } } });
    expect(rehearsal.notDecided).toMatchObject([{ reason: "cluster-mesh" }]);
    expect(rehearsal.totals).toMatchObject({ notDecided: 1, denied: 0 });
  });

  it.each([
    [true, "undecided"],
    [null, "undecided"],
    [false, "denied"],
  ])("a Service's own address with socket load balancing %s is %s (trap 49)", (socketLoadBalancing, verdict) => {
    const service = `
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: traefik}
spec: {type: LoadBalancer, selector: {app: traefik}, ports: [{port: 443}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.200}]}}
`;
    const policies = cnp("shop/web", "endpointSelector: {matchLabels: {app: web}}\negress:\n  - toEntities: [host]");
    const story = {
      objects: web + service,
      seen: "shop/web -> 192.0.2.200:443 TCP",
      policies,
      config: { socketLoadBalancing },
    };
    expect(told(story).conversations?.[0]?.after.verdict).toBe(verdict);
  });
});

describe("calibration", () => {
  const verdict = (more: Partial<RecordedVerdict>): RecordedVerdict => ({
    ...{ side: "ingress", verdict: "FORWARDED", dropReason: null, matchType: 2, epoch: 0, node: "n1", count: 4 },
    ...{ remoteLabels: null, policies: [], firstSeen: 0, lastSeen: 1 },
    ...more,
  });
  const recorded = (...verdicts: readonly RecordedVerdict[]) =>
    told({ ...good, inForce: admitsWeb, more: { 0: { verdicts } } }).calibration;

  it("says when there is nothing to decide again", () => {
    expect(told(good).calibration).toMatchObject({
      verdicts: 0,
      sentence: expect.stringContaining("no verdicts were recorded"),
    });
  });

  it("counts what comes out the same, by class", () => {
    expect(recorded(verdict({}))).toMatchObject({
      verdicts: 4,
      reproduced: 4,
      classes: { allowed: { verdicts: 4, reproduced: 4 } },
    });
  });

  it("lists what does not", () => {
    const calibration = recorded(verdict({ verdict: "AUDIT" }));
    expect(calibration).toMatchObject({ verdicts: 4, reproduced: 0 });
    expect(calibration.differences).toMatchObject([
      { recorded: "AUDIT", decided: "allowed", side: "ingress", count: 4 },
    ]);
  });
});

describe("rules that cannot work are named", () => {
  it("no endpoint is selected", () => {
    const lost = cnp("shop/lost", "endpointSelector: {matchLabels: {app: gone}}\ningress:\n  - fromEntities: [host]");
    expect(told({ ...good, policies: `${admitsWeb}---\n${lost}` }).deadRules).toMatchObject([
      { policy: "CiliumNetworkPolicy/shop/lost", reason: "no-subject" },
    ]);
  });

  it("a rule that merely went unused is not listed", () => {
    const wider = admitsWeb.replace(
      "[{matchLabels: {app: web}}]",
      "[{matchLabels: {app: web}}, {matchLabels: {app: db}}]",
    );
    expect(told({ ...good, policies: wider }).deadRules).toEqual([]);
  });
});
