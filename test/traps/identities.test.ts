import { describe, expect, it } from "vitest";
import { EMPTY_INVENTORY, type Inventory, type Pod } from "../../src/model/objects.ts";
import { defaultConfig } from "../../src/model/profile.ts";
import { at, but, db, far, health, host, outside, type Party, pod, remote, reserved, web, world } from "./ends.ts";
import { edges, findingsOf, folded, only, timeOf, trace } from "./recording.ts";

const SYN = "40000 > 5432 TCP SYN";
const NOWHERE: Party = { ...reserved("unknown", "10.244.1.10", 0), endpoint: {} };
const unlabelled = (party: Party, identity = 0) => ({
  ...but(party, { labels: undefined, identity }),
  node: "",
  workload: null,
});
/** Only an address: what a filtered or failed lookup leaves. */
const bare = (address: string, identity = 0): Party => ({
  ...NOWHERE,
  address,
  endpoint: identity === 0 ? {} : { identity },
});

const object: Pod = {
  ...{
    namespace: "shop",
    name: "web-7b6d5f9f8c-kd8vw",
    labels: { app: "web", "pod-template-hash": "7b6d5f9f8c" },
    annotations: {},
    serviceAccount: "default",
  },
  ...{ nodeName: "n1", hostNetwork: false, addresses: ["10.244.1.10"], ports: [], generateName: "web-7b6d5f9f8c-" },
  owners: [{ kind: "ReplicaSet", name: "web-7b6d5f9f8c", controller: true }],
  ...{
    phase: "Running",
    startTime: "2026-11-20T00:00:00Z",
    deletionTime: null,
    dnsPolicy: "ClusterFirst",
    dnsSearches: [],
  },
  fromTemplate: false,
};
const inventoryOf = (...pods: readonly Pod[]): Inventory => ({ ...EMPTY_INVENTORY, pods });
const labelsOf = (one: Pod) => [`k8s:app=${one.labels["app"]}`, `k8s:io.kubernetes.pod.namespace=${one.namespace}`];
const LATER = new Date(timeOf(3600)).toISOString();

describe("replay traps, folding: identities", () => {
  it("trap 13: one identity with two numbers is one end", () => {
    const traffic = folded([trace(web, db, SYN), trace(but(web, { identity: 777 }), db, SYN)]);
    expect(edges(traffic)).toEqual(["shop/web > shop/db 5432 TCP"]);
    expect(only(traffic).flows).toBe(2);
  });

  it("trap 13: two identities with one number are two", () => {
    const other = pod("shop/web", web.address, "n1", { labels: ["k8s:tier=back"] });
    expect(edges(folded([trace(web, db, SYN), trace(other, db, SYN)]))).toEqual([
      "shop/web > shop/db 5432 TCP",
      "shop/web > shop/db 5432 TCP",
    ]);
  });

  it("trap 13: the API server by labels, not by number: a node that runs it has both entities", () => {
    const api = reserved("kube-apiserver remote-node", "192.0.2.11", 7);
    expect(only(folded([trace(web, api, "40000 > 6443 TCP SYN", { point: "TO_STACK" })])).to).toEqual({
      kind: "reserved",
      entity: "kube-apiserver",
      labels: ["reserved:kube-apiserver", "reserved:remote-node"],
      addresses: ["192.0.2.11"],
      nodes: [],
    });
  });

  it("trap 14: a pod's or node's address never makes it an address end", () => {
    const traffic = folded([trace(web, db, SYN), trace(web, remote, "40000 > 9100 TCP SYN", { point: "TO_STACK" })]);
    expect(traffic.conversations.map((one) => one.to.kind).sort()).toEqual(["pod", "reserved"]);
  });

  it("trap 15: labels of then-existing policies stay beside the address, all of them, and do not split it", () => {
    const cidr = reserved("world cidr:198.51.100.0/24", outside.address, 16_777_217);
    const fqdn = reserved("world fqdn:api.example.org", outside.address, 16_777_218);
    const traffic = folded([trace(web, cidr, SYN), trace(web, fqdn, SYN), trace(web, outside, SYN)]);
    expect(only(traffic)).toMatchObject({
      flows: 3,
      to: {
        kind: "address",
        address: "198.51.100.7",
        labels: ["cidr:198.51.100.0/24", "fqdn:api.example.org", "reserved:world"],
      },
    });
  });

  it("traps 17, 40: the recorded labels stand where today's objects say otherwise, and it is said", () => {
    const today = { ...object, labels: { app: "renamed" } };
    const traffic = folded([trace(web, db, SYN)], { context: { inventory: inventoryOf(today), labelsOf } });
    expect(only(traffic).from).toMatchObject({ labels: web.endpoint["labels"] });
    expect(findingsOf(traffic)).toContain("labels-changed");
    const same = folded([trace(web, db, SYN)], { context: { inventory: inventoryOf(object), labelsOf } });
    expect(findingsOf(same)).not.toContain("labels-changed");
  });

  it("trap 18: labels that the recording lacks come from the object of that name", () => {
    const traffic = folded([trace(unlabelled(web), db, SYN)], {
      context: { inventory: inventoryOf(object), labelsOf },
    });
    expect(only(traffic).from).toMatchObject({ kind: "pod", workload: { name: "web" }, labels: labelsOf(object) });
  });

  it("trap 18: without objects they are unknown, not absent", () => {
    expect(only(folded([trace(unlabelled(web), db, SYN)])).from).toEqual({
      kind: "unknown",
      address: "10.244.1.10",
      reason: "its labels were not recorded, and the objects do not tell them",
    });
  });

  it("trap 18: of its endpoint's labels those of another identity are not taken", () => {
    const endpoint = {
      namespace: "shop",
      name: object.name,
      labels: ["k8s:app=web", "k8s:io.kubernetes.pod.namespace=shop"],
    };
    const more = { identity: 20_018, addresses: [], nodeAddress: null, namedPorts: [] };
    const context = { inventory: { ...EMPTY_INVENTORY, ciliumEndpoints: [{ ...endpoint, ...more }] } };
    expect(only(folded([trace(unlabelled(web, 20_018), db, SYN)], { context })).from).toMatchObject({
      labels: endpoint.labels,
    });
    expect(only(folded([trace(unlabelled(web, 4711), db, SYN)], { context })).from).toMatchObject({ kind: "unknown" });
  });

  it("trap 19: namespace and cluster are in the labels of every pod end", () => {
    const [from, to] = [only(folded([trace(web, far, SYN)])).from, only(folded([trace(web, far, SYN)])).to];
    for (const end of [from, to]) {
      expect(end.kind === "pod" && end.labels).toEqual(
        expect.arrayContaining(["k8s:io.kubernetes.pod.namespace=shop", "k8s:io.cilium.k8s.policy.cluster=lab"]),
      );
    }
  });

  const kinds: readonly (readonly [string, Party, object])[] = [
    [
      "trap 22: the health endpoint is an endpoint with its node",
      health,
      { kind: "reserved", entity: "health", nodes: ["n1"] },
    ],
    ["trap 22: a pod in the host's network is the host", at(host, "192.0.2.11"), { kind: "reserved", entity: "host" }],
    ["traps 22, 46: init", reserved("init", "10.244.1.77", 5), { kind: "reserved", entity: "init" }],
    ["trap 46: unmanaged", reserved("unmanaged", "10.244.1.78", 3), { kind: "reserved", entity: "unmanaged" }],
    [
      "trap 22: unknown is never guessed",
      reserved("unknown", "10.244.1.79", 0),
      { kind: "unknown", reason: "Cilium did not know its identity" },
    ],
    ["trap 22: no identity at all neither", bare("10.244.1.80"), { kind: "unknown", address: "10.244.1.80" }],
    [
      "trap 34: a bare CIDR or FQDN number is outside",
      bare("198.51.100.7", 16_777_300),
      { kind: "address", labels: ["reserved:world"] },
    ],
    [
      "trap 34: a bare node-local number is a remote node",
      bare("192.0.2.12", 33_554_433),
      { kind: "reserved", entity: "remote-node" },
    ],
    [
      "trap 34: a bare pod number tells nothing",
      bare("10.244.1.10", 20_018),
      { kind: "unknown", reason: "its labels were not recorded" },
    ],
    ["trap 34: a number of another cluster neither", bare("10.245.1.10", (2 << 16) + 300), { kind: "unknown" }],
    ["trap 34: reserved numbers tell", bare("192.0.2.12", 6), { kind: "reserved", entity: "remote-node" }],
    ["trap 34: world of IPv6", bare("2001:db8::7", 10), { kind: "address", labels: ["reserved:world-ipv6"] }],
  ];
  it.each(kinds)("%s", (_, party, end) => {
    expect(only(folded([trace(party, db, SYN)])).from).toMatchObject(end);
  });

  it("trap 46: unmanaged pods are said", () => {
    expect(findingsOf(folded([trace(reserved("unmanaged", "10.244.1.78", 3), db, SYN)]))).toContain(
      "unmanaged-pods-seen",
    );
    expect(findingsOf(folded([trace(web, db, SYN)]))).not.toContain("unmanaged-pods-seen");
  });

  const joins: readonly (readonly [string, readonly Pod[], string, object])[] = [
    [
      "trap 40: an address joins the pod that had it then",
      [object],
      "10.244.1.10",
      { kind: "pod", workload: { name: "web" } },
    ],
    [
      "trap 40: not one that started after",
      [{ ...object, startTime: LATER }],
      "10.244.1.10",
      { kind: "unknown", reason: "the pod at its address started after it was seen" },
    ],
    ["trap 40: nor one whose start is not known", [{ ...object, startTime: null }], "10.244.1.10", { kind: "unknown" }],
    [
      "IP reuse: nor one of two",
      [object, { ...object, name: "other" }],
      "10.244.1.10",
      { kind: "unknown", reason: "several pods had its address" },
    ],
    ["trap 40: nor a template's", [{ ...object, fromTemplate: true }], "10.244.1.10", { kind: "unknown" }],
    ["trap 22: nor one in the host's network", [{ ...object, hostNetwork: true }], "10.244.1.10", { kind: "unknown" }],
  ];
  it.each(joins)("%s", (_, pods, address, end) => {
    const traffic = folded([trace(bare(address), db, SYN)], { context: { inventory: inventoryOf(...pods), labelsOf } });
    expect(only(traffic).from).toMatchObject(end);
  });

  it("trap 40: a named pod that started after it was seen is not that object", () => {
    const context = { inventory: inventoryOf({ ...object, startTime: LATER }), labelsOf };
    expect(only(folded([trace(unlabelled(web), db, SYN)], { context })).from).toMatchObject({
      kind: "unknown",
      reason: "its pod started after it was seen",
    });
  });

  it("IP reuse: one address under two identities is two ends, each by the labels of its time", () => {
    const next = pod("shop/next", web.address);
    expect(edges(folded([trace(web, db, SYN, { second: 0 }), trace(next, db, SYN, { second: 60 })]))).toEqual([
      "shop/next > shop/db 5432 TCP",
      "shop/web > shop/db 5432 TCP",
    ]);
  });

  it("IP reuse: a nameless event at such an address is neither", () => {
    const traffic = folded([
      trace(web, db, SYN),
      trace(pod("shop/next", web.address), db, SYN),
      trace(bare(web.address), db, SYN),
    ]);
    expect(edges(traffic)).toContain("unknown 10.244.1.10 > shop/db 5432 TCP");
    expect(edges(folded([trace(web, db, SYN), trace(bare(web.address), db, SYN)]))).toEqual([
      "shop/web > shop/db 5432 TCP",
    ]);
  });

  it("trap 17: a pod address of no known pod is unknown, not the world", () => {
    const node = { name: "n1", labels: {}, addresses: [], podCIDRs: ["10.244.1.0/24"] };
    const context = { inventory: { ...EMPTY_INVENTORY, nodes: [node] } };
    expect(only(folded([trace(bare("10.244.1.99"), db, SYN)], { context })).from).toMatchObject({
      reason: "its address is a pod's, of no pod that is known",
    });
  });

  it("trap 40: pods of one workload and one identity are one end; a rollout adds names, not conversations", () => {
    const second = { ...but(web, { pod_name: "web-65c9d7f4b-zzzzz" }), address: "10.244.1.11" };
    expect(only(folded([trace(web, db, SYN), trace(second, db, SYN)])).from).toMatchObject({
      podCount: 2,
      pods: ["web-65c9d7f4b-zzzzz", "web-7b6d5f9f8c-kd8vw"],
      addresses: ["10.244.1.10", "10.244.1.11"],
    });
  });

  it("seen in the lab: job-name is part of the identity", () => {
    const runs = ["a", "b"].map((run) =>
      pod("shop/job", "10.244.1.60", "n1", { labels: [`k8s:batch.kubernetes.io/job-name=job-${run}`] }),
    );
    expect(folded(runs.map((run) => trace(run, db, SYN))).conversations).toHaveLength(2);
  });

  it("seen in the lab: other named ports make another end", () => {
    const ported = pod("shop/web", web.address, "n1", { labels: ["gen:io.cilium.k8s.named-ports=http.TCP.80"] });
    expect(folded([trace(web, db, SYN), trace(ported, db, SYN)]).conversations).toHaveLength(2);
  });

  it("trap 41: an end of another cluster is recognised and not decided", () => {
    const away = pod("shop/web", "10.245.1.10", "", { cluster: "west" });
    const traffic = folded([trace(away, db, SYN), trace(web, db, SYN)]);
    const told = traffic.conversations.map((one) => [one.from.kind === "pod" && one.from.otherCluster, one.notDecided]);
    expect(told.sort()).toEqual([
      [null, null],
      ["west", "cluster-mesh"],
    ]);
  });

  it("trap 41: an assumed cluster name makes nobody a stranger", () => {
    const traffic = folded([trace(web, db, SYN)], {
      context: { config: { ...defaultConfig("1.20"), clusterName: "default" } },
    });
    expect(only(traffic)).toMatchObject({ notDecided: null, from: { otherCluster: null } });
  });

  it("node_name with its cluster before it is the node, in conversations, coverage and ends", () => {
    const traffic = folded([trace(web, far, SYN), trace(web, far, SYN, { node_name: "n1" })]);
    expect(only(traffic)).toMatchObject({ nodes: ["n1"], from: { nodes: ["n1"] } });
    expect(traffic.epochs.every((epoch) => epoch.node === "n1")).toBe(true);
  });

  it("node_name of another cluster keeps its cluster", () => {
    const lines = [0, 1, 2].map(() => trace(web, far, SYN));
    expect(
      folded([...lines, trace(world("203.0.113.1"), db, SYN, { node_name: "west/n1" })]).coverage.nodes.map(
        (node) => node.name,
      ),
    ).toEqual(["n1", "west/n1"]);
  });

  it("manifests without pods are no other cluster's: workloads tell, by name, labels or namespace", () => {
    const workload = (namespace: string, name: string, labels: Pod["labels"]): Inventory["workloads"][number] => ({
      ...{ kind: "Deployment", namespace, name, owners: [], replicas: 1, schedule: null, timeZone: null },
      ...{ suspended: false, template: { ...object, namespace, name, labels, owners: [], fromTemplate: true } },
    });
    const said = (...workloads: Inventory["workloads"]) =>
      findingsOf(folded([trace(web, db, SYN)], { context: { inventory: { ...EMPTY_INVENTORY, workloads } } }));
    expect(said(workload("shop", "web", { app: "web" }))).not.toContain("recording-other-cluster");
    expect(said(workload("shop", "other", { app: "other" }))).not.toContain("recording-other-cluster");
    expect(said(workload("elsewhere", "web", { app: "web" }))).toContain("recording-other-cluster");
  });

  it("namespaces and policies alone tell of no cluster", () => {
    const namespaces = [{ name: "elsewhere", labels: {}, annotations: {} }];
    const inventory = { ...EMPTY_INVENTORY, namespaces };
    expect(findingsOf(folded([trace(web, db, SYN)], { context: { inventory } }))).not.toContain(
      "recording-other-cluster",
    );
  });

  it("another cluster's objects are said", () => {
    const stranger = { ...object, namespace: "elsewhere", name: "x" };
    expect(findingsOf(folded([trace(web, db, SYN)], { context: { inventory: inventoryOf(stranger) } }))).toContain(
      "recording-other-cluster",
    );
    expect(findingsOf(folded([trace(web, db, SYN)], { context: { inventory: inventoryOf(object) } }))).not.toContain(
      "recording-other-cluster",
    );
  });
});
