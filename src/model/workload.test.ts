import { describe, expect, it } from "vitest";
import type { Pod } from "./objects.ts";
import { workloadOf } from "./workload.ts";

const bare: Pod = {
  namespace: "shop",
  name: "p",
  labels: {},
  annotations: {},
  serviceAccount: "default",
  nodeName: null,
  hostNetwork: false,
  addresses: [],
  ports: [],
  owners: [],
  generateName: "p-",
  phase: "Running",
  startTime: null,
  deletionTime: null,
  dnsPolicy: "ClusterFirst",
  dnsSearches: [],
  fromTemplate: false,
};
const owned = (kind: string, name: string, labels = {}) => ({
  ...bare,
  labels,
  owners: [{ kind, name, controller: true }],
});

describe("the workload of a pod is Hubble's", () => {
  it.each([
    ["a bare pod has none", bare, null],
    ["no generateName, no workload", { ...owned("StatefulSet", "db"), generateName: "" }, null],
    [
      "a ReplicaSet of a Deployment is the Deployment",
      owned("ReplicaSet", "web-7b6d5f", { "pod-template-hash": "7b6d5f" }),
      { kind: "Deployment", name: "web" },
    ],
    [
      "a ReplicaSet without the hash label stays one",
      owned("ReplicaSet", "web-7b6d5f"),
      { kind: "ReplicaSet", name: "web-7b6d5f" },
    ],
    ["a Job of a CronJob is the CronJob", owned("Job", "backup-29385120"), { kind: "CronJob", name: "backup" }],
    ["a Job with a short number stays one", owned("Job", "backup-2938"), { kind: "Job", name: "backup-2938" }],
    ["anything else is its controller", owned("StatefulSet", "db"), { kind: "StatefulSet", name: "db" }],
  ])("%s", (_, pod, workload) => {
    expect(workloadOf(pod)).toEqual(workload);
  });
});
