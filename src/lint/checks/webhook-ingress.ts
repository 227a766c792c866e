import { podEnds } from "#analysis/known-ends.ts";
import { servicesOf, targetPort } from "#analysis/pod-facts.ts";
import type { End, PodEnd } from "#model/conversation.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import { fromDenials } from "../from-denials.ts";
import { isIsolated } from "../isolation-memo.ts";
import { isolatingPolicy } from "../isolating-policy.ts";
import type { LintWorld } from "../lint-world.ts";
import { nodeEnd, OUTSIDE, probe } from "../probe.ts";

export const webhookIngress: Check = {
  id: "webhook-ingress",
  severity: "error",
  title: "the API server cannot call a webhook",
  why: "Admission webhooks, aggregated APIs and conversion webhooks are called by the API server, from its node: the pod sees remote-node, with kube-apiserver where Cilium knows that node for one (ClusterIP access is translated on the caller's node, so no rule for a Service helps). With failurePolicy Fail nothing of that kind can be created any more; an aggregated API disappears.",
  limits:
    "Silent where any rule takes the API server as a node, as an address outside or as a tunnel's pod, and on clusters of one node, where it is the host; a warning where the number of nodes is not known. With flows: calls that the set denies.",
  needs: [],
  find: (world) => {
    const recorded = fromDenials(world, "webhook-ingress");
    const told = new Set<End>(recorded.flatMap(({ subjects = [] }) => subjects));
    return [...recorded, ...closed(world, told)];
  },
  bad: `
name: a webhook behind default deny
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: issuer-1, namespace: certs, labels: {app: issuer}}, spec: {containers: [{name: issuer, ports: [{containerPort: 10250}]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: issuer, namespace: certs}, spec: {selector: {app: issuer}, ports: [{port: 443, targetPort: 10250}]}}
  - {apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: issuer}, webhooks: [{name: a.example.com, clientConfig: {service: {namespace: certs, name: issuer}}}]}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: issuer, namespace: certs}
    spec:
      endpointSelector: {matchLabels: {app: issuer}}
      ingress: [{fromEndpoints: [{}]}]
`,
  good: `
name: the API server may call it
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: issuer-1, namespace: certs, labels: {app: issuer}}, spec: {containers: [{name: issuer, ports: [{containerPort: 10250}]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: issuer, namespace: certs}, spec: {selector: {app: issuer}, ports: [{port: 443, targetPort: 10250}]}}
  - {apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: issuer}, webhooks: [{name: a.example.com, clientConfig: {service: {namespace: certs, name: issuer}}}]}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: issuer, namespace: certs}
    spec:
      endpointSelector: {matchLabels: {app: issuer}}
      ingress:
        - fromEndpoints: [{}]
        - fromEntities: [kube-apiserver, remote-node]
          toPorts: [{ports: [{port: "10250", protocol: TCP}]}]
`,
};

/** A pod that the API server calls, and on which container port. */
type Called = { readonly end: PodEnd; readonly port: number; readonly by: string };

function closed(world: LintWorld, told: ReadonlySet<End>): readonly Found[] {
  const { webhooks, nodes } = world.snapshot.inventory;
  if (webhooks.length === 0 || nodes.length === 1) return [];
  const callers = apiServers(world);
  const groups = new Map<string, { readonly policy: PolicyObject; readonly path: string; readonly called: Called[] }>();
  for (const called of calledPods(world)) {
    if (told.has(called.end) || !isIsolated(world, called.end, "ingress")) continue;
    if (callers.some((caller) => isAdmitted(caller, called, world))) continue;
    const place = isolatingPolicy(world, called.end, "ingress");
    if (place === null) continue;
    const key = `${policyName(place.policy)} ${place.path} ${called.port}`;
    const group = groups.get(key) ?? { ...place, called: [] };
    group.called.push(called);
    groups.set(key, group);
  }
  const severity = nodes.length === 0 ? "warn" : "error";
  return [...groups.values()].map((group) => ({ ...foundOf(group), severity }));
}

function foundOf({
  policy,
  path,
  called,
}: {
  readonly policy: PolicyObject;
  readonly path: string;
  readonly called: readonly Called[];
}): Found {
  const by = [...new Set(called.map((one) => one.by))];
  const port = called[0]?.port ?? 0;
  const rule = {
    fromEntities: ["kube-apiserver", "remote-node"],
    toPorts: [{ ports: [{ port: String(port), protocol: "TCP" }] }],
  };
  const isCilium = policy.kind.startsWith("Cilium");
  return {
    policy,
    path,
    message: `no rule admits the API server on port ${port}, and ${by[0]}${by.length > 1 ? ` and ${by.length - 1} more` : ""} makes it call these pods`,
    help: isCilium
      ? "admit kube-apiserver and remote-node on the webhook's container port"
      : "admit kube-apiserver and remote-node in a CiliumNetworkPolicy: a NetworkPolicy cannot name nodes on Cilium",
    subjects: called.map(({ end }) => end),
    ...(isCilium && policy.namespace !== null
      ? { steps: [{ policy: policyName(policy), path, op: "append" as const, value: rule }] }
      : {}),
  };
}

function calledPods(world: LintWorld): readonly Called[] {
  const { snapshot } = world;
  const calls = new Map<string, { readonly by: string; readonly port: number }[]>();
  for (const webhook of snapshot.inventory.webhooks) {
    for (const { namespace, name, port } of webhook.services) {
      const key = `${namespace}/${name}`;
      calls.set(key, [...(calls.get(key) ?? []), { by: `${webhook.kind} ${webhook.name}`, port }]);
    }
  }
  const namespaces = new Set([...calls.keys()].map((key) => key.slice(0, key.indexOf("/"))));
  return podEnds(world.causes.ends)
    .filter((end) => namespaces.has(end.namespace))
    .flatMap((end) =>
      servicesOf(end, snapshot).flatMap((service) =>
        (calls.get(`${service.namespace}/${service.name}`) ?? []).flatMap(({ by, port }) => {
          const target = targetPort(service, port, end, snapshot);
          return target === null ? [] : [{ end, port: target, by }];
        }),
      ),
    );
}

/** As what the API server may arrive: its node, another one, from outside, through a tunnel's pod. */
function apiServers(world: LintWorld): readonly End[] {
  const outside: End = { ...nodeEnd(true), labels: ["reserved:kube-apiserver", "reserved:world"] };
  const tunnels = podEnds(world.causes.ends).filter((end) =>
    /konnectivity|tunnel|apiserver-network-proxy/.test(
      `${end.workload?.name ?? ""} ${end.pods.join(" ")} ${end.labels.join(" ")}`,
    ),
  );
  return [nodeEnd(true), nodeEnd(false), outside, OUTSIDE, ...tunnels];
}

function isAdmitted(caller: End, { end, port }: Called, world: LintWorld): boolean {
  const { candidates } = world.set.engine.walk(probe(caller, end, { port }), "ingress");
  return candidates.some(
    (one) => !one.deny && one.portMatches && (one.peerMatches || /CIDR|^from$/.test(one.peerField ?? "")),
  );
}
