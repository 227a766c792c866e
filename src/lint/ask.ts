import { specPath } from "#analysis/element.ts";
import type { Connection } from "#model/connection.ts";
import type { End, ReservedEnd } from "#model/conversation.ts";
import type { Answer, Direction } from "#model/decision.ts";
import { elementPath } from "#model/policy.ts";
import type { LintRule, LintWorld } from "./lint-world.ts";
import type { Spec } from "./subjects.ts";

/** Ends that every cluster has, whatever the objects tell. The outside address is one that nobody owns (RFC 5737). */
export const OUTSIDE: End = { kind: "address", address: "192.0.2.1", names: [], labels: ["reserved:world"] };
export const HOST = reserved("host", ["reserved:host"]);
export const REMOTE_NODE = reserved("remote-node", ["reserved:remote-node"]);
export const API_SERVER_NODE = reserved("kube-apiserver", ["reserved:kube-apiserver", "reserved:remote-node"]);
export const HEALTH = reserved("health", ["reserved:health"]);
export const INGRESS = reserved("ingress", ["reserved:ingress"]);

function reserved(entity: string, labels: readonly string[]): ReservedEnd {
  return { kind: "reserved", entity, labels, addresses: [], nodes: [] };
}

/** The spec that a rule stands in. */
export function ruleSpec({ policy, ref, spec }: LintRule): Spec {
  return { policy, path: specPath(ref.element), value: spec };
}

/** A rule's path below the object: `spec.egress[0]`. */
export function rulePath({ ref }: LintRule): string {
  return elementPath(ref.element);
}

/** What is asked of the set: a packet between two ends. ICMP has a type and no port. */
export type Packet = {
  readonly protocol: string;
  readonly port?: number;
  readonly icmpType?: number;
  /** Names under which Cilium would know the destination; default none. */
  readonly names?: readonly string[];
};

export function connection(from: End, to: End, { protocol, port, icmpType, names }: Packet): Connection {
  return {
    ...{ from, to, protocol, port: port ?? null, icmpType: icmpType ?? null, icmpCode: null, request: null },
    names: { learned: names ?? [], complete: true },
  };
}

/** What one side's policies of the whole set say at L4; allowed where nothing is enforced. */
export function answerFor(world: LintWorld, one: Connection, side: Direction): Answer {
  return world.set.engine.decide(one)[side]?.decision ?? "allowed";
}

/** The packet between a subject and its peer in a direction. */
export function between(subject: End, peer: End, side: Direction, packet: Packet): Connection {
  return side === "egress" ? connection(subject, peer, packet) : connection(peer, subject, packet);
}

/** True when the set isolates an endpoint in a direction. */
export function isIsolated(world: LintWorld, subject: End, side: Direction): boolean {
  return (
    world.set.engine.walk(between(subject, OUTSIDE, side, { protocol: "TCP", port: 1 }), side).defaultDeny.length > 0
  );
}
