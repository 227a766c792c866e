import type { Conversation, End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Json, JsonObject } from "#model/json.ts";
import { parseLabel } from "#model/labels.ts";
import type { PolicyObject } from "#model/policy.ts";

const IDENTIFYING = [
  "app.kubernetes.io/name",
  "k8s-app",
  "app",
  "app.kubernetes.io/instance",
  "name",
  "run",
  "component",
];

/** The labels a person would write to mean this end: one that identifies it, else all of its own. */
export function tellingLabels(end: End): Readonly<Record<string, string>> {
  const own = ownLabels(end);
  for (const key of IDENTIFYING) {
    const value = own[key];
    if (value !== undefined) return { [key]: value };
  }
  return own;
}

function ownLabels(end: End): Readonly<Record<string, string>> {
  if (end.kind !== "pod") return {};
  const pairs = end.labels
    .map(parseLabel)
    .filter(
      (label) =>
        label.source === "k8s" && !label.key.startsWith("io.cilium.") && !label.key.startsWith("io.kubernetes."),
    )
    .map((label) => [label.key, label.value] as const);
  return Object.fromEntries(pairs);
}

/** A selector for an end as a peer of a policy in `namespace`; the namespace is named only where it differs. */
export function peerSelector(end: End, namespace: string | null): JsonObject {
  const labels = tellingLabels(end);
  const other = end.kind === "pod" && end.namespace !== namespace;
  const scope = other ? { "k8s:io.kubernetes.pod.namespace": end.namespace } : {};
  return { matchLabels: { ...scope, ...labels } };
}

/** The peer field and value that mean this end, by direction. */
export function peerOf(end: End, side: Direction, namespace: string | null): readonly [field: string, value: Json] {
  const prefix = side === "egress" ? "to" : "from";
  switch (end.kind) {
    case "pod":
      return [`${prefix}Endpoints`, [peerSelector(end, namespace)]];
    case "reserved":
      return [`${prefix}Entities`, [end.entity]];
    case "address": {
      const name = end.names[0];
      if (side === "egress" && name !== undefined) return ["toFQDNs", [{ matchName: name }]];
      return [`${prefix}CIDR`, [`${end.address}/${end.address.includes(":") ? 128 : 32}`]];
    }
    case "unknown":
      return [`${prefix}Entities`, ["all"]];
  }
}

/** The rule that allows exactly this conversation on one side, as a policy's author would write it. */
export function ruleFor(conversation: Conversation, side: Direction, policy: PolicyObject): JsonObject {
  const peer = side === "egress" ? conversation.to : conversation.from;
  const [field, value] = peerOf(peer, side, policy.namespace);
  return { [field]: value, ...portsFor(conversation) };
}

/** `toPorts` or `icmps` for a conversation. */
export function portsFor(conversation: Conversation): JsonObject {
  if (conversation.port !== null) {
    return { toPorts: [{ ports: [{ port: String(conversation.port), protocol: conversation.protocol }] }] };
  }
  if (conversation.icmpType === null) return {};
  const family = conversation.protocol === "ICMPv6" ? "IPv6" : "IPv4";
  return { icmps: [{ fields: [{ type: conversation.icmpType, family }] }] };
}
