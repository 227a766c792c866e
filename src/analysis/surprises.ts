import type { PolicyObject } from "#model/policy.ts";
import { denyIsolates } from "./surprises/deny-isolates.ts";
import { emptyList } from "./surprises/empty-list.ts";
import { emptyRule } from "./surprises/empty-rule.ts";
import { icmpTypeZero } from "./surprises/icmp-type-zero.ts";
import { idleDefaultDeny } from "./surprises/idle-default-deny.ts";
import { l7Unfiltered } from "./surprises/l7-unfiltered.ts";
import { namedPort } from "./surprises/named-port.ts";
import { negatedGroup } from "./surprises/negated-group.ts";
import { negatedPeer } from "./surprises/negated-peer.ts";
import { portsWithoutPeer } from "./surprises/ports-without-peer.ts";
import { servicesInDeny } from "./surprises/services-in-deny.ts";
import { servicesToNobody } from "./surprises/services-to-nobody.ts";
import type { Surprise, SurpriseFound, SurpriseWorld } from "./surprises/surprise.ts";

/** What Cilium does with policies and nobody means, each held against Cilium's own engine in its tests. */
export const SURPRISES: readonly Surprise[] = [
  servicesToNobody,
  servicesInDeny,
  emptyList,
  portsWithoutPeer,
  negatedPeer,
  negatedGroup,
  icmpTypeZero,
  namedPort,
  l7Unfiltered,
  emptyRule,
  denyIsolates,
  idleDefaultDeny,
];

/** Every surprise of a policy that the agent accepts, with its id. */
export function surprisesOf(
  policy: PolicyObject,
  world: SurpriseWorld,
): readonly (SurpriseFound & { readonly id: string })[] {
  return SURPRISES.flatMap(({ id, find }) => find(policy, world).map((found) => ({ id, ...found })));
}
