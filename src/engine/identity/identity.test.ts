import { EMPTY_INVENTORY, type Pod } from "#model/objects.ts";
import { defaultConfig } from "#model/profile.ts";
import { describe, expect, it } from "vitest";
import { identityOf, podEnd } from "./identity.ts";
import { parseLabels } from "../selector/labels.ts";
import { workloadOf } from "./workload.ts";

function pod(over: Partial<Pod> = {}): Pod {
  return {
    ...{ namespace: "shop", name: "web-1", labels: { app: "web" }, annotations: {}, serviceAccount: "web" },
    ...{ nodeName: "n1", hostNetwork: false, addresses: ["10.0.0.1"], ports: [], owners: [], generateName: "" },
    ...{ phase: "Running", startTime: null, deletionTime: null, dnsPolicy: "", dnsSearches: [], fromTemplate: false },
    ...over,
  };
}

const namespaces = [{ name: "shop", labels: { team: "red" }, annotations: {} }];
const inventory = { ...EMPTY_INVENTORY, namespaces };
const labelsOf = (given: Pod, minor: "1.18" | "1.20" = "1.20") =>
  podEnd(given, inventory, minor, { ...defaultConfig(minor), clusterName: "east" }).labels;

describe("podEnd", () => {
  it("joins the pod's labels with those of namespace, service account and cluster", () => {
    expect(labelsOf(pod())).toEqual([
      "k8s:app=web",
      "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=shop",
      "k8s:io.cilium.k8s.namespace.labels.team=red",
      "k8s:io.cilium.k8s.policy.cluster=east",
      "k8s:io.cilium.k8s.policy.serviceaccount=web",
      "k8s:io.kubernetes.pod.namespace=shop",
    ]);
  });

  it.each([
    ["labels of the default filter", { "pod-template-hash": "abc" }, /pod-template-hash/],
    ["labels under Cilium's own prefix", { "io.cilium.k8s.policy.cluster": "other" }, /=other$/],
  ])("leaves out %s", (_, labels, forbidden) => {
    expect(labelsOf(pod({ labels })).filter((label) => forbidden.test(label))).toEqual([]);
  });

  it("has no service account label without a service account", () => {
    expect(labelsOf(pod({ serviceAccount: "" })).some((label) => label.includes("serviceaccount"))).toBe(false);
  });

  it("carries named ports as labels from 1.20 on", () => {
    const ports = [{ name: "http", port: 80, protocol: "TCP" }];
    const named = (minor: "1.18" | "1.20") =>
      labelsOf(pod({ ports }), minor).filter((label) => label.startsWith("gen:"));
    expect(named("1.18")).toEqual([]);
    expect(named("1.20")).toEqual(["gen:io.cilium.k8s.named-ports=http.TCP.80"]);
  });
});

describe("workloadOf", () => {
  const owner = (kind: string, name: string) => [{ kind, name, controller: true }];

  it.each([
    ["a bare pod", pod(), null],
    [
      "a Deployment",
      pod({ owners: owner("ReplicaSet", "web-5d4"), generateName: "web-5d4-", labels: { "pod-template-hash": "5d4" } }),
      { kind: "Deployment", name: "web" },
    ],
    [
      "a ReplicaSet",
      pod({ owners: owner("ReplicaSet", "web"), generateName: "web-" }),
      { kind: "ReplicaSet", name: "web" },
    ],
    [
      "a CronJob",
      pod({ owners: owner("Job", "nightly-29384756"), generateName: "x-" }),
      { kind: "CronJob", name: "nightly" },
    ],
    ["a Job", pod({ owners: owner("Job", "once"), generateName: "once-" }), { kind: "Job", name: "once" }],
    [
      "a workload's template",
      pod({ owners: owner("StatefulSet", "db"), fromTemplate: true }),
      { kind: "StatefulSet", name: "db" },
    ],
  ])("%s", (_, given, workload) => {
    expect(workloadOf(given)).toEqual(workload);
  });
});

describe("the aggregate an identity falls under in 1.20", () => {
  const settings = { aggregates: true, nodesByCidr: false, nodesByLabel: false, otherCluster: false };
  const aggregate = (labels: readonly string[], over: Partial<typeof settings> = {}) =>
    identityOf(parseLabels(labels), new Map(), { ...settings, ...over }).aggregate?.key ?? null;

  it.each([
    ["a pod", ["k8s:app=web"], {}, "reserved:aggregate-cluster=;"],
    ["a pod of another cluster", ["k8s:app=web"], { otherCluster: true }, "reserved:aggregate-cluster-mesh=;"],
    ["the world", ["reserved:world"], {}, null],
    ["a prefix of the world", ["reserved:world", "cidr:203.0.113.0/24"], {}, "reserved:aggregate-world=;"],
    ["a name of the world", ["reserved:world", "fqdn:github.com"], {}, "reserved:aggregate-world=;"],
    ["the host", ["reserved:host"], {}, null],
    ["the host under node labels", ["reserved:host", "node:zone=z1"], { nodesByLabel: true }, null],
    ["another node", ["reserved:remote-node"], {}, null],
    ["another node, told by CIDR", ["reserved:remote-node"], { nodesByCidr: true }, "reserved:aggregate-remote-node=;"],
    ["health", ["reserved:health"], {}, null],
    ["before 1.20", ["k8s:app=web"], { aggregates: false }, null],
  ])("%s", (_, labels, over, expected) => {
    expect(aggregate(labels, over)).toBe(expected);
  });
});
