import { parseLabel } from "#model/labels.ts";
import { describe, expect, it } from "vitest";
import { nodeLabelFilter, podLabelFilter } from "./label-filter.ts";

describe("the default label filter", () => {
  it.each([
    ["k8s:app=web", true],
    ["k8s:io.kubernetes.pod.namespace=a", true],
    ["k8s:io.cilium.k8s.namespace.labels.team=red", true],
    ["k8s:io.cilium.k8s.policy.cluster=default", true],
    ["k8s:io.cilium.k8s.policy.serviceaccount=default", true],
    ["k8s:app.kubernetes.io/name=web", true],
    ["reserved:host", true],
    ["k8s:pod-template-hash=abc", false],
    ["k8s:controller-revision-hash=abc", false],
    ["k8s:statefulset.kubernetes.io/pod-name=db-0", false],
    ["k8s:apps.kubernetes.io/pod-index=0", false],
    ["k8s:kubernetes.io/os=linux", false],
    ["k8s:topology.kubernetes.io/zone=z1", false],
    ["k8s:io.kubernetes.container=x", false],
    ["k8s:k8s.io/cluster=x", false],
    ["k8s:annotation.kubernetes.io/config=x", false],
    ["k8s:my.k8s.io=x", true],
    ["k8s:etcd_node=x", false],
  ])("%s: %s", (label, makesIdentity) => {
    expect(podLabelFilter()(parseLabel(label))).toBe(makesIdentity);
  });
});

describe("the agent's `labels`", () => {
  it.each([
    // An inclusive prefix closes the list: what none matches is dropped.
    [["k8s:team"], "k8s:team=red", true],
    [["k8s:team"], "k8s:team-lead=x", true],
    [["k8s:team"], "k8s:app=web", false],
    [["k8s:team"], "k8s:app.kubernetes.io/name=web", true],
    [["k8s:team"], "k8s:io.kubernetes.pod.namespace=a", true],
    [["k8s:team"], "k8s:io.cilium.k8s.policy.cluster=default", true],
    [["k8s:team"], "reserved:host", true],
    [["k8s:team"], "other:team=red", false],
    [["k8s:team$"], "k8s:team-lead=x", false],
    // The expression must match at the key's start.
    [["team"], "k8s:my-team=red", false],
    // Ignored ones alone leave the list open.
    [["k8s:!commit"], "k8s:commit=abc", false],
    [["k8s:!commit"], "k8s:app=web", true],
    [["!commit"], "k8s:commit=abc", false],
    // The "!" is looked for after the source.
    [["!k8s:commit"], "k8s:commit=abc", false],
    [["!k8s:commit"], "k8s:app=web", false],
    // The longer match wins.
    [["k8s:!io", "k8s:io\\.example"], "k8s:io.example=1", true],
    [["k8s:!io", "k8s:io\\.example"], "k8s:io.other=1", false],
    [["k8s:pod-template-hash-2"], "k8s:pod-template-hash-2=1", true],
  ] as const)("%j: %s: %s", (labels, label, makesIdentity) => {
    expect(podLabelFilter(labels)(parseLabel(label))).toBe(makesIdentity);
  });
});

describe("the agent's `node-labels`", () => {
  it.each([
    [[], "node:kubernetes.io/hostname=n1", true],
    [["node:zone"], "node:zone=z1", true],
    [["node:zone"], "node:kubernetes.io/hostname=n1", false],
    [["node:!kubernetes"], "node:kubernetes.io/hostname=n1", false],
    [["node:!kubernetes"], "node:zone=z1", true],
  ] as const)("%j: %s: %s", (labels, label, makesIdentity) => {
    expect(nodeLabelFilter(labels)(parseLabel(label))).toBe(makesIdentity);
  });
});
