import type { Ruling } from "#model/decision.ts";
import { keyLength, type Packet } from "./resolve/endpoint-policy.ts";
import type { Identity } from "./identity/identity.ts";
import { parseLabels } from "./selector/labels.ts";
import { verdictOf } from "./resolve/per-selector-policy.ts";
import { isWildcard } from "./selector/selector.ts";
import type { DirectionPolicy } from "./resolve/selector-policy.ts";
import type { SideContext } from "./side-context.ts";

// A peer that nobody knows is only decided where every peer there could be gets the same answer.

/** Rules that reach the packet's port, by whether they take everybody. */
type Reach = { readonly verdict: "allow" | "deny" | "pass"; readonly everybody: boolean; readonly priority: number };

export function unknownPeerRuling(
  target: Omit<Packet, "peer">,
  own: DirectionPolicy,
  { reason, context }: { readonly reason: string; readonly context: SideContext },
): Ruling {
  const reaching = rulesReaching({ ...target, peer: NOBODY }, own, context);
  const rules = reaching.map((item) => item.reach);
  const mayBeLocalhost = target.direction === "ingress" && context.allowLocalhost && !context.semantics.localhostIsRule;
  const first = Math.min(...rules.map((rule) => rule.priority));
  const deciding = rules.filter((rule) => rule.everybody && rule.priority === first);
  const by = reaching.filter((item) => item.reach.everybody).flatMap((item) => item.rules);
  if (rules.length === 0 && !mayBeLocalhost) return { decision: "denied", by: [], defaultDeny: own.defaultDeny };
  if (deciding.some((rule) => rule.verdict === "deny")) return { decision: "denied", by, defaultDeny: own.defaultDeny };
  const isOpen = deciding.some((rule) => rule.verdict === "allow") && rules.every((rule) => rule.verdict === "allow");
  const redirects = reaching.some((item) => item.redirects);
  if (isOpen && !redirects) {
    const plain = {
      redirect: null,
      l7: null,
      l7Reason: null,
      auth: null,
      implicit: by.length === 0 ? "default-allow" : null,
    };
    return { decision: "allowed", by, defaultDeny: own.defaultDeny, ...plain };
  }
  const missing = {
    what: `who the peer is: ${reason}`,
    remedy: "record with a Hubble that knows its identity, or give the objects of that time",
  };
  return { decision: "undecided", by: reaching.flatMap((item) => item.rules), defaultDeny: own.defaultDeny, missing };
}

const NOBODY: Identity = {
  key: "unknown",
  number: -1,
  labels: parseLabels([]),
  aggregate: null,
  isHost: false,
  namedPorts: new Map(),
};

function rulesReaching(packet: Packet, own: DirectionPolicy, context: SideContext) {
  return own.filters.flatMap((filter) => {
    const isNamedEgress = filter.portName !== "" && packet.direction === "egress";
    const reaches = isNamedEgress ? filter.proto === packet.proto : keyLength(filter, packet, context) !== null;
    if (!reaches) return [];
    return [...filter.selectors.values()].map(({ selector, policy, origin }) => {
      const everybody = isWildcard(selector) && !isNamedEgress;
      const reach: Reach = { verdict: verdictOf(policy), everybody, priority: policy?.priority ?? 0 };
      return { reach, rules: origin.rules, redirects: policy !== null && policy.l7Parser !== "" };
    });
  });
}
