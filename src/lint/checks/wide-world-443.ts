import { isObject, type Json } from "#model/json.ts";
import { rulePath } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule } from "../lint-world.ts";
import { writtenPorts } from "../written-ports.ts";
import { writtenCidrs } from "../written-cidrs.ts";

export const wideWorld443: Check = {
  id: "wide-world-443",
  severity: "info",
  title: "HTTPS to every address there is",
  why: "Whoever may reach the whole world on port 443 may send anything to anybody. Most workloads need a handful of names: `toFQDNs`, with the DNS rule that makes them known, says which.",
  limits: "Reads the manifests alone; what a workload needs, a recording tells (over-broad).",
  needs: [],
  find: (world) => world.rules.flatMap(foundIn),
  bad: `
name: the world
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEntities: [world]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
  good: `
name: a name
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
        - toFQDNs: [{matchName: api.example.com}]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
};

function foundIn(rule: LintRule): readonly Found[] {
  const { policy, deny, direction, value } = rule;
  if (deny || direction !== "egress" || !namesHttps(rule) || hasServerNames(value["toPorts"])) return [];
  const entities: readonly Json[] = Array.isArray(value["toEntities"]) ? value["toEntities"] : [];
  const entity = entities.find((one) => one === "world" || one === "all");
  const cidr = writtenCidrs(rule).find((one) => ["0.0.0.0/0", "::/0"].includes(one.cidr))?.cidr;
  const peer = entity ?? cidr;
  if (peer === undefined) return [];
  return [
    {
      ...{ policy, path: rulePath(rule) },
      message: `${String(peer)} on 443: any host of the internet may be reached`,
      help: "name what it needs with `toFQDNs`, and give it a DNS rule with `rules.dns`",
    },
  ];
}

function namesHttps(rule: LintRule): boolean {
  return writtenPorts(rule).some(
    ({ port, endPort }) => port === "443" || (Number(port) <= 443 && (endPort ?? 0) >= 443),
  );
}

/** TLS server names narrow it down as names do. */
function hasServerNames(toPorts: Json | undefined): boolean {
  return Array.isArray(toPorts) && toPorts.some((item) => isObject(item) && Array.isArray(item["serverNames"]));
}
