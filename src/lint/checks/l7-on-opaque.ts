import { itemsOf } from "#analysis/surprises/written-rules.ts";
import type { Conversation, End } from "#model/conversation.ts";
import { isObject, type JsonObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";

export const l7OnOpaque: Check = {
  id: "l7-on-opaque",
  severity: "warn",
  title: "HTTP rules on a port that speaks TLS",
  why: "Envoy reads requests, and cannot where they are encrypted: a TLS handshake on a port with HTTP rules is no HTTP request, and the connection is closed. Only with terminatingTLS and originatingTLS does the proxy decrypt, check and encrypt again.",
  limits:
    "Port 443 to names, addresses or the world; other ports where the recording holds TLS handshakes (server names) that the rule would take.",
  needs: [],
  find: (world) => {
    const seen = tlsByRule(world);
    return world.rules.flatMap((rule) => foundIn(rule, seen));
  },
  bad: `
name: HTTPS to an API
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toFQDNs: [{matchName: api.example.com}]
          toPorts: [{ports: [{port: "443", protocol: TCP}], rules: {http: [{method: GET}]}}]
`,
  good: `
name: the server's name instead
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toFQDNs: [{matchName: api.example.com}]
          toPorts: [{ports: [{port: "443", protocol: TCP}], serverNames: [api.example.com]}]
`,
};

type Seen = ReadonlyMap<string, readonly Conversation[]>;

/** Conversations with TLS handshakes by the rules that would hand them to the HTTP proxy. */
function tlsByRule(world: LintWorld): Seen {
  const found = new Map<string, Conversation[]>();
  for (const one of world.conversations) {
    if (!one.requests.some(({ request }) => request.kind === "tls")) continue;
    const { decision } = world.set.judge(one);
    for (const ruling of [decision.egress, decision.ingress]) {
      if (ruling?.decision !== "allowed" || ruling.redirect !== "http") continue;
      for (const rule of ruling.by) {
        const key = `${rule.policy} ${rule.element}`;
        found.set(key, [...(found.get(key) ?? []), one]);
      }
    }
  }
  return found;
}

function foundIn(rule: LintRule, seen: Seen): readonly Found[] {
  const met = seen.get(`${rule.ref.policy} ${rule.ref.element}`) ?? [];
  return itemsOf(rule.value["toPorts"]).flatMap((item, index): readonly Found[] => {
    if (!isObject(item) || item["terminatingTLS"] !== undefined || !hasHttp(item)) return [];
    const ports = itemsOf(item["ports"]).flatMap((port) => (isObject(port) ? [String(port["port"])] : []));
    const conversations = met.filter(({ port }) => port === null || ports.includes(String(port)));
    const isWeb = rule.direction === "egress" && ports.includes("443") && leavesCluster(rule.value);
    if (conversations.length === 0 && !isWeb) return [];
    const path = `${elementPath(rule.ref.element)}.toPorts[${index}].rules.http`;
    const port = conversations[0]?.port ?? 443;
    const message = `port ${port} speaks TLS${conversations.length > 0 ? " (handshakes were recorded)" : ""}: the proxy reads no request there and closes the connection`;
    const help =
      "allow the port without rules and name the servers (serverNames), or give it terminatingTLS and originatingTLS";
    const subjects: readonly End[] = [
      ...new Set(conversations.map((one) => (rule.direction === "egress" ? one.from : one.to))),
    ];
    return [{ policy: rule.policy, path, message, help, subjects, conversations }];
  });
}

function hasHttp(item: JsonObject): boolean {
  const { rules } = item;
  return isObject(rules) && itemsOf(rules["http"]).length > 0;
}

function leavesCluster(rule: JsonObject): boolean {
  const toWorld = itemsOf(rule["toEntities"]).some((one) => one === "world");
  return toWorld || ["toFQDNs", "toCIDR", "toCIDRSet"].some((field) => itemsOf(rule[field]).length > 0);
}
