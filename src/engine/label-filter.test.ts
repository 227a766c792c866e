import { parseLabel } from "#model/labels.ts";
import { describe, expect, it } from "vitest";
import { isIdentityLabel } from "./label-filter.ts";

describe("isIdentityLabel", () => {
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
    expect(isIdentityLabel(parseLabel(label))).toBe(makesIdentity);
  });
});
