import type { Candidate } from "#model/connection.ts";
import { isObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import { allowingRule } from "../edits/allowing-rule.ts";
import { allowRules, type Cause, type CauseWorld, type Denial } from "../cause.ts";
import { itemsAt } from "../element.ts";
import { endName } from "../end-name.ts";
import { publicServices } from "../pod-facts.ts";

/**
 * A pod calls its own cluster by a public name: the agent turns the load balancer's address into the ingress
 * controller's pod before policy is asked, so rules for names, addresses or the world never take it.
 */
export const hairpinDead: Cause = {
  id: "hairpin-dead",
  explain(denial, world) {
    const { from, to, port } = denial.conversation;
    if (from.kind !== "pod" || to.kind !== "pod" || denial.refused.length > 0) return null;
    const services = publicServices(to, port, world.snapshot);
    const service = services[0];
    if (service === undefined) return null;
    const rule =
      denial.side === "egress"
        ? outsideRule(
            denial,
            world,
            services.flatMap((one) => one.loadBalancerAddresses),
          )
        : worldRule(denial, world);
    if (rule === null) return null;
    const turned = `hairpin: the address of Service ${service.namespace}/${service.name} becomes its pod before policy is asked`;
    return {
      sentence:
        denial.side === "egress"
          ? `${turned}; the ${rule.peerField ?? ""} rule never matches`
          : `${turned}: ${endName(from)} arrives as itself, and the rule admits only the outside`,
      nearest: rule.rule,
      steps: allowingRule(denial, world),
    };
  },
};

/** The caller's rule for the outside: toFQDNs (with a name of that address, where names are known), toCIDR, world. */
function outsideRule(denial: Denial, world: CauseWorld, addresses: readonly string[]): Candidate | null {
  const names = new Set(addresses.flatMap((address) => world.facts.byAddress.get(address) ?? []));
  const named = allowRules(denial, ["toFQDNs"]).find((rule) => names.size === 0 || speaksOf(rule, names, world));
  return named ?? allowRules(denial, ["toCIDR", "toCIDRSet", "toEntities"]).find((rule) => !rule.peerMatches) ?? null;
}

function speaksOf(rule: Candidate, names: ReadonlySet<string>, world: CauseWorld): boolean {
  const policy = world.policies.get(rule.rule.policy);
  if (policy === undefined) return false;
  return itemsAt(policy.value, `${elementPath(rule.rule.element)}.toFQDNs`).some(({ value }) => {
    const name = isObject(value) ? (value["matchName"] ?? value["matchPattern"]) : undefined;
    return typeof name === "string" && (names.has(name.toLowerCase()) || name.includes("*"));
  });
}

/** The ingress controller's rule that admits the outside on this port. */
function worldRule(denial: Denial, world: CauseWorld): Candidate | null {
  const rules = allowRules(denial, ["fromEntities", "fromCIDR", "fromCIDRSet", "from"]);
  return rules.find((rule) => rule.portMatches && !rule.peerMatches && !namesNodesOnly(rule, world)) ?? null;
}

/** Entities none of which is the outside. */
function namesNodesOnly({ rule, peerField }: Candidate, world: CauseWorld): boolean {
  const policy = world.policies.get(rule.policy);
  if (peerField !== "fromEntities" || policy === undefined) return false;
  const entities = itemsAt(policy.value, `${elementPath(rule.element)}.fromEntities`);
  return !entities.some(({ value }) => String(value).startsWith("world"));
}
