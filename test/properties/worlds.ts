import fc from "fast-check";
import { pod } from "../stories/story.ts";

/** Small worlds: two namespaces, three apps, two ports. Small enough that everything meets everything. */
export const PODS = ["east/a", "east/b", "west/a", "west/c"] as const;
export const OBJECTS = PODS.map((name) => pod(name, { app: name.slice(5) })).join("");

export type RuleText = { readonly section: string; readonly peer: unknown; readonly port: number | null };
export type PolicyText = {
  readonly namespace: string;
  readonly name: string;
  readonly app: string | null;
  readonly rules: readonly RuleText[];
};

const selector = fc.constantFrom(
  {},
  { matchLabels: { app: "a" } },
  { matchLabels: { app: "b" } },
  { matchLabels: { "k8s:io.kubernetes.pod.namespace": "west" } },
);
const peer = (direction: string) =>
  fc.oneof(
    selector.map((one) => ({ [`${direction}Endpoints`]: [one] })),
    fc.constantFrom("host", "world", "cluster", "all").map((entity) => ({ [`${direction}Entities`]: [entity] })),
    fc.constant({ [`${direction}CIDR`]: ["198.51.100.0/24"] }),
  );

const rule = fc.constantFrom("ingress", "egress", "ingressDeny", "egressDeny").chain((section) =>
  fc.record({
    section: fc.constant(section),
    peer: peer(section.startsWith("ingress") ? "from" : "to"),
    port: fc.constantFrom(null, 80, 443),
  }),
);

export const policy: fc.Arbitrary<PolicyText> = fc.record({
  namespace: fc.constantFrom("east", "west"),
  name: fc.constantFrom("p", "q", "r", "s"),
  app: fc.constantFrom(null, "a", "b", "c"),
  rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
});

/** Policies of distinct names. */
export const policies = fc.uniqueArray(policy, { maxLength: 4, selector: (one) => `${one.namespace}/${one.name}` });

/** The policies as a stream of JSON documents. */
export function textOf(all: readonly PolicyText[]): string {
  return all.map((one) => JSON.stringify(objectOf(one), null, 1)).join("\n---\n");
}

function objectOf({ namespace, name, app, rules }: PolicyText) {
  const sections: Record<string, unknown[]> = {};
  for (const one of rules) {
    const ports = one.port === null ? {} : { toPorts: [{ ports: [{ port: String(one.port), protocol: "TCP" }] }] };
    sections[one.section] = [...(sections[one.section] ?? []), { ...(one.peer as object), ...ports }];
  }
  const endpointSelector = app === null ? {} : { matchLabels: { app } };
  const meta = { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", metadata: { name, namespace } };
  return { ...meta, spec: { endpointSelector, ...sections } };
}

const ENDS = [...PODS, "host", "198.51.100.7", "203.0.113.9"];

/** Everybody to everybody on both ports, one line each, as a story's `seen`. */
export const SEEN = ENDS.flatMap((from) =>
  ENDS.filter((to) => to !== from && (from.includes("/") || to.includes("/"))).flatMap((to) => [
    `${from} -> ${to}:80 TCP`,
    `${from} -> ${to}:443 TCP`,
  ]),
).join("\n");
