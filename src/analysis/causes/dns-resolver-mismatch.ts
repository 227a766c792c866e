import { isObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { Candidate } from "#model/connection.ts";
import { allowRules, type Cause, type CauseWorld, type Denial, portText } from "../cause.ts";
import type { EditStep } from "../edits/edit-step.ts";
import { itemsAt } from "../element.ts";
import { endKey, endName } from "../end-name.ts";
import { peerSelector } from "../peer-rule.ts";
import { rulePorts } from "../rule-ports.ts";

/**
 * A rule was written for DNS and takes another resolver than the one that is asked: other labels (`k8s-app: coredns`),
 * another port (5353, 8053 behind the Service's 53), an address on the node.
 */
export const dnsResolverMismatch: Cause = {
  id: "dns-resolver-mismatch",
  explain(denial, world) {
    if (denial.side !== "egress" || denial.refused.length > 0 || !asksResolver(denial, world)) return null;
    const rule = meant(denial, world);
    if (rule === null) return null;
    const asked = `${endName(denial.peer)} ${portText(denial.conversation)}`;
    const what = rule.peerMatches
      ? `the DNS rule names another port; the resolver is asked at ${asked}`
      : `the DNS rule takes other peers than the resolver that is asked: ${asked}`;
    return { sentence: what, nearest: rule.rule, steps: stepsFor(denial, rule, world) };
  },
};

function asksResolver({ subject, conversation }: Denial, world: CauseWorld): boolean {
  const key = endKey(conversation.to);
  return world.names.resolvers(subject).some(({ to, port }) => port === conversation.port && endKey(to) === key);
}

/** The rule for DNS that misses by its peer or by its port. One for the same port of another protocol is not mistaken. */
function meant(denial: Denial, world: CauseWorld): Candidate | null {
  const rules = allowRules(denial, ["toEndpoints", "to", "toCIDR", "toCIDRSet", "toEntities", "toServices"]);
  const found = rules.filter((rule) => {
    const policy = world.policies.get(rule.rule.policy);
    if (policy === undefined) return false;
    const ports = rulePorts(policy, rule.rule).map(({ port }) => port);
    const filters = itemsAt(policy.value, `${elementPath(rule.rule.element)}.toPorts`).some(
      ({ value }) => isObject(value) && isObject(value["rules"]) && value["rules"]["dns"] !== undefined,
    );
    if (rule.peerMatches && ports.includes(String(denial.conversation.port))) return false;
    return filters || ports.some((port) => ["53", "5353", "8053"].includes(port) || /dns/i.test(port));
  });
  return found.find((rule) => rule.peerMatches) ?? found.find((rule) => rule.portMatches) ?? found[0] ?? null;
}

/** The port beside the one that is there, or the resolver beside the peers that are there. */
function stepsFor({ peer, conversation }: Denial, rule: Candidate, world: CauseWorld): readonly EditStep[] {
  const policy = world.policies.get(rule.rule.policy);
  if (policy === undefined || policy.kind === "NetworkPolicy") return [];
  const path = elementPath(rule.rule.element);
  const { policy: name } = rule.rule;
  if (rule.peerMatches) {
    const value = { port: String(conversation.port), protocol: "ANY" };
    return [{ policy: name, path: `${path}.toPorts[0].ports`, op: "append", value }];
  }
  if (peer.kind !== "pod" || rule.peerField !== "toEndpoints" || !rule.portMatches) return [];
  return [{ policy: name, path: `${path}.toEndpoints`, op: "append", value: peerSelector(peer, policy.namespace) }];
}
