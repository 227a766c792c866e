import { specPath } from "#analysis/element.ts";
import type { Connection } from "#model/connection.ts";
import type { End, ReservedEnd } from "#model/conversation.ts";
import type { Answer, Direction } from "#model/decision.ts";
import { elementPath } from "#model/policy.ts";
import type { LintRule, LintWorld } from "./lint-world.ts";
import { probe } from "./probe.ts";
import type { Spec } from "./subjects.ts";

/** The pod's own node, as every cluster has it. */
export const HOST: ReservedEnd = {
  ...{ kind: "reserved", entity: "host", labels: ["reserved:host"], addresses: [], nodes: [] },
};

/** The spec that a rule stands in. */
export function ruleSpec({ policy, ref, spec }: LintRule): Spec {
  return { policy, path: specPath(ref.element), value: spec };
}

/** A rule's path below the object: `spec.egress[0]`. */
export function rulePath({ ref }: Pick<LintRule, "ref">): string {
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

/** The packet between a subject and its peer in a direction. */
export function between(subject: End, peer: End, side: Direction, { names = [], ...packet }: Packet): Connection {
  const [from, to] = side === "egress" ? [subject, peer] : [peer, subject];
  return { ...probe(from, to, packet), names: { learned: names, complete: true } };
}

/** What one side's policies of the whole set say at L4; allowed where nothing is enforced. */
export function answerFor(world: LintWorld, one: Connection, side: Direction): Answer {
  return world.set.engine.decide(one)[side]?.decision ?? "allowed";
}
