import type { Finding } from "#model/finding.ts";
import type { Generated, LeftConversation, UnwantedConversation } from "#model/generated.ts";
import { withoutControls } from "../width.ts";
import { count, counted } from "../words.ts";

/** Lines of one list; the rest is counted. `all` shows everything. */
const MAX_LINES = 20;

/** What a run of generate did, for people: proof first, then what to decide, then what to know. */
export function generatedSummary(generated: Generated, all: boolean): string {
  const { notWritten, unwanted, findings } = generated;
  const lines = [
    headline(generated),
    ...proofLines(generated, all),
    ...excessLines(generated),
    ...listLines("looks unwanted: in no rule; decide, and allow with --include", unwanted.map(unwantedLine), all),
    ...listLines("could not be written", notWritten.map(leftLine), all),
    ...findings.flatMap(findingLines),
  ];
  return `${lines.map(withoutControls).join("\n")}\n`;
}

function headline({ policies, proof }: Generated): string {
  const rules = policies.reduce((sum, one) => sum + one.rules.length, 0);
  return `${counted(policies.length, "policy", "policies")} with ${counted(rules, "rule")} for ${counted(proof.conversations, "conversation")}`;
}

function proofLines({ proof }: Generated, all: boolean): readonly string[] {
  const { denied, undecided, rejected, allowed, conversations, l7Unseen } = proof;
  if (conversations === 0 && rejected.length === 0)
    return ["nothing to prove it on: no conversation of a pod was recorded"];
  const isSound = denied.length === 0 && rejected.length === 0;
  const whole =
    isSound && undecided.length === 0
      ? `proven: the engine allows all ${count(conversations)} of them under the result`
      : `${isSound ? "sound as far as known" : "NOT SOUND"}: the engine allows ${count(allowed)} of ${count(conversations)} under the result`;
  return [
    l7Unseen === 0 ? whole : `${whole} (${count(l7Unseen)} pass a proxy whose requests nobody recorded)`,
    ...listLines("refused by the result", denied.map(leftLine), all),
    ...listLines(
      "rejected by Cilium",
      rejected.map((one) => `${one.policy}: ${one.error}`),
      all,
    ),
    ...listLines("undecided under the result", undecided.map(leftLine), all),
  ];
}

function excessLines({ policies }: Generated): readonly string[] {
  const rules = policies.flatMap(({ policy, rules: own }) =>
    own.map((rule) => ({
      rule,
      place: `${policy.namespace === null ? "" : `${policy.namespace}/`}${policy.name} ${rule.path}`,
    })),
  );
  if (rules.length === 0) return [];
  const loose = rules.filter(({ rule }) => rule.excess.count > 0);
  const total = loose.reduce((sum, { rule }) => sum + rule.excess.count, 0);
  if (total === 0) return ["excess: none among the identities of the snapshot"];
  const widest = [...loose].sort((a, b) => b.rule.excess.count - a.rule.excess.count || (a.place < b.place ? -1 : 1));
  return [
    `excess: ${counted(total, "workload, peer and port", "workloads, peers and ports")} allowed that ${total === 1 ? "was" : "were"} not seen`,
    ...widest
      .slice(0, 5)
      .map(({ rule, place }) => `  ${place}: ${count(rule.excess.count)}, as ${rule.excess.examples.join("; ")}`),
  ];
}

function listLines(title: string, lines: readonly string[], all: boolean): readonly string[] {
  if (lines.length === 0) return [];
  const shown = all ? lines : lines.slice(0, MAX_LINES);
  const more = lines.length - shown.length;
  return [`${title}:`, ...shown.map((line) => `  ${line}`), ...(more === 0 ? [] : [`  … and ${count(more)} more`])];
}

function leftLine({ from, to, on, reason }: LeftConversation): string {
  return `${from} → ${to} ${on}: ${reason}`;
}

function unwantedLine(one: UnwantedConversation): string {
  const open = one.result === "allowed" ? " (still open: no generated policy closes it)" : "";
  return `${one.kind}: ${leftLine(one)}${open}`;
}

function findingLines({ severity, message, help }: Finding): readonly string[] {
  const word = severity === "info" ? "note" : severity === "warn" ? "warning" : "error";
  return [`${word}: ${message}`, ...(help === undefined ? [] : [`  help: ${help}`])];
}
