import type { End } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import type { LintWorld } from "./lint-world.ts";
import { lintedByName } from "./per-world.ts";
import { OUTSIDE, probe } from "./probe.ts";

/** The linted policy that isolates an endpoint in a direction, with the list that a rule would stand in; a namespaced one first. */
export function isolatingPolicy(
  world: LintWorld,
  end: End,
  direction: Direction,
): { readonly policy: PolicyObject; readonly path: string } | null {
  const connection = direction === "egress" ? probe(end, OUTSIDE, { port: 1 }) : probe(OUTSIDE, end, { port: 1 });
  const found = world.set.engine.walk(connection, direction).defaultDeny.flatMap((rule) => {
    const policy = lintedByName(world).get(rule.policy);
    return policy === undefined ? [] : [{ policy, path: elementPath(rule.element).replace(/(?:Deny)?\[\d+\]$/, "") }];
  });
  return found.find(({ policy }) => policy.namespace !== null) ?? found[0] ?? null;
}
