import type { Check } from "../check.ts";
import { fromDenials } from "../from-denials.ts";

export const dnsResolverMismatch: Check = {
  id: "dns-resolver-mismatch",
  severity: "error",
  title: "a DNS rule for another resolver than the one that is asked",
  why: "Resolvers differ: CoreDNS with the label `k8s-app: coredns`, OpenShift's and Gardener's on 5353 or 8053 behind the Service's 53, a cache on each node, a cloud's link-local address. Policy sees the pod and port after translation. A rule copied from elsewhere is accepted, and every lookup fails.",
  limits: "Needs a recording: the resolver that was really asked decides.",
  needs: ["flows"],
  find: (world) => fromDenials(world, "dns-resolver-mismatch"),
  bad: `
name: the resolver has another label
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: dns-1, namespace: kube-system, labels: {k8s-app: node-dns}}, spec: {containers: [{name: dns}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
connections:
  - {from: shop/web-1, to: kube-system/dns-1, port: 53, protocol: UDP, dnsQuery: {name: api.example.com}, expect: {}}
`,
  good: `
name: the resolver is selected
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: dns-1, namespace: kube-system, labels: {k8s-app: node-dns}}, spec: {containers: [{name: dns}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": node-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
connections:
  - {from: shop/web-1, to: kube-system/dns-1, port: 53, protocol: UDP, dnsQuery: {name: api.example.com}, expect: {}}
`,
};
