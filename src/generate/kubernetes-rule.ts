import type { JsonObject } from "#model/json.ts";
import type { Peer, RuleDraft } from "./draft.ts";
import { type LabelSelector, selectorJson } from "./label-selector.ts";

const NAMESPACE_NAME = "kubernetes.io/metadata.name";

/** A rule as a NetworkPolicy of namespace `home` has it. Peers that it has no words for were sorted out before. */
export function kubernetesRule({ side, peers, ports }: RuleDraft, home: string, ipv6: boolean): JsonObject {
  const written = ports.flatMap((port) =>
    port.kind === "icmp"
      ? []
      : [{ protocol: port.protocol, port: port.port, ...(port.endPort === null ? {} : { endPort: port.endPort }) }],
  );
  return {
    [side === "egress" ? "to" : "from"]: peers.flatMap((peer) => peerJson(peer, home, ipv6)),
    ...(written.length === 0 ? {} : { ports: written }),
  };
}

function peerJson(peer: Peer, home: string, ipv6: boolean): readonly JsonObject[] {
  switch (peer.kind) {
    case "group":
      return [podsJson([peer.group.namespace], peer.group.selector, home)];
    case "groups":
      return [podsJson(peer.namespaces, peer.selector, home)];
    case "cidr":
      return [{ ipBlock: { cidr: peer.cidr } }];
    case "entity":
      return ["0.0.0.0/0", ...(ipv6 ? ["::/0"] : [])].map((cidr) => ({ ipBlock: { cidr } }));
    case "name":
      throw new Error("a NetworkPolicy has no words for names");
  }
}

function podsJson(namespaces: readonly string[] | null, selector: LabelSelector, home: string): JsonObject {
  const podSelector = selectorJson(selector);
  if (namespaces === null) return { namespaceSelector: {}, podSelector };
  const [only] = namespaces;
  if (namespaces.length === 1 && only === home) return { podSelector };
  const namespaceSelector =
    namespaces.length === 1 && only !== undefined
      ? { matchLabels: { [NAMESPACE_NAME]: only } }
      : { matchExpressions: [{ key: NAMESPACE_NAME, operator: "In", values: [...namespaces].sort() }] };
  return { namespaceSelector, podSelector };
}
