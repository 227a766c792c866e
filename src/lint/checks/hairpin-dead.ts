import { endKey, endName } from "#analysis/end-name.ts";
import { isHairpin } from "#analysis/hairpins.ts";
import type { Conversation, End } from "#model/conversation.ts";
import { rulePath, ruleSpec } from "../ask.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import { fromDenials } from "../from-denials.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { writtenPeers } from "../written-peers.ts";

export const hairpinDead: Check = {
  id: "hairpin-dead",
  severity: "info",
  title: "a rule for a caller that comes through the ingress controller",
  why: "A pod that calls its neighbour by a public name meets the load balancer's address, and the agent turns that into the ingress controller's pod before policy is asked. The callee sees the controller as its client: a rule that admits the caller itself is never used, and the caller's rule for the outside name never matches.",
  limits:
    "Needs a recording with objects: the caller was seen going to a LoadBalancer Service's pods, these were seen calling the callee, and the caller itself never was.",
  isProposal: true,
  needs: ["objects", "flows"],
  find: (world) => [
    ...fromDenials(world, "hairpin-dead").map((one) => ({ ...one, severity: "error" as const })),
    ...world.rules.flatMap((rule) => deadRule(world, rule)),
  ],
  bad: `
name: the dashboard calls grafana by its public name
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: dashboard-1, namespace: dashboard, labels: {app: dashboard}}, spec: {containers: [{name: dashboard}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: grafana-1, namespace: monitoring, labels: {app: grafana}}, spec: {containers: [{name: grafana}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: traefik-1, namespace: traefik, labels: {app: traefik}}, spec: {containers: [{name: traefik}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: traefik, namespace: traefik}, spec: {type: LoadBalancer, clusterIP: 10.96.0.7, selector: {app: traefik}, ports: [{port: 443, targetPort: 8443}]}, status: {loadBalancer: {ingress: [{ip: 192.168.0.240}]}}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: grafana, namespace: monitoring}
    spec:
      endpointSelector: {matchLabels: {app: grafana}}
      ingress:
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": traefik, app: traefik}}]
          toPorts: [{ports: [{port: "3000", protocol: TCP}]}]
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": dashboard, app: dashboard}}]
          toPorts: [{ports: [{port: "3000", protocol: TCP}]}]
connections:
  - {from: dashboard/dashboard-1, to: traefik/traefik-1, port: 8443, expect: {}}
  - {from: traefik/traefik-1, to: monitoring/grafana-1, port: 3000, expect: {}}
`,
  good: `
name: the dashboard calls grafana's Service
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: dashboard-1, namespace: dashboard, labels: {app: dashboard}}, spec: {containers: [{name: dashboard}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: grafana-1, namespace: monitoring, labels: {app: grafana}}, spec: {containers: [{name: grafana}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: traefik-1, namespace: traefik, labels: {app: traefik}}, spec: {containers: [{name: traefik}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: traefik, namespace: traefik}, spec: {type: LoadBalancer, clusterIP: 10.96.0.7, selector: {app: traefik}, ports: [{port: 443, targetPort: 8443}]}, status: {loadBalancer: {ingress: [{ip: 192.168.0.240}]}}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: grafana, namespace: monitoring}
    spec:
      endpointSelector: {matchLabels: {app: grafana}}
      ingress:
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": traefik, app: traefik}}]
          toPorts: [{ports: [{port: "3000", protocol: TCP}]}]
        - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": dashboard, app: dashboard}}]
          toPorts: [{ports: [{port: "3000", protocol: TCP}]}]
connections:
  - {from: dashboard/dashboard-1, to: monitoring/grafana-1, port: 3000, expect: {}}
  - {from: dashboard/dashboard-1, to: traefik/traefik-1, port: 8443, expect: {}}
  - {from: traefik/traefik-1, to: monitoring/grafana-1, port: 3000, expect: {}}
`,
};

type Hairpins = {
  /** Conversations by which a caller meets a controller's pods, by controller. */
  readonly callers: ReadonlyMap<string, readonly Conversation[]>;
  /** Who was seen calling an end, by its key. */
  readonly clientsOf: ReadonlyMap<string, ReadonlyMap<string, End>>;
};

const hairpinsOf = perWorld((world): Hairpins => {
  const callers = new Map<string, Conversation[]>();
  const clientsOf = new Map<string, Map<string, End>>();
  const { services } = world.snapshot.inventory;
  if (!services.some(({ type, externalIPs }) => type === "LoadBalancer" || externalIPs.length > 0)) {
    return { callers, clientsOf };
  }
  const keys = new Map<End, string>();
  const key = (end: End): string => {
    const known = keys.get(end) ?? endKey(end);
    keys.set(end, known);
    return known;
  };
  // Which Services lead to an end is asked once an end and port: a recording has many callers of the same.
  const turned = new Map<string, boolean>();
  const isTurned = (one: Conversation): boolean => {
    if (one.from.kind !== "pod" || one.to.kind !== "pod" || one.from.namespace === one.to.namespace) return false;
    const place = `${key(one.to)} ${one.port}`;
    const known = turned.get(place) ?? isHairpin(one, world.snapshot);
    turned.set(place, known);
    return known;
  };
  for (const one of world.conversations) {
    const clients = clientsOf.get(key(one.to)) ?? new Map<string, End>();
    clientsOf.set(key(one.to), clients.set(key(one.from), one.from));
    if (!isTurned(one)) continue;
    const calls = callers.get(key(one.to)) ?? [];
    calls.push(one);
    callers.set(key(one.to), calls);
  }
  return { callers, clientsOf };
});

/** An ingress rule that admits callers of which each was only seen going to a controller that calls the subject. */
function deadRule(world: LintWorld, rule: LintRule): readonly Found[] {
  const { callers, clientsOf } = hairpinsOf(world);
  if (callers.size === 0 || rule.deny || rule.direction !== "ingress" || writtenPeers(rule).length === 0) return [];
  const subjects = world.subjects(ruleSpec(rule)).ends;
  const clients = new Map(subjects.flatMap((end) => [...(clientsOf.get(endKey(end)) ?? [])]));
  if ([...clients.values()].some((end) => world.set.engine.selectsPeer(rule.ref, end))) return [];
  for (const [controller, calls] of callers) {
    const through = clients.get(controller);
    const own = calls.filter(({ from }) => world.set.engine.selectsPeer(rule.ref, from));
    const [first] = own;
    if (through === undefined || first === undefined) continue;
    const caller = endName(first.from);
    return [
      {
        ...{ policy: rule.policy, path: rulePath(rule), subjects, peers: [through], conversations: own },
        message: `${caller} was only seen going to ${endName(through)}, which calls on its behalf: this rule for ${caller} was never used`,
        help: "leave it out, or let the caller use the Service's own name",
      },
    ];
  }
  return [];
}
