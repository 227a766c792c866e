import type { Conversation } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Finding } from "#model/finding.ts";
import { type PolicyObject, placeOf } from "#model/policy.ts";
import type {
  ConversationReport,
  CoverageReport,
  Hole,
  JudgedEdge,
  NotDecidedEdge,
  Rehearsal,
  UndecidedEdge,
} from "#model/rehearsal.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { calibrate } from "./calibrate.ts";
import { deadRules } from "./dead-rules.ts";
import { type EditSources, editWriter } from "./edits/edit-text.ts";
import { evidenceGaps, isTooLossy } from "./evidence.ts";
import { notExercised } from "./features.ts";
import { hairpins } from "./hairpins.ts";
import { inReportOrder, reportHole } from "./hole-report.ts";
import { causeWorld, denials, explainDenial } from "./holes.ts";
import { isolatedDirections } from "./isolation.ts";
import { serviceFrontends } from "./judge.ts";
import { knownEnds, podEnds } from "./known-ends.ts";
import { type NameFacts, nameFacts } from "./learned-names.ts";
import { namesUsed } from "./names-used.ts";
import { notSeen } from "./not-seen.ts";
import { byName, changedSet, countChanges, type PolicySet, policySet, proposedSet } from "./proposal.ts";
import { createProver } from "./edits/prove-edit.ts";
import { readiness } from "./readiness.ts";
import { reportDecision, reportEdge, timeText } from "./report-edge.ts";
import { withNames } from "./with-names.ts";

/** A snapshot, a proposal, and the texts of the proposal's files (for edits); `all` adds every conversation. */
export type RehearsalInput = {
  readonly snapshot: Snapshot;
  readonly proposed: readonly PolicyObject[];
  readonly only: boolean;
  readonly sources: EditSources;
  readonly all: boolean;
};

/** Everything the parts of a rehearsal share. */
type Stage = {
  readonly input: RehearsalInput;
  readonly snapshot: Snapshot;
  readonly facts: NameFacts;
  readonly before: PolicySet;
  readonly after: PolicySet;
  readonly judged: readonly Conversation[];
};

const SIDES: readonly Direction[] = ["egress", "ingress"];

/**
 * Decides every recorded conversation under the policies in force and under the proposal, and says what would break,
 * why, what to change, and how far the evidence reaches. Pure; the result is the JSON contract.
 */
export function rehearse(input: RehearsalInput): Rehearsal {
  const stage = prepare(input);
  const { snapshot, facts, before, after, judged } = stage;
  const calibration = {
    ...calibrate(snapshot, before.engine, facts),
    notExercised: notExercised(stage.after.policies, snapshot),
  };
  const coverage = coverageReport(snapshot);
  const { holes, isBounded } = findHoles(stage);
  const undecided = judged.flatMap((one) => undecidedSides(one, stage));
  const gaps = evidenceGaps(snapshot, coverage, calibration);
  const states = readiness({
    isolated: podEnds(knownEnds(snapshot)).filter((end) => isolatedDirections(after.engine, end).length > 0),
    holes,
    undecided,
    notSeen: coverage.notSeen,
    everywhere: unprovable(snapshot),
  });
  const findings = [
    ...snapshot.findings,
    ...namesUsed(snapshot, after, judged),
    ...rejections(stage),
    ...(isBounded ? [EDITS_BOUNDED] : []),
  ];
  const notProven = [...gaps, ...missed(coverage), ...undecided.map((edge) => openQuestion(edge))];
  const blocked = holes.length > 0 || findings.some((finding) => finding.severity === "error");
  return {
    version: 1,
    answer: blocked
      ? "not-ready"
      : notProven.length > 0 || states.some((one) => one.state !== "ready")
        ? "not-proven"
        : "ready",
    snapshot: snapshotReport(stage),
    calibration,
    coverage,
    totals: totals(stage),
    holes,
    newlyAllowed: judged.flatMap((one) => newlyAllowed(one, stage)),
    undecided,
    notDecided: snapshot.traffic.conversations.flatMap(notDecided),
    notProven,
    deadRules: deadRules(causeWorld(snapshot, facts, after, serviceFrontends(snapshot.inventory.services))),
    hairpins: hairpins(snapshot, facts),
    readiness: states,
    findings,
    ...(input.all ? { conversations: judged.map((one) => conversationReport(one, stage)) } : {}),
  };
}

function prepare(input: RehearsalInput): Stage {
  const { proposed, only } = input;
  const known = nameFacts(input.snapshot);
  const snapshot = withNames(input.snapshot, known);
  const before = policySet(snapshot, known, snapshot.policies);
  const after = changedSet(snapshot, known, before, proposedSet(snapshot.policies, proposed, only));
  const judged = snapshot.traffic.conversations.filter((one) => one.notDecided === null);
  return { input, snapshot, facts: known, before, after, judged };
}

function findHoles(stage: Stage): { readonly holes: readonly Hole[]; readonly isBounded: boolean } {
  const { snapshot, facts, before, after, input } = stage;
  const world = causeWorld(snapshot, facts, after, serviceFrontends(snapshot.inventory.services));
  const prover = createProver(snapshot, facts, after);
  const write = editWriter(after.policies, input.sources);
  const holeFacts = { snapshot, world, before: before.judge, prover, write };
  const found = stage.judged.flatMap((one) => denials(one, after.judge(one), after));
  const frequentFirst = found.sort((a, b) => b.conversation.flows - a.conversation.flows);
  const holes = inReportOrder(frequentFirst.map((denial) => reportHole(explainDenial(denial, world), holeFacts)));
  return { holes, isBounded: prover.isBounded() };
}

/** Some edits were not worked out, or not proven: said once. */
const EDITS_BOUNDED: Finding = {
  id: "edits-bound",
  severity: "info",
  message: "edits were worked out and proven for the most frequent holes alone",
  help: "mend those and rehearse again",
};

function newlyAllowed(conversation: Conversation, stage: Stage): readonly JudgedEdge[] {
  const before = stage.before.judge(conversation);
  const after = stage.after.judge(conversation);
  if (before.verdict !== "denied" || after.verdict !== "allowed") return [];
  return [
    {
      ...reportEdge(conversation),
      before: reportDecision(before.decision, before.verdict, stage.before.policies),
      after: reportDecision(after.decision, after.verdict, stage.after.policies),
    },
  ];
}

function undecidedSides(conversation: Conversation, stage: Stage): readonly UndecidedEdge[] {
  const { decision } = stage.after.judge(conversation);
  return SIDES.flatMap((side) => {
    const ruling = decision[side];
    if (ruling?.decision !== "undecided") return [];
    return [{ ...reportEdge(conversation), side, missing: ruling.missing.what, remedy: ruling.missing.remedy }];
  });
}

function notDecided(conversation: Conversation): readonly NotDecidedEdge[] {
  return conversation.notDecided === null ? [] : [{ ...reportEdge(conversation), reason: conversation.notDecided }];
}

function conversationReport(conversation: Conversation, stage: Stage): ConversationReport {
  const before = stage.before.judge(conversation);
  const after = stage.after.judge(conversation);
  return {
    id: conversation.id,
    ...reportEdge(conversation),
    sidesSeen: conversation.sidesSeen,
    recorded: conversation.recorded,
    before: reportDecision(before.decision, before.verdict, stage.before.policies),
    after: reportDecision(after.decision, after.verdict, stage.after.policies),
    ...(after.l7 === null ? {} : { l7: after.l7 }),
  };
}

function totals(stage: Stage): Rehearsal["totals"] {
  const answers = stage.judged.map((one) => stage.after.judge(one));
  const count = (verdict: string) => answers.filter((answer) => answer.verdict === verdict).length;
  return {
    conversations: stage.snapshot.traffic.conversations.length,
    allowed: count("allowed"),
    denied: count("denied"),
    undecided: count("undecided"),
    newlyAllowed: stage.judged.filter((one) => newlyAllowed(one, stage).length > 0).length,
    notDecided: stage.snapshot.traffic.conversations.length - stage.judged.length,
    l7Unseen: answers.filter((answer) => answer.l7 === "unseen").length,
  };
}

function snapshotReport(stage: Stage): Rehearsal["snapshot"] {
  const { snapshot, input } = stage;
  const { coverage } = snapshot.traffic;
  return {
    cluster: snapshot.config.value.clusterName,
    cilium: snapshot.ciliumVersion,
    assumptions: [snapshot.cilium, snapshot.config].filter((known) => known.assumed).map((known) => known.source),
    from: coverage.from === null ? null : timeText(coverage.from),
    to: coverage.to === null ? null : timeText(coverage.to),
    flows: coverage.flows,
    nodes: coverage.nodes.map((node) => node.name),
    policiesInForce: snapshot.policies.length,
    policiesProposed: input.proposed.length,
    ...countChanges(snapshot.policies, input.proposed, input.only),
  };
}

function coverageReport(snapshot: Snapshot): CoverageReport {
  const { coverage } = snapshot.traffic;
  const heard = new Set(coverage.nodes.map((node) => node.name.split("/").at(-1)));
  const used = new Set(snapshot.inventory.pods.filter((pod) => !pod.hostNetwork).flatMap((pod) => pod.nodeName ?? []));
  return {
    windowSeconds: coverage.windowSeconds,
    lostEvents: coverage.lostEvents,
    gaps: coverage.gaps.map((gap) => ({ ...gap, from: timeText(gap.from), to: timeText(gap.to) })),
    notSeen: notSeen(snapshot),
    nodesNotHeard: coverage.flows === 0 ? [] : [...used].filter((node) => !heard.has(node)).sort(),
    skipped: coverage.skipped,
    findings: coverage.findings,
  };
}

/** Reasons for which no namespace at all can be called ready. */
function unprovable(snapshot: Snapshot): readonly string[] {
  if (snapshot.traffic.coverage.flows === 0) return ["nothing was seen"];
  return isTooLossy(snapshot) ? ["too many events were lost"] : [];
}

/** Policies that the agent rejects: they protect and allow nothing. Of the proposal it is an error. */
function rejections({ after, input }: Stage): readonly Finding[] {
  const proposed = byName(input.proposed);
  return after.engine.policies.flatMap((one): Finding[] => {
    if (one.valid) return [];
    const policy = after.policies.get(one.policy);
    const place = policy === undefined ? { object: one.policy } : placeOf(policy, one.path);
    const message = `Cilium rejects ${one.policy}: ${one.error}`;
    const severity = proposed.has(one.policy) ? "error" : "warn";
    return [{ id: "status-invalid", severity, message, help: one.help, place }];
  });
}

function missed(coverage: CoverageReport): Rehearsal["notProven"] {
  return coverage.notSeen.map((one) => ({
    namespace: one.namespace,
    workload: { kind: one.kind, name: one.name },
    reason: one.reason,
    remedy: one.command ?? "wait until it runs",
  }));
}

function openQuestion(edge: UndecidedEdge): Rehearsal["notProven"][number] {
  const end = edge.side === "egress" ? edge.from : edge.to;
  const pod = end.kind === "pod" ? end : null;
  return {
    namespace: pod?.namespace ?? null,
    workload: pod?.workload ?? null,
    reason: edge.missing,
    remedy: edge.remedy,
  };
}
