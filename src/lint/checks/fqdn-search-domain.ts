import type { Check } from "../check.ts";
import { fromDenials } from "../from-denials.ts";

export const fqdnSearchDomain: Check = {
  id: "fqdn-search-domain",
  severity: "error",
  title: "the name that is asked carries a search suffix",
  why: "With `ndots: 5` a resolver tries `api.example.com.shop.svc.cluster.local` and its like before `api.example.com`. The DNS proxy judges each of these questions by itself: a list of bare names refuses them, and some resolvers (musl among them) stop at a refusal instead of going on. Where the cluster's DNS follows search paths itself (autopath), the answer is even learned under the long name alone.",
  limits:
    "Needs the questions of a recording. Silent about a suffix whose refusal did no harm: the same source was refused while recording and then asked the bare name and was let.",
  isProposal: true,
  needs: ["flows"],
  yieldsTo: ["dns-filter-depth"],
  find: (world) => fromDenials(world, "fqdn-search-domain"),
  bad: `
name: the first question has a suffix
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: sync-1, namespace: ci, labels: {app: sync}}, spec: {containers: [{name: sync}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: coredns-1, namespace: kube-system, labels: {k8s-app: kube-dns}}, spec: {containers: [{name: coredns}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: sync, namespace: ci}
    spec:
      endpointSelector: {matchLabels: {app: sync}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts:
            - ports: [{port: "53", protocol: ANY}]
              rules: {dns: [{matchName: api.example.com}]}
connections:
  - {from: ci/sync-1, to: kube-system/coredns-1, port: 53, protocol: UDP, dnsQuery: {name: api.example.com.ci.svc.cluster.local}, expect: {}}
`,
  good: `
name: every name may be asked
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: sync-1, namespace: ci, labels: {app: sync}}, spec: {containers: [{name: sync}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: coredns-1, namespace: kube-system, labels: {k8s-app: kube-dns}}, spec: {containers: [{name: coredns}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: sync, namespace: ci}
    spec:
      endpointSelector: {matchLabels: {app: sync}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts:
            - ports: [{port: "53", protocol: ANY}]
              rules: {dns: [{matchPattern: "*"}]}
connections:
  - {from: ci/sync-1, to: kube-system/coredns-1, port: 53, protocol: UDP, dnsQuery: {name: api.example.com.ci.svc.cluster.local}, expect: {}}
`,
};
