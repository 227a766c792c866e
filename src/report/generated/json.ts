import type { Generated, GeneratedPolicy, LeftConversation, RuleEvidence } from "#model/generated.ts";
import type { Json, JsonObject } from "#model/json.ts";
import { policyName } from "#model/policy.ts";
import { jsonChunks } from "../json.ts";
import schema from "../schema/generated.schema.json" with { type: "json" };

/** A policy as it is written: `file` null where it goes to standard output. */
export type WrittenPolicy = { readonly file: string | null; readonly yaml: string };

/** The JSON contract of generate, described by `schema/generated.schema.json`. `written`: one for each policy, in order. */
export function generatedJson(generated: Generated, written: readonly WrittenPolicy[]): string {
  const { policies, notWritten, unwanted, proof, findings } = generated;
  const document: JsonObject = {
    version: 1,
    sound: proof.denied.length === 0 && proof.rejected.length === 0,
    policies: policies.map((one, index) => ({
      object: policyName(one.policy),
      file: written[index]?.file ?? null,
      yaml: written[index]?.yaml ?? "",
      ...policyJson(one),
    })),
    excess: policies.flatMap(excessJson),
    unhandled: notWritten.map(leftJson),
    unwanted: unwanted.map((one) => ({ ...leftJson(one), kind: one.kind, result: one.result })),
    proof: {
      conversations: proof.conversations,
      allowed: proof.allowed,
      l7Unseen: proof.l7Unseen,
      denied: proof.denied.map(leftJson),
      undecided: proof.undecided.map(leftJson),
      rejected: proof.rejected.map((one) => ({ ...one })),
    },
    findings: findings.map(({ id, severity, message, help }) => ({
      id,
      severity,
      message,
      ...(help === undefined ? {} : { help }),
    })),
  };
  return [...jsonChunks(document, schema)].join("");
}

/** Rules that allow what was not seen. */
function excessJson({ policy, rules }: GeneratedPolicy): readonly JsonObject[] {
  return rules
    .filter(({ excess }) => excess.count > 0 || excess.beyond !== null)
    .map(({ path, excess }) => ({ object: policyName(policy), path, ...excess }));
}

/** What stands behind the rules alone: for `--evidence beside`. */
export function evidenceJson({ policies }: Generated): string {
  const document: Json = policies.map((one) => {
    const { manifest: _, ...rest } = policyJson(one);
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
    manifest: policy.value,
    workloads,
    notes,
    evidence: rules.map(({ path, direction, purpose, evidence, notes: own, excess }) => ({
      path,
      direction,
      purpose,
      ...evidenceOf(evidence),
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
