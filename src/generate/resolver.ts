import { isDns } from "#analysis/resolver-ports.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Stage } from "./stage.ts";

/**
 * True for a conversation with a resolver: port 53, DNS requests seen in it, or a container port that a Service's port 53
 * leads to (CoreDNS on 5353, a node-local resolver on 8053).
 */
export function isResolverTraffic(conversation: Conversation, { resolverPorts }: Stage): boolean {
  const { to, port, protocol } = conversation;
  if (port === null || (protocol !== "UDP" && protocol !== "TCP")) return false;
  return isDns(conversation) || resolverPorts(to).includes(port);
}
