import { describe, expect, it } from "vitest";
import type { Conversation } from "../../src/model/conversation.ts";
import { asked, COREDNS, worldOf } from "../stories/story.ts";
import { type Made, made, madeFrom, policyNamed, rulesOf } from "./generating.ts";

/** A pod as a controller runs it, on one line. */
function running(
  name: string,
  labels: Readonly<Record<string, string>>,
  ports: readonly (number | string)[] = [],
  kind = "ReplicaSet",
): string {
  const [namespace = "", workload = ""] = name.split("/");
  const containerPorts = ports.map((port) => {
    const [number, own] = String(port).split(" ");
    return { containerPort: Number(number), ...(own === undefined ? {} : { name: own }) };
  });
  return `\n---\n${JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: workload,
      namespace,
      generateName: `${workload}-`,
      labels,
      ownerReferences: [{ apiVersion: "v1", kind, name: workload, uid: "1", controller: true }],
    },
    spec: { nodeName: "n1", containers: [{ name: "app", image: "app", ports: containerPorts }] },
  })}`;
}

function service(
  name: string,
  selector: Readonly<Record<string, string>>,
  ports: readonly (readonly [number, number | string])[],
  type = "ClusterIP",
): string {
  const [namespace, own] = name.split("/");
  return `\n---\n${JSON.stringify({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: own, namespace },
    spec: { type, clusterIP: "10.96.0.1", selector, ports: ports.map(([port, targetPort]) => ({ port, targetPort })) },
  })}`;
}

const WEB = running("shop/web", { app: "web" }, [8080]);
const DB = running("shop/db", { app: "db" }, [5432]);
const SHOP = `${WEB}${DB}${service("shop/db", { app: "db" }, [[5432, 5432]])}`;
const DNS = `${COREDNS}${service("kube-system/kube-dns", { "k8s-app": "kube-dns" }, [[53, 53]])}`;

const ports = (rule: unknown) => JSON.stringify(rule).match(/"port":"?\d+"?(?:,"endPort":\d+)?/g);

describe("who a rule means", () => {
  it("selects by one telling label, and names the container port", () => {
    const one = made({ objects: SHOP, seen: "shop/web -> shop/db:5432 TCP" });
    expect(policyNamed(one, "shop/web").policy.value["spec"]).toEqual({
      endpointSelector: { matchLabels: { app: "web" } },
      ingress: [{}],
      egress: [
        {
          toEndpoints: [{ matchLabels: { app: "db" } }],
          toPorts: [{ ports: [{ port: "5432", protocol: "TCP" }] }],
        },
      ],
    });
    expect(one.generated.proof).toMatchObject({ allowed: 1, denied: [], rejected: [] });
  });

  it("never names a label of a rollout, a run or a replica", () => {
    const labels = {
      "pod-template-hash": "6d4f",
      "controller-revision-hash": "abc",
      "statefulset.kubernetes.io/pod-name": "db-0",
      "batch.kubernetes.io/job-name": "db-293",
      "job-name": "db-293",
      "controller-uid": "1-2-3",
      "helm.sh/chart": "db-1.2.3",
      "app.kubernetes.io/version": "1.2.3",
    };
    const objects = `${WEB}${running("shop/db", { tier: "data", ...labels }, [5432])}${service("shop/db", { tier: "data" }, [[5432, 5432]])}`;
    const one = made({ objects, seen: "shop/web -> shop/db:5432 TCP" });
    expect(policyNamed(one, "shop/db").policy.value).toMatchObject({
      spec: { endpointSelector: { matchLabels: { tier: "data" } } },
    });
    for (const key of Object.keys(labels)) expect(one.text).not.toContain(key);
  });

  it("takes a second label where one does not tell, and an absent one where no label does", () => {
    const objects = [
      running("shop/api", { app: "shop", component: "api" }, [80]),
      running("shop/job", { app: "shop" }, [80]),
      WEB,
    ].join("");
    const one = made({ objects, seen: "shop/web -> shop/api:80 TCP\nshop/web -> shop/job:80 TCP" });
    expect(one.text).toContain("component: api");
    expect(policyNamed(one, "shop/job").policy.value).toMatchObject({
      spec: {
        endpointSelector: {
          matchLabels: { app: "shop" },
          matchExpressions: [{ key: "component", operator: "DoesNotExist" }],
        },
      },
    });
  });

  it("makes one policy of workloads that no stable label tells apart", () => {
    const objects = `${running("shop/blue", { app: "web" }, [80])}${running("shop/green", { app: "web" }, [80])}${DB}`;
    const one = made({ objects, seen: "shop/blue -> shop/db:5432 TCP\nshop/green -> shop/db:5432 TCP" });
    expect(policyNamed(one, "shop/web").workloads).toEqual(["shop/blue", "shop/green"]);
  });

  it("names the namespace of a peer elsewhere", () => {
    const objects = `${SHOP}${running("ops/web", { app: "web" }, [80])}`;
    const one = made({ objects, seen: "ops/web -> shop/db:5432 TCP" });
    expect(rulesOf(policyNamed(one, "shop/db").policy.value, "ingress")[0]).toMatchObject({
      fromEndpoints: [{ matchLabels: { app: "web", "k8s:io.kubernetes.pod.namespace": "ops" } }],
    });
  });

  it("means nodes and the API server by entities", () => {
    const objects = SHOP;
    const seen = [
      "shop/web -> kube-apiserver:6443 TCP",
      "shop/web -> remote-node:9100 TCP",
      "host -> shop/web:8080 TCP",
      "remote-node -> shop/web:8080 TCP",
    ];
    const one = made({ objects, seen: seen.join("\n") });
    expect(one.generated.proof).toMatchObject({ allowed: 4, denied: [] });
    expect(one.text).toMatch(/toEntities:\n +- kube-apiserver/);
    expect(one.text).toMatch(/toEntities:\n +- remote-node/);
    expect(one.text).toMatch(/fromEntities:\n +- host/);
    expect(one.text).toMatch(/fromEntities:\n +- remote-node/);
  });

  it("closes the API server's node to what is not the API server", () => {
    const one = made({ objects: SHOP, seen: "shop/web -> kube-apiserver:9100 TCP" });
    expect(one.text).toMatch(/toEntities:\n +- remote-node/);
  });
});

describe("ports", () => {
  const many = (numbers: readonly number[]) => numbers.map((port) => `shop/web -> shop/db:${port} TCP`).join("\n");
  const declared = (numbers: readonly number[]) => `${WEB}${running("shop/db", { app: "db" }, numbers)}`;
  const every = (step: number, count: number, from = 2000) =>
    Array.from({ length: count }, (_, index) => from + index * step);

  it("puts at most 40 of them into one element", () => {
    const numbers = every(2, 90);
    const one = made({ objects: declared(numbers), seen: many(numbers) });
    const [rule] = rulesOf(policyNamed(one, "shop/db").policy.value, "ingress");
    const lists = (rule?.["toPorts"] ?? []) as readonly { readonly ports: readonly unknown[] }[];
    expect(lists.map((list) => list.ports.length)).toEqual([40, 40, 10]);
    expect(one.generated.proof).toMatchObject({ allowed: 90, denied: [], rejected: [] });
  });

  it("writes neighbours as a range, which allows no more", () => {
    const one = made({ objects: declared([7000, 7001, 7002, 7003]), seen: many([7000, 7001, 7002, 7003]) });
    const [rule] = policyNamed(one, "shop/db").rules;
    expect(ports(policyNamed(one, "shop/db").policy.value["spec"])).toEqual(['"port":"7000","endPort":7003']);
    expect(rule?.excess.count).toBe(0);
  });

  it("takes many ports that nothing declares for dynamic ones, allows their range, and says how much looser that is", () => {
    const numbers = every(997, 20, 33_000);
    const one = made({ objects: declared([5432]), seen: many(numbers) });
    const [rule] = policyNamed(one, "shop/db").rules;
    expect(ports(policyNamed(one, "shop/db").policy.value["spec"])).toEqual(['"port":"32768","endPort":60999']);
    expect(rule?.notes.join()).toContain("taken for dynamic");
    expect(rule?.excess.count).toBe(60_999 - 32_768 + 1 - 20);
    expect(one.generated.findings.map((finding) => finding.id)).toContain("looser-than-seen");
  });

  it("writes ICMP as ICMP, both families", () => {
    const one = made({ objects: SHOP, seen: "shop/web -> shop/db ICMPv4 8\nshop/web -> shop/db ICMPv6 128" });
    expect(rulesOf(policyNamed(one, "shop/db").policy.value, "ingress")).toEqual([
      {
        fromEndpoints: [{ matchLabels: { app: "web" } }],
        icmps: [
          {
            fields: [
              { type: 8, family: "IPv4" },
              { type: 128, family: "IPv6" },
            ],
          },
        ],
      },
    ]);
    expect(one.generated.proof).toMatchObject({ allowed: 2, denied: [], rejected: [] });
  });

  it("lists what has no words in a rule", () => {
    const one = made({
      objects: SHOP,
      seen: "shop/web -> shop/db:5432 TCP\nshop/web -> shop/db:9 SCTP\nshop/web -> shop/db ICMPv4 0",
    });
    expect(one.generated.notWritten.map(({ on, reason }) => `${on} ${reason}`)).toEqual([
      "SCTP 9 egress: SCTP is switched off (enable-sctp)",
      "SCTP 9 ingress: SCTP is switched off (enable-sctp)",
      "ICMPv4 type 0 egress: ICMP type 0 in a rule stands for every type",
      "ICMPv4 type 0 ingress: ICMP type 0 in a rule stands for every type",
    ]);
  });
});

describe("names", () => {
  const names = { "api.github.com": ["198.51.100.7"], "github.com": ["198.51.100.8"] };
  const seen = "shop/web -> 198.51.100.7:443 TCP\nshop/web -> kube-system/coredns:53 UDP";

  it("writes names, and the DNS rule of the resolver that is asked, on both protocols", () => {
    const one = made({ objects: `${SHOP}${DNS}`, names, seen });
    expect(rulesOf(policyNamed(one, "shop/web").policy.value, "egress")).toEqual([
      { toFQDNs: [{ matchName: "api.github.com" }], toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }] },
    ]);
    expect(rulesOf(policyNamed(one, "shop/infrastructure").policy.value, "egress")).toEqual([
      {
        toEndpoints: [{ matchLabels: { "k8s-app": "kube-dns", "k8s:io.kubernetes.pod.namespace": "kube-system" } }],
        toPorts: [
          {
            ports: [
              { port: "53", protocol: "TCP" },
              { port: "53", protocol: "UDP" },
            ],
            rules: { dns: [{ matchPattern: "*" }] },
          },
        ],
      },
    ]);
    expect(one.generated.proof).toMatchObject({ allowed: 2, denied: [], undecided: [] });
  });

  it("asks the usual resolver where no question was recorded", () => {
    const one = made({ objects: `${SHOP}${DNS}`, names, seen: "shop/web -> 198.51.100.7:443 TCP" });
    expect(one.text).toContain("the cluster's usual one");
    expect(one.generated.proof).toMatchObject({ allowed: 1, denied: [], undecided: [] });
  });

  it("follows the Service's port 53 to the port that the resolver really listens on", () => {
    const objects = `${SHOP}${running("kube-system/dns", { "k8s-app": "coredns" }, [8053])}${service("kube-system/kube-dns", { "k8s-app": "coredns" }, [[53, 8053]])}`;
    const one = made({
      objects,
      names,
      seen: "shop/web -> 198.51.100.7:443 TCP\nshop/web -> kube-system/dns:8053 UDP",
    });
    expect(ports(policyNamed(one, "shop/infrastructure").policy.value)).toEqual(['"port":"8053"', '"port":"8053"']);
    expect(one.text).toContain("matchPattern");
    expect(one.generated.proof).toMatchObject({ allowed: 2, denied: [], undecided: [] });
  });

  it("takes a resolver on the node for what it is", () => {
    const one = made({
      objects: `${SHOP}${DNS}`,
      names,
      seen: "shop/web -> 198.51.100.7:443 TCP\nshop/web -> 169.254.20.10:53 UDP",
    });
    expect(one.text).toContain("169.254.20.10/32");
    expect(one.generated.proof).toMatchObject({ allowed: 2, denied: [], undecided: [] });
  });

  it("means a resolver outside by its address, though it has a name", () => {
    const known = { ...names, "dns.google": ["8.8.8.8"] };
    const one = made({
      objects: SHOP,
      names: known,
      seen: "shop/web -> 198.51.100.7:443 TCP\nshop/web -> 8.8.8.8:53 UDP",
    });
    expect(one.text).toContain("8.8.8.8/32");
    expect(one.text).not.toContain("dns.google");
    expect(one.generated.proof).toMatchObject({ allowed: 2, denied: [], undecided: [] });
  });

  it("narrows DNS to the names that were asked, search suffixes as they went over the wire", () => {
    const requests = ["api.github.com.shop.svc.cluster.local", "api.github.com", "db.shop.svc.cluster.local"].map(
      (name) => asked(name),
    );
    const one = made({ objects: `${SHOP}${DNS}`, names, seen, more: { 1: { requests } } }, { dns: "asked" });
    expect(one.text).toMatch(
      /dns:\n +- matchName: api.github.com\n +- matchName: api.github.com.shop.svc.cluster.local\n +- matchName: db.shop.svc.cluster.local\n/,
    );
    expect(one.generated.proof).toMatchObject({ allowed: 2, denied: [], undecided: [] });
  });

  it("names the address where no name is known, and says so", () => {
    const one = made({ objects: SHOP, seen: "shop/web -> 198.51.100.9:443 TCP" });
    expect(one.text).toContain("198.51.100.9/32");
    expect(one.generated.findings.map((finding) => finding.id)).toContain("addresses-without-names");
  });
});

const once: Partial<Conversation> = { flows: 1, firstSeen: 1000, lastSeen: 1000, longestSeconds: 0 };

describe("what looks unwanted", () => {
  const kinds = (one: ReturnType<typeof made>) =>
    one.generated.unwanted.map(({ kind, from, to, on, result }) => `${kind} ${from} → ${to} ${on} ${result}`);

  it("a refused connection becomes no rule", () => {
    const one = made({
      objects: SHOP,
      seen: "shop/web -> shop/db:5432 TCP",
      more: { 0: { recorded: { DROPPED: 3 } } },
    });
    expect(kinds(one)).toEqual(["denied shop/web → shop/db TCP 5432 allowed"]);
    expect(one.generated.policies).toEqual([]);
  });

  it("requests that a proxy refused become no rule, unless they are asked for", () => {
    const refused = { requests: [asked("api.github.com", "DROPPED")], recorded: { DROPPED: 1 } };
    const recorded = { objects: `${SHOP}${DNS}`, seen: "shop/web -> kube-system/coredns:53 UDP", more: { 0: refused } };
    expect(kinds(made(recorded))).toEqual(["denied shop/web → kube-system/coredns UDP 53 allowed"]);
    expect(made(recorded, { include: ["denied"] }).generated.proof).toMatchObject({ allowed: 1, denied: [] });
  });

  it("one connection to a port that nothing speaks of becomes none, unless it is asked for", () => {
    const recorded = {
      objects: SHOP,
      seen: "shop/web -> shop/db:5432 TCP\nshop/web -> shop/db:22 TCP",
      more: { 1: once },
    };
    expect(kinds(made(recorded))).toEqual(["once shop/web → shop/db TCP 22 denied"]);
    expect(kinds(made(recorded, { include: ["once"] }))).toEqual([]);
  });

  it("one connection to a declared port becomes a rule that says so", () => {
    const one = made({ objects: SHOP, seen: "shop/web -> shop/db:5432 TCP", more: { 0: once } });
    expect(one.text).toContain("seen once");
    expect(kinds(one)).toEqual([]);
  });

  it("a pod run by hand has no part in rules", () => {
    const bare = `\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: debug, namespace: ops, labels: {run: debug}}\nspec: {nodeName: n1}`;
    const one = made({
      objects: `${SHOP}${bare}`,
      seen: "shop/web -> shop/db:5432 TCP\nops/debug -> shop/db:5432 TCP",
    });
    expect(kinds(one)).toEqual(["unspoken ops/debug → shop/db TCP 5432 denied"]);
  });

  it("a scan of ports is no set of dynamic ports", () => {
    const numbers = [21, 22, 23, 25, 80, 110, 135, 139, 443, 445, 3306, 3389];
    const one = made({ objects: SHOP, seen: numbers.map((port) => `shop/web -> shop/db:${port} TCP`).join("\n") });
    expect(new Set(one.generated.unwanted.map(({ kind }) => kind))).toEqual(new Set(["scan"]));
    expect(one.generated.unwanted).toHaveLength(12);
  });

  it("a sweep over many pods on one port is a scan", () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    const objects = `${WEB}${names.map((name) => running(`shop/${name}`, { app: name }, [8080])).join("")}`;
    const more = Object.fromEntries(names.map((_, index) => [index, once]));
    const one = made({ objects, seen: names.map((name) => `shop/web -> shop/${name}:22 TCP`).join("\n"), more });
    expect(one.generated.unwanted.map(({ kind }) => kind)).toEqual(names.map(() => "scan"));
  });

  it("what runs once does everything once", () => {
    const objects = `${running("shop/backup", { app: "backup" }, [], "Job")}${DB}`;
    const one = made({ objects, seen: "shop/backup -> 198.51.100.20:443 TCP", more: { 0: once } });
    expect(kinds(one)).toEqual([]);
  });
});

describe("many peers", () => {
  const clients = (count: number, namespace: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => `${namespace(index)}/c${index}`);
  const world = (names: readonly string[], more: Readonly<Record<string, string>> = {}) => ({
    objects: `${SHOP}${names.map((name) => running(name, { app: name.split("/")[1] ?? "", ...more })).join("")}`,
    seen: names.map((name) => `${name} -> shop/db:5432 TCP`).join("\n"),
  });

  it("collapse to a shared label where it takes nobody else", () => {
    const one = made(
      world(
        clients(5, () => "shop"),
        { "app.kubernetes.io/part-of": "suite" },
      ),
    );
    expect(rulesOf(policyNamed(one, "shop/db").policy.value, "ingress")[0]).toMatchObject({
      fromEndpoints: [{ matchLabels: { "app.kubernetes.io/part-of": "suite" } }],
    });
    expect(policyNamed(one, "shop/db").rules[0]?.excess.count).toBe(0);
  });

  it("stand in one list of values where they share no label", () => {
    const one = made(world(clients(5, () => "shop")));
    expect(rulesOf(policyNamed(one, "shop/db").policy.value, "ingress")[0]).toMatchObject({
      fromEndpoints: [{ matchExpressions: [{ key: "app", operator: "In", values: ["c0", "c1", "c2", "c3", "c4"] }] }],
    });
  });

  it("collapse to whole namespaces where all of them are meant", () => {
    const one = made(world(clients(6, (index) => (index < 3 ? "a" : "b"))));
    expect(rulesOf(policyNamed(one, "shop/db").policy.value, "ingress")[0]).toMatchObject({
      fromEndpoints: [
        { matchExpressions: [{ key: "k8s:io.kubernetes.pod.namespace", operator: "In", values: ["a", "b"] }] },
      ],
    });
  });

  /** As many workloads that call the database, each of its own label; made without objects, which take long to read. */
  function callers(count: number, namespace: (index: number) => string, silent: (index: number) => boolean): Made {
    const { snapshot } = worldOf({ objects: SHOP, seen: "shop/web -> shop/db:5432 TCP", policies: "" });
    const [first] = snapshot.traffic.conversations;
    if (first?.from.kind !== "pod") throw new Error("no pod");
    const { from } = first;
    const conversations = Array.from({ length: count }, (_, index): Conversation => {
      const name = `c${index}`;
      const labels = [
        `k8s:app=${name}`,
        "k8s:io.cilium.k8s.policy.cluster=default",
        `k8s:io.kubernetes.pod.namespace=${namespace(index)}`,
      ];
      const end = {
        ...from,
        namespace: namespace(index),
        workload: { kind: "Deployment", name },
        pods: [`${name}-x`],
        labels,
      };
      return { ...first, id: name, from: end, port: silent(index) ? 22 : 5432, ...(silent(index) ? once : {}) };
    });
    return madeFrom({ ...snapshot, traffic: { ...snapshot.traffic, conversations } });
  }

  it("1,500 of them make a rule that can be read, without anybody who was not seen", () => {
    const one = callers(
      1500,
      (index) => `n${index % 40}`,
      () => false,
    );
    const policy = policyNamed(one, "shop/db");
    expect(JSON.stringify(policy.policy.value).length).toBeLessThan(2000);
    expect(policy.rules[0]).toMatchObject({
      notes: ["all 1500 known workloads of 40 namespaces"],
      excess: { count: 0 },
    });
    expect(one.generated.proof).toMatchObject({ allowed: 1500, denied: [] });
  }, 60_000);

  it("too many to list are collapsed to what has no end, and that is said", () => {
    const one = callers(
      600,
      (index) => `n${index % 60}`,
      (index) => index < 60,
    );
    const [rule] = policyNamed(one, "shop/db").rules;
    expect(rule?.notes.join()).toMatch(/540 workloads .* collapsed to every pod of the cluster/);
    // The sixty that only knocked at port 22, shop/web, and the database itself.
    expect(rule?.excess.count).toBe(62);
    expect(rule?.excess.examples).toHaveLength(3);
    expect(one.generated.findings.map((finding) => finding.id)).toContain("looser-than-seen");
    expect(new Set(one.generated.unwanted.map(({ kind, result }) => `${kind} ${result}`))).toEqual(
      new Set(["once denied"]),
    );
  }, 60_000);

  it("5,000 outside addresses become the world, and that is said", () => {
    const lines = Array.from(
      { length: 5000 },
      (_, index) => `shop/web -> 198.51.${100 + (index >> 8)}.${index & 255}:443 TCP`,
    );
    const one = made({ objects: SHOP, seen: lines.join("\n") });
    const [rule] = policyNamed(one, "shop/web").rules;
    expect(rule?.excess.beyond).toBe("every address outside the cluster may be reached");
    expect(one.generated.findings.map((finding) => finding.message).join()).toContain(
      "5000 outside addresses collapsed to the whole world",
    );
    expect(one.generated.proof).toMatchObject({ allowed: 5000, denied: [] });
  }, 60_000);
});
