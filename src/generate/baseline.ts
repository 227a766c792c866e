import type { JsonObject } from "#model/json.ts";
import { NAMESPACE_LABEL } from "#model/labels.ts";
import { type DraftPolicy, policyObject } from "./assemble.ts";
import { scoped } from "./cilium-rule.ts";
import type { Port } from "./draft.ts";
import type { Group } from "./group.ts";
import { isSystem } from "./infrastructure-namespaces.ts";
import { EVERY_POD } from "./label-selector.ts";
import { isResolverTraffic } from "./resolver.ts";
import type { Stage } from "./stage.ts";

const NAMESPACE_KEY = `k8s:${NAMESPACE_LABEL}`;

/** Ingress controllers and load balancers, by the names that their charts give their pods. */
const INGRESS =
  /^(?:traefik|ingress-nginx|nginx-ingress|haproxy-ingress|kubernetes-ingress|contour|envoy|kong|istio-ingressgateway|envoy-gateway|gateway|metallb|kube-vip)$/;

/**
 * One clusterwide policy: default deny for every pod of the application namespaces, and in the same object what lets them
 * ask DNS, so that neither is ever there without the other. The traps: `endpointSelector: {}` takes Cilium's health and
 * ingress endpoints too, and `NotIn` takes what lacks the label: so the namespace must exist. The cluster's own namespaces
 * and ingress controllers are left out by name.
 */
export function baselinePolicy(stage: Stage): readonly DraftPolicy[] {
  const resolvers = resolversOf(stage);
  const excluded = excludedNamespaces(stage, resolvers);
  const closed = scopeOf(stage, excluded);
  const { directions } = stage.options;
  const ingress: JsonObject = directions.includes("ingress") ? { ingress: [{ fromEntities: ["host"] }] } : {};
  const egress: JsonObject = directions.includes("egress") ? { egress: resolvers.map((one) => toResolver(one)) } : {};
  const specs: JsonObject[] = [
    {
      description:
        "every pod is closed but for its own node and DNS; what it needs beyond that, its own policies allow",
      endpointSelector: closed,
      ...ingress,
      ...egress,
    },
    ...resolvers.map((one) => fromEverybody(one)),
  ];
  const body: JsonObject = { specs };
  const policy = policyObject({ kind: "ccnp", namespace: "", name: "default-deny", body });
  const asked = stage.options.namespaces.length > 0;
  const notes = asked
    ? []
    : [`left out: ${excluded.join(", ")}; Cilium's health and ingress endpoints (they have no namespace)`];
  return [{ policy, groups: [], notes, rules: [] }];
}

/** Pods of the namespaces asked for; else of all but those left out. */
function scopeOf({ options }: Stage, excluded: readonly string[]): JsonObject {
  if (options.namespaces.length > 0) return scoped(options.namespaces, EVERY_POD, null);
  return {
    matchExpressions: [
      { key: NAMESPACE_KEY, operator: "Exists" },
      { key: NAMESPACE_KEY, operator: "NotIn", values: excluded },
    ],
  };
}

export type Resolver = { readonly group: Group; readonly ports: readonly number[] };

/** The DNS pods really asked; without any the cluster's usual ones. */
export function resolversOf(stage: Stage): readonly Resolver[] {
  const found = new Map<Group, Set<number>>();
  const note = (group: Group | null, port: number) => {
    if (group === null) return;
    found.set(group, (found.get(group) ?? new Set<number>()).add(port));
  };
  for (const one of stage.conversations) {
    if (isResolverTraffic(one, stage) && one.port !== null) note(stage.groups.of(one.to), one.port);
  }
  const inside = [...found.keys()].filter((group) => isSystem(group.namespace));
  for (const group of found.keys()) if (inside.length > 0 && !inside.includes(group)) found.delete(group);
  if (found.size === 0)
    for (const { to, port } of stage.facts.usualResolvers) note(stage.groups.of(to) ?? ASSUMED, port);
  return [...found].map(([group, ports]) => ({ group, ports: [...ports].sort((a, b) => a - b) }));
}

const ASSUMED: Group = {
  namespace: "kube-system",
  name: "kube-dns",
  workloads: [],
  ends: [],
  selector: { labels: { "k8s-app": "kube-dns" }, absent: [], oneOf: {} },
};

function excludedNamespaces({ groups }: Stage, resolvers: readonly Resolver[]): readonly string[] {
  const names = new Set(["kube-system", ...resolvers.map(({ group }) => group.namespace)]);
  for (const group of groups.all) {
    if (isSystem(group.namespace)) names.add(group.namespace);
    if (group.ends.some((end) => end.labels.some((label) => isIngressLabel(label)))) names.add(group.namespace);
  }
  return [...names].sort();
}

function isIngressLabel(label: string): boolean {
  const value = /^k8s:(?:app\.kubernetes\.io\/name|app|k8s-app)=(.*)$/.exec(label)?.[1];
  if (label.startsWith("k8s:app.kubernetes.io/part-of=cilium")) return true;
  return value !== undefined && (value === "cilium" || INGRESS.test(value));
}

function portsOf({ ports }: Resolver): JsonObject {
  const both = ports.flatMap((port): Port[] => [
    { kind: "port", protocol: "UDP", port, endPort: null },
    { kind: "port", protocol: "TCP", port, endPort: null },
  ]);
  const written = both.flatMap((port) =>
    port.kind === "port" ? [{ port: String(port.port), protocol: port.protocol }] : [],
  );
  return { ports: written };
}

/** Names are asked through the proxy, so that they are known when rules are written for them. */
export function toResolver(resolver: Resolver): JsonObject {
  const { group } = resolver;
  return {
    toEndpoints: [scoped([group.namespace], group.selector, null)],
    toPorts: [{ ...portsOf(resolver), rules: { dns: [{ matchPattern: "*" }] } }],
  };
}

/** Where other policies close the resolver, everybody may still ask it; this one does not close it. */
function fromEverybody(resolver: Resolver): JsonObject {
  const { group } = resolver;
  return {
    description: "every pod may ask DNS; this does not close the resolver itself",
    endpointSelector: scoped([group.namespace], group.selector, null),
    enableDefaultDeny: { ingress: false, egress: false },
    ingress: [
      {
        fromEndpoints: [{ matchExpressions: [{ key: NAMESPACE_KEY, operator: "Exists" }] }],
        toPorts: [portsOf(resolver)],
      },
      { fromEntities: ["host", "remote-node"], toPorts: [portsOf(resolver)] },
    ],
  };
}
