import type { Generated, GeneratedPolicy, LeftConversation, RuleEvidence } from "#model/generated.ts";
import type { Json, JsonObject } from "#model/json.ts";

/** The JSON contract of generate: stable, versioned, with the policies as objects. */
export function generatedJson(generated: Generated): string {
  const { policies, notWritten, unwanted, proof, findings } = generated;
  const document: JsonObject = {
    version: 1,
    policies: policies.map(policyJson),
    proof: {
      conversations: proof.conversations,
      allowed: proof.allowed,
      l7Unseen: proof.l7Unseen,
      denied: proof.denied.map(leftJson),
      undecided: proof.undecided.map(leftJson),
      rejected: proof.rejected.map((one) => ({ ...one })),
    },
    unwanted: unwanted.map((one) => ({ ...leftJson(one), kind: one.kind, result: one.result })),
    notWritten: notWritten.map(leftJson),
    findings: findings.map(({ id, severity, message, help }) => ({
      id,
      severity,
      message,
      ...(help === undefined ? {} : { help }),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** What stands behind the rules alone: for `--evidence beside`. */
export function evidenceJson({ policies }: Generated): string {
  const document: Json = policies.map((one) => {
    const { object: _, ...rest } = policyJson(one);
    return { policy: identity(one), ...rest };
  });
  return `${JSON.stringify(document, null, 2)}\n`;
}

function identity({ policy }: GeneratedPolicy): JsonObject {
  const { kind, namespace, name } = policy;
  return { kind, ...(namespace === null ? {} : { namespace }), name };
}

function policyJson({ policy, workloads, notes, rules }: GeneratedPolicy): JsonObject {
  return {
    object: policy.value,
    workloads,
    notes,
    rules: rules.map(({ path, direction, purpose, evidence, notes: own, excess }) => ({
      path,
      direction,
      purpose,
      evidence: evidenceOf(evidence),
      notes: own,
      excess: { count: excess.count, examples: excess.examples, beyond: excess.beyond },
    })),
  };
}

function evidenceOf({ conversations, flows, firstSeen, lastSeen, seenOnce, example }: RuleEvidence): JsonObject {
  return { conversations, flows, firstSeen: timeText(firstSeen), lastSeen: timeText(lastSeen), seenOnce, example };
}

function leftJson({ id, from, to, on, flows, firstSeen, lastSeen, reason }: LeftConversation): JsonObject {
  return {
    conversation: id,
    from,
    to,
    on,
    flows,
    firstSeen: timeText(firstSeen),
    lastSeen: timeText(lastSeen),
    reason,
  };
}

function timeText(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
