import type { Engine } from "#engine/engine.ts";
import type { NameKnowledge } from "#model/connection.ts";
import type { Conversation, RecordedVerdict } from "#model/conversation.ts";
import { count } from "#model/count.ts";
import type { Answer, Ruling } from "#model/decision.ts";
import type { CalibrationClass, CalibrationDifference, CalibrationReport } from "#model/rehearsal.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { endName } from "./end-name.ts";
import { comparableEpochs } from "./epochs.ts";
import { connectionOf } from "./judge.ts";
import { type NameFacts, nameMatching, selectorsIn } from "./learned-names.ts";

const MAX_DIFFERENCES = 200;

type Tally = {
  verdicts: number;
  reproduced: number;
  notComparable: number;
  readonly classes: Map<string, { verdicts: number; reproduced: number }>;
  readonly differences: CalibrationDifference[];
};

/**
 * Decides every recorded policy verdict again under the policies in force at its time, and counts by class which come
 * out the same. Verdicts of a time whose policies are not known are "not comparable", never agreement.
 */
export function calibrate(snapshot: Snapshot, engine: Engine, facts: NameFacts): CalibrationReport {
  const comparable = comparableEpochs(snapshot);
  const tally: Tally = { verdicts: 0, reproduced: 0, notComparable: 0, classes: new Map(), differences: [] };
  for (const conversation of snapshot.traffic.conversations) {
    for (const verdict of conversation.verdicts) {
      if (conversation.notDecided !== null || !comparable(verdict)) tally.notComparable += verdict.count;
      else compare(tally, engine, facts, conversation, verdict);
    }
  }
  return {
    verdicts: tally.verdicts,
    reproduced: tally.reproduced,
    notComparable: tally.notComparable,
    classes: Object.fromEntries([...tally.classes].sort(([a], [b]) => (a < b ? -1 : 1))) satisfies Record<
      string,
      CalibrationClass
    >,
    notExercised: [],
    differences: tally.differences,
    sentence: sentenceOf(tally),
  };
}

function sentenceOf(tally: Tally): string {
  if (tally.verdicts === 0 && tally.notComparable === 0) {
    return "no verdicts were recorded: no policy was in force, so nothing could be decided again";
  }
  if (tally.verdicts === 0) {
    return `no recorded verdict is comparable: the policies at the time of all ${count(tally.notComparable)} are not known`;
  }
  const rest = tally.notComparable > 0 ? `, ${count(tally.notComparable)} not comparable` : "";
  return `reproduced ${count(tally.reproduced)} of ${count(tally.verdicts)} recorded verdicts${rest}`;
}

function compare(
  tally: Tally,
  engine: Engine,
  facts: NameFacts,
  conversation: Conversation,
  verdict: RecordedVerdict,
): void {
  const names = namesThen(facts, conversation, verdict);
  const ruling = engine.decide(connectionOf(conversation, names, null))[verdict.side];
  const decided: Answer = ruling === null ? "allowed" : ruling.decision;
  const agrees = isSame(verdict, ruling);
  const kind = classOf(verdict, conversation);
  const counts = tally.classes.get(kind) ?? { verdicts: 0, reproduced: 0 };
  tally.classes.set(kind, counts);
  tally.verdicts += verdict.count;
  counts.verdicts += verdict.count;
  if (agrees) {
    tally.reproduced += verdict.count;
    counts.reproduced += verdict.count;
  } else if (tally.differences.length < MAX_DIFFERENCES) {
    tally.differences.push({
      conversation: conversation.id,
      side: verdict.side,
      recorded: verdict.verdict,
      decided,
      count: verdict.count,
      reason: reasonOf(ruling, conversation),
    });
  }
}

/** AUDIT and DROPPED mean denied (or authentication required), FORWARDED and REDIRECTED allowed. */
function isSame(verdict: RecordedVerdict, ruling: Ruling | null): boolean {
  const refused = verdict.verdict === "AUDIT" || verdict.verdict === "DROPPED";
  if (ruling === null) return !refused;
  if (ruling.decision === "undecided") return false;
  if (ruling.decision === "denied") return refused;
  const needsAuth = ruling.auth !== null && ruling.auth !== "disabled";
  return !refused || needsAuth;
}

/**
 * What Cilium knew then: the recorded labels of the outside end hold a `fqdn:` label for every selector of a policy in
 * force that it matched, so they say exactly which names counted.
 */
function namesThen(facts: NameFacts, conversation: Conversation, verdict: RecordedVerdict): NameKnowledge {
  if (conversation.to.kind !== "address") return { learned: [], complete: true };
  const selectors = selectorsIn(verdict.remoteLabels ?? []);
  if (selectors.length === 0) return { learned: [], complete: true };
  const known = facts.byAddress.get(conversation.to.address) ?? [];
  const learned = selectors.map((selector) => (selector.includes("*") ? nameMatching(selector) : selector));
  return { learned: [...new Set([...learned, ...known])], complete: true };
}

function classOf(verdict: RecordedVerdict, conversation: Conversation): string {
  if (verdict.dropReason === "AUTH_REQUIRED") return "auth";
  if (conversation.port === 53 || verdict.verdict === "REDIRECTED")
    return verdict.verdict === "REDIRECTED" ? "dns" : base(verdict);
  if (selectorsIn(verdict.remoteLabels ?? []).length > 0) return "fqdn";
  return base(verdict);
}

function base(verdict: RecordedVerdict): string {
  if (verdict.verdict === "FORWARDED" || verdict.verdict === "REDIRECTED") return "allowed";
  const byRule = verdict.dropReason === "POLICY_DENY" || verdict.policies.length > 0;
  return byRule ? "deny-rule" : "default-deny";
}

function reasonOf(ruling: Ruling | null, conversation: Conversation): string {
  const edge = `${endName(conversation.from)} to ${endName(conversation.to)}`;
  if (ruling === null) return `${edge}: no policy is enforced on this side`;
  if (ruling.decision === "undecided") return `${edge}: ${ruling.missing.what}`;
  const rules = ruling.by.map((rule) => `${rule.policy} ${rule.element}`).join(", ");
  return rules === "" ? `${edge}: ${ruling.decision} by default` : `${edge}: ${ruling.decision} by ${rules}`;
}
