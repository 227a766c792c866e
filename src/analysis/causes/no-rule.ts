import type { L7Request } from "#model/conversation.ts";
import { isObject, type Json } from "#model/json.ts";
import { elementPath, type PolicyObject, type RuleRef } from "#model/policy.ts";
import { allowingRule } from "../edits/allowing-rule.ts";
import { type Cause, type CauseWorld, type Denial, portText } from "../cause.ts";
import { dnsProxySteps } from "../dns-steps.ts";
import type { EditStep } from "../edits/edit-step.ts";
import { itemsAt, valueAt } from "../element.ts";
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
    const what = first === undefined ? "the L7 rules refuse a request" : refusedWords(first);
    return denial.refused.length > 1 ? `${what} and ${denial.refused.length - 1} more` : what;
  }
  const names = denial.peer.kind === "address" ? (world.facts.byAddress.get(denial.peer.address) ?? []) : [];
  const text = portText(denial.conversation);
  if (denial.side === "ingress") return `no rule admits ${whom} on ${text}`;
  return names.length > 0
    ? `no rule allows egress to ${names[0]} on ${text}`
    : `no rule allows egress to ${whom} on ${text}`;
}

function refusedWords(request: L7Request): string {
  switch (request.kind) {
    case "dns":
      return `the DNS rule does not allow \`${request.name}\``;
    case "http":
      return `no HTTP rule allows \`${request.method} ${request.path}\``;
    case "tls":
      return `no rule takes the server name \`${request.serverName}\``;
  }
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
    rule.some((step) => step.op !== "remove" && isObject(step.value) && "toFQDNs" in step.value) &&
    !world.names.isProxied(denial.subject);
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

/** What was refused, added to the L7 rules that took it: names to DNS rules, requests to HTTP rules, server names. */
function refusedSteps(denial: Denial, world: CauseWorld): readonly EditStep[] {
  const rules = denial.walk.candidates.filter((candidate) => candidate.fails === "none" && !candidate.deny);
  return denial.refused.flatMap(({ request }): EditStep[] => {
    const steps = rules.flatMap(({ rule }): EditStep[] => {
      const policy = world.policies.get(rule.policy);
      const path = policy === undefined ? null : l7List(policy, rule, request);
      return path === null ? [] : [{ policy: rule.policy, path, op: "append", value: l7Value(request) }];
    });
    return steps.slice(0, 1);
  });
}

/** The list of the rule that takes requests of this kind; null when it has none. */
function l7List(policy: PolicyObject, rule: RuleRef, request: L7Request): string | null {
  const name = request.kind === "tls" ? "serverNames" : `rules.${request.kind}`;
  const found = itemsAt(policy.value, `${elementPath(rule.element)}.toPorts`)
    .map((item) => `${item.path}.${name}`)
    .find((path) => valueAt(policy.value, path) !== undefined);
  return found ?? null;
}

function l7Value(request: L7Request): Json {
  switch (request.kind) {
    case "dns":
      return { matchName: request.name.replace(/\.$/, "") };
    case "http":
      // Envoy matches method and path as expressions over the whole text.
      return { method: request.method, path: request.path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") };
    case "tls":
      return request.serverName;
  }
}
