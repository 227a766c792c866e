import { podEnds } from "#analysis/known-ends.ts";
import { podsOf, servicesOf, targetPort } from "#analysis/pod-facts.ts";
import type { End, PodEnd } from "#model/conversation.ts";
import type { Service } from "#model/objects.ts";
import { answerFor, between, ruleSpec } from "../ask.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { withDenials } from "../with-denials.ts";
import { plainNumber, type WrittenPort, writtenPorts } from "../written-ports.ts";

export const portService: Check = {
  id: "port-service",
  severity: "error",
  title: "a Service's port where the container's belongs",
  why: "Policy is enforced on the packet after the Service's address was turned into a pod's: the port in a rule is the container's. A rule with the Service's port takes nothing.",
  limits:
    "Silent where the container listens on the Service's port as well, where its pods name no ports, and where another rule allows the container's.",
  needs: ["objects"],
  find: (world) =>
    withDenials(
      world,
      world.rules.flatMap((rule) => foundIn(world, rule)),
      "port-service",
    ),
  bad: `
name: the Service says 80, the container listens on 8080
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api, ports: [{containerPort: 8080}]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {clusterIP: 10.96.0.9, selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "80", protocol: TCP}]}]
connections:
  - {from: shop/web-1, to: shop/api-1, port: 8080, expect: {}}
`,
  good: `
name: the container's port
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: api-1, namespace: shop, labels: {app: api}}, spec: {containers: [{name: api, ports: [{containerPort: 8080}]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {clusterIP: 10.96.0.9, selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: api, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: api}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
connections:
  - {from: shop/web-1, to: shop/api-1, port: 8080, expect: {}}
`,
};

/** Pods behind a Service that renames its port, and those that declare the container's port alone. */
type Renamed = { readonly end: PodEnd; readonly service: Service; readonly port: number; readonly target: number };

/** By the Service's port: every pod that listens elsewhere. */
const renamedPorts = perWorld((world): ReadonlyMap<number, readonly Renamed[]> => {
  const found = new Map<number, Renamed[]>();
  const renaming = world.snapshot.inventory.services.some(({ ports }) =>
    ports.some((one) => one.targetPort !== null && one.targetPort !== one.port),
  );
  for (const end of renaming ? podEnds(world.causes.ends) : []) {
    const declared = podsOf(end, world.snapshot).flatMap(({ ports }) => ports.map(({ port }) => port));
    for (const service of servicesOf(end, world.snapshot)) {
      for (const { port } of service.ports) {
        const target = targetPort(service, port, end, world.snapshot);
        if (target === null || target === port || declared.includes(port) || !declared.includes(target)) continue;
        found.set(port, [...(found.get(port) ?? []), { end, service, port, target }]);
      }
    }
  }
  return found;
});

function foundIn(world: LintWorld, rule: LintRule): readonly Found[] {
  if (rule.deny) return [];
  return writtenPorts(rule).flatMap((written) => {
    const port = plainNumber(written);
    const renamed = port === null ? [] : (renamedPorts(world).get(port) ?? []);
    const mistaken = renamed.filter((one) => isMistaken(world, rule, one));
    const [first] = mistaken;
    // One that some of the rule's pods do listen on is right for them.
    if (first === undefined || listensElsewhere(world, rule, port ?? 0)) return [];
    return [foundOf(rule, written, first, mistaken)];
  });
}

/** The rule takes the pod, and nothing lets the container's own port pass between the same ends. */
function isMistaken(world: LintWorld, rule: LintRule, { end, target }: Renamed): boolean {
  const [subject, peer] = endsOf(world, rule, end);
  if (subject === undefined || peer === undefined) return false;
  return (
    answerFor(world, between(subject, peer, rule.direction, { protocol: "TCP", port: target }), rule.direction) ===
    "denied"
  );
}

/** Of an egress rule the pod is the peer, of an ingress rule the subject. */
function endsOf(world: LintWorld, rule: LintRule, end: PodEnd): readonly [End | undefined, End | undefined] {
  const { engine } = world.set;
  const subjects = world.subjects(ruleSpec(rule)).ends;
  if (rule.direction === "egress")
    return engine.selectsPeer(rule.ref, end) ? [subjects[0], end] : [undefined, undefined];
  const own = subjects.find((one) => one === end);
  const peer =
    own === undefined ? undefined : world.causes.ends.find((one) => one !== end && engine.selectsPeer(rule.ref, one));
  return [own, peer];
}

/** Some pod that the rule is about declares this very port. */
function listensElsewhere(world: LintWorld, rule: LintRule, port: number): boolean {
  const about =
    rule.direction === "ingress"
      ? world.subjects(ruleSpec(rule)).ends
      : podEnds(world.causes.ends).filter((end) => world.set.engine.selectsPeer(rule.ref, end));
  return about.some((end) => podsOf(end, world.snapshot).some(({ ports }) => ports.some((one) => one.port === port)));
}

function foundOf(rule: LintRule, { path, port }: WrittenPort, first: Renamed, all: readonly Renamed[]): Found {
  const { service, target } = first;
  const isKnp = rule.policy.kind === "NetworkPolicy";
  const targets = new Set(all.map((one) => one.target));
  return {
    ...{ policy: rule.policy, path: `${path}.port`, peers: all.map(({ end }) => end) },
    message: `${port} is the port of Service ${service.namespace}/${service.name}; the container listens on ${target}, and policy is enforced there`,
    help: `write ${target}`,
    steps:
      targets.size === 1
        ? [{ policy: rule.ref.policy, path: `${path}.port`, op: "replace", value: isKnp ? target : String(target) }]
        : [],
  };
}
