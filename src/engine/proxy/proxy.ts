import type { L7Request } from "#model/conversation.ts";
import type { L7Answer, Redirect } from "#model/decision.ts";
import { type DistillContext, type Packet, resolvedPort } from "../resolve/endpoint-policy.ts";
import { envoyAnswer } from "./envoy.ts";
import type { L4Filter } from "../resolve/l4-filter.ts";
import { dnsMatcher } from "../selector/match-pattern.ts";
import { isRedirect, type MaybePolicy, type PerSelectorPolicy } from "../resolve/per-selector-policy.ts";
import type { DirectionPolicy } from "../resolve/selector-policy.ts";
import { isWildcard } from "../selector/selector.ts";

// Upstream: pkg/fqdn/dnsproxy (rules of the very port), cilium/proxy's network policy filter for HTTP and TLS. Differs:
// Envoy's part is modelled, see envoy.ts.

/** A filter's policy for a selector that takes the peer; `width`: 0 every port, 1 a range, 2 this very port. */
export type Applicable = { readonly filter: L4Filter; readonly policy: MaybePolicy; readonly width: 0 | 1 | 2 };

/** What the proxy was shown. HTTP requests may come with the name of the TLS handshake. */
export type Shown = { readonly request: L7Request | null; readonly serverName: string | null };

export type ProxyRuling = { readonly redirect: Redirect; readonly l7: L7Answer; readonly reason: string | null };

const UNSEEN = { l7: "unseen", reason: null } as const;

/** Every rule that applies to the packet, redirecting or not. Upstream: what is programmed into the proxies. */
export function applicableRules(
  policy: DirectionPolicy,
  packet: Packet,
  context: DistillContext,
): readonly Applicable[] {
  return policy.filters.flatMap((filter) => {
    const width = widthOf(filter, packet, context);
    if (width === null || (filter.proto !== 0 && filter.proto !== packet.proto)) return [];
    return [...filter.selectors.values()]
      .filter(({ selector }) => isWildcard(selector) || context.selects(selector, packet.peer))
      .map((entry) => ({ filter, policy: entry.policy, width }));
  });
}

function widthOf(filter: L4Filter, packet: Packet, context: DistillContext): Applicable["width"] | null {
  if (filter.portName !== "") return resolvedPort(filter, packet, context) === packet.port ? 2 : null;
  if (filter.port === 0) return 0;
  if (filter.endPort > filter.port) return packet.port >= filter.port && packet.port <= filter.endPort ? 1 : null;
  return filter.port === packet.port ? 2 : null;
}

/** Which proxy takes the connection, and what it answers to what was shown. */
export function proxyRuling(
  policy: DirectionPolicy,
  packet: Packet,
  shown: Shown,
  context: DistillContext,
): ProxyRuling {
  const rules = applicableRules(policy, packet, context);
  const best = rules.reduce<Redirecting | null>((found, rule) => better(found, rule), null);
  // None where only the peer's aggregate is selected, or a named port with an endPort takes the packet.
  const redirect: Redirect = best?.policy.l7Parser ?? "unknown";
  switch (redirect) {
    case "dns":
      return { redirect, ...dnsAnswer(rules, packet, shown, context) };
    case "http":
    case "tls":
      return { redirect, ...envoyAnswer(rules, shown) };
    default:
      return { redirect, ...UNSEEN };
  }
}

type Redirecting = Applicable & { readonly policy: PerSelectorPolicy };

/** The listener of the lower number wins, then the narrower port. */
function better(found: Redirecting | null, rule: Applicable): Redirecting | null {
  const { policy } = rule;
  if (!isRedirect(policy)) return found;
  const candidate = { ...rule, policy };
  if (found === null) return candidate;
  const tier = candidate.filter.tier - found.filter.tier;
  const listener = rank(policy) - rank(found.policy);
  const isBetter = tier < 0 || (tier === 0 && (listener < 0 || (listener === 0 && candidate.width > found.width)));
  return isBetter ? candidate : found;
}

function rank(policy: PerSelectorPolicy): number {
  return policy.listenerPriority === 0 ? 256 : policy.listenerPriority;
}

/**
 * The trap: only rules of exactly the question's port count at the DNS proxy. A plain allow of that port opens it; one
 * of all ports or of a range does not.
 */
function dnsAnswer(
  rules: readonly Applicable[],
  packet: Packet,
  { request }: Shown,
  { semantics }: DistillContext,
): Pick<ProxyRuling, "l7" | "reason"> {
  if (request?.kind !== "dns") return UNSEEN;
  if (packet.direction === "ingress") return { l7: "denied", reason: "DNS rules are for egress alone" };
  const asked = rules.filter((rule) => rule.width === 2 && holdsDns(rule.filter));
  const passes = asked.some((rule) => dnsMatcher(rule.policy?.rules.dns ?? [], semantics.deepPatterns)(request.name));
  return passes ? { l7: "allowed", reason: null } : { l7: "denied", reason: `no DNS rule matches ${request.name}` };
}

function holdsDns(filter: L4Filter): boolean {
  return [...filter.selectors.values()].some(({ policy }) => policy?.l7Parser === "dns");
}
