import type { Conversation, End } from "#model/conversation.ts";
import type { ConversationDecision, Ruling } from "#model/decision.ts";
import { elementPath, placeOf, type PolicyObject, type RuleRef } from "#model/policy.ts";
import type { DecisionReport, EdgeReport, EndReport, RulePlace, SideReport } from "#model/rehearsal.ts";

type Policies = ReadonlyMap<string, PolicyObject>;

/** An end in the shape of the JSON contract. */
export function reportEnd(end: End): EndReport {
  switch (end.kind) {
    case "pod": {
      const { namespace, workload, pods, podCount, labels } = end;
      return { kind: "pod", namespace, workload, pods, podCount, identity: labels };
    }
    case "reserved":
      return { kind: "reserved", entity: end.entity, labels: end.labels, addresses: end.addresses };
    case "address":
      return { kind: "address", address: end.address, names: end.names };
    case "unknown":
      return { kind: "unknown", address: end.address, reason: end.reason };
  }
}

/** RFC 3339 in UTC of milliseconds since 1970. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** What every list of a rehearsal says of a conversation. */
export function reportEdge(conversation: Conversation): EdgeReport {
  return {
    conversation: conversation.id,
    from: reportEnd(conversation.from),
    to: reportEnd(conversation.to),
    protocol: conversation.protocol,
    port: conversation.port,
    icmpType: conversation.icmpType,
    icmpCode: conversation.icmpCode,
    flows: conversation.flows,
    firstSeen: timeText(conversation.firstSeen),
    lastSeen: timeText(conversation.lastSeen),
  };
}

/** A rule with its place in the user's files. */
export function rulePlace(rule: RuleRef, policies: Policies): RulePlace {
  const policy = policies.get(rule.policy);
  const place = policy === undefined ? {} : placeOf(policy, elementPath(rule.element));
  return { policy: rule.policy, element: rule.element, file: place.file ?? null, line: place.line ?? null };
}

/** Both sides of a decision with the places of its rules. */
export function reportDecision(
  decision: ConversationDecision,
  verdict: DecisionReport["verdict"],
  policies: Policies,
): DecisionReport {
  return { verdict, egress: reportSide(decision.egress, policies), ingress: reportSide(decision.ingress, policies) };
}

function reportSide(ruling: Ruling | null, policies: Policies): SideReport | null {
  if (ruling === null) return null;
  const places = (rules: readonly RuleRef[]) => rules.map((rule) => rulePlace(rule, policies));
  return {
    decision: ruling.decision,
    by: places(ruling.by),
    defaultDeny: places(ruling.defaultDeny),
    redirect: ruling.decision === "allowed" ? ruling.redirect : null,
    missing: ruling.decision === "undecided" ? ruling.missing.what : null,
    remedy: ruling.decision === "undecided" ? ruling.missing.remedy : null,
  };
}
