import { parseContext } from "#engine/rules/parse-context.ts";
import { servicePeers } from "#engine/rules/to-services.ts";
import { podEnds } from "#analysis/known-ends.ts";
import { answerFor, between, HOST, rulePath, ruleSpec } from "../ask.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { packetsOf } from "../names.ts";
import { nodeEnd } from "../probe.ts";

export const svcRef: Check = {
  id: "svc-ref",
  severity: "error",
  title: "toServices of a Service whose endpoints are nodes or pods by address",
  why: "A Service without a selector becomes the addresses of its EndpointSlices, each a /32 (pkg/policy/k8s/service.go). A CIDR never takes a node or a pod, so `default/kubernetes`, whose endpoints are the control plane nodes, is allowed by name and denied on the wire.",
  limits:
    "Needs the EndpointSlices and nodes. Silent where `policyCIDRMatchMode` makes nodes match, where some endpoint is outside the cluster, and where another rule allows them.",
  needs: ["objects"],
  yieldsTo: ["apiserver-egress", "services-to-nobody", "services-in-deny"],
  find: (world) => world.rules.flatMap((rule) => foundIn(world, rule)),
  bad: `
name: the API server runs on a node
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{port: 443, targetPort: 6443}]}}
  - {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}, addressType: IPv4, endpoints: [{addresses: [192.168.0.1]}], ports: [{port: 6443}]}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: operator, namespace: ops}
    spec:
      endpointSelector: {matchLabels: {app: operator}}
      egress:
        - toServices: [{k8sService: {serviceName: kubernetes, namespace: default}}]
          toPorts: [{ports: [{port: "6443", protocol: TCP}]}]
`,
  good: `
name: the entity
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{port: 443, targetPort: 6443}]}}
  - {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}, addressType: IPv4, endpoints: [{addresses: [192.168.0.1]}], ports: [{port: 6443}]}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: operator, namespace: ops}
    spec:
      endpointSelector: {matchLabels: {app: operator}}
      egress:
        - toEntities: [kube-apiserver]
          toPorts: [{ports: [{port: "6443", protocol: TCP}]}]
`,
};

const inCluster = perWorld(({ snapshot: { inventory }, causes }): ReadonlySet<string> => {
  const nodes = [...inventory.nodes, ...inventory.ciliumNodes].flatMap(({ addresses }) => addresses);
  return new Set([
    ...nodes.map(({ address }) => address),
    ...podEnds(causes.ends).flatMap(({ addresses }) => addresses),
  ]);
});

function foundIn(world: LintWorld, rule: LintRule): readonly Found[] {
  const { snapshot, minor, config } = world;
  if (rule.deny || rule.value["toServices"] === undefined || config.policyCIDRMatchMode.length > 0) return [];
  const { endpoints, cidrs } = servicePeers(rule.value, parseContext(minor, config, snapshot.inventory));
  const addresses = cidrs.map(({ cidr }) => cidr.replace(/\/\d+$/, ""));
  const [first] = addresses;
  if (first === undefined || endpoints.length > 0 || !addresses.every((one) => inCluster(world).has(one))) return [];
  const [subject] = world.subjects(ruleSpec(rule)).each();
  const nodes = [nodeEnd(true), nodeEnd(false), HOST];
  const isLet = packetsOf(rule).every(
    (packet) =>
      subject !== undefined &&
      nodes.some((node) => answerFor(world, between(subject, node, "egress", packet), "egress") === "allowed"),
  );
  if (isLet) return [];
  return [
    {
      ...{ policy: rule.policy, path: `${rulePath(rule)}.toServices` },
      message: `the Service has no selector, so it stands for addresses; ${first} belongs to the cluster, and no address rule takes it`,
      help: "write `toEntities: [kube-apiserver]` for the API server, `remote-node` and `host` for nodes, labels for pods",
    },
  ];
}
