import type { Engine } from "#engine/engine.ts";
import type { Walk } from "#model/connection.ts";
import type { End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";

const ANYWHERE: End = { kind: "address", address: "192.0.2.1", names: [], labels: ["reserved:world"] };

/** The directions in which a set of policies isolates an endpoint (default deny is on). */
export function isolatedDirections(engine: Engine, end: End): readonly Direction[] {
  const directions: Direction[] = [];
  if (isIsolated(engine, ANYWHERE, end, "ingress")) directions.push("ingress");
  if (isIsolated(engine, end, ANYWHERE, "egress")) directions.push("egress");
  return directions;
}

function isIsolated(engine: Engine, from: End, to: End, direction: Direction): boolean {
  return walkFrom(engine, from, to, direction).defaultDeny.length > 0;
}

function walkFrom(engine: Engine, from: End, to: End, direction: Direction): Walk {
  const names = { learned: [], complete: true };
  const connection = { from, to, protocol: "TCP", port: 1, icmpType: null, icmpCode: null, request: null, names };
  return engine.walk(connection, direction);
}
