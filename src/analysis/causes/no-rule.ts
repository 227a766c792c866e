import { isObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import { allowingRule } from "../allowing-rule.ts";
import { type Cause, type CauseWorld, type Denial, portText } from "../cause.ts";
import { dnsProxySteps } from "../dns-steps.ts";
import type { EditStep } from "../edit-step.ts";
import { endName } from "../end-name.ts";
import { nearestRule } from "../nearest-rule.ts";
import { firstToPorts } from "../rule-ports.ts";

/** Nothing in the subject's policies speaks of this peer and port. */
export const noRule: Cause = {
  id: "no-rule",
  explain(denial, world) {
    const { conversation, side } = denial;
    const whom = side === "egress" ? endName(conversation.to) : endName(conversation.from);
    const nearest = nearestRule(denial, world);
    return {
      sentence: sentenceFor(denial, world, whom),
      nearest,
      steps: allowingSteps(denial, world),
    };
  },
};

function sentenceFor(denial: Denial, world: CauseWorld, whom: string): string {
  if (denial.refused.length > 0) {
    const first = denial.refused[0]?.request;
    const what =
      first?.kind === "dns"
        ? `the DNS rule does not allow \`${first.name}\``
        : "the L7 rules refuse a request that was seen";
    return denial.refused.length > 1 ? `${what} and ${denial.refused.length - 1} more` : what;
  }
  const names = denial.peer.kind === "address" ? (world.facts.byAddress.get(denial.peer.address) ?? []) : [];
  const text = portText(denial.conversation);
  if (denial.side === "ingress") return `no rule admits ${whom} on ${text}`;
  return names.length > 0
    ? `no rule allows egress to ${names[0]} on ${text}`
    : `no rule allows egress to ${whom} on ${text}`;
}

/**
 * The least that allows it: the port in a rule that has the peer already, else a rule of its own in the policy that
 * selects the subject. An outside name needs the DNS proxy as well.
 */
export function allowingSteps(denial: Denial, world: CauseWorld): readonly EditStep[] {
  if (denial.refused.length > 0) return refusedSteps(denial, world);
  const port = portStep(denial, world);
  if (port !== null) return [port];
  const rule = allowingRule(denial, world);
  const needsDns =
    rule.some(({ value }) => isObject(value) && "toFQDNs" in value) && !world.names.isProxied(denial.subject);
  return needsDns ? [...rule, ...dnsProxySteps(denial, world)] : rule;
}

function portStep(denial: Denial, world: CauseWorld): EditStep | null {
  const { port, protocol } = denial.conversation;
  const nearest = denial.walk.candidates.find(
    (candidate) => !candidate.deny && candidate.peerMatches && !candidate.portMatches && candidate.peerField !== null,
  );
  const policy = nearest === undefined ? undefined : world.policies.get(nearest.rule.policy);
  if (nearest === undefined || policy === undefined || port === null || policy.kind === "NetworkPolicy") return null;
  const entry = firstToPorts(policy, nearest.rule);
  if (entry === null || nearest.peerField === "toEntities" || nearest.peerField === "fromEntities") return null;
  return { policy: nearest.rule.policy, path: `${entry}.ports`, op: "append", value: { port: String(port), protocol } };
}

/** The refused names, added to the DNS rule that took the question. */
function refusedSteps(denial: Denial, world: CauseWorld): readonly EditStep[] {
  const rule = denial.walk.candidates.find((candidate) => candidate.fails === "none" && !candidate.deny);
  const policy = rule === undefined ? undefined : world.policies.get(rule.rule.policy);
  if (rule === undefined || policy === undefined) return [];
  const path = `${elementPath(rule.rule.element)}.toPorts[0].rules.dns`;
  return denial.refused.flatMap(({ request }): EditStep[] =>
    request.kind === "dns"
      ? [{ policy: rule.rule.policy, path, op: "append", value: { matchName: request.name.replace(/\.$/, "") } }]
      : [],
  );
}
