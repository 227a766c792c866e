import type { Conversation, L7Request } from "#model/conversation.ts";
import type { Answer, Direction, Ruling } from "#model/decision.ts";
import type { Explained, Explanation, SideExplanation } from "#model/explanation.ts";
import type { Finding } from "#model/finding.ts";
import { type PolicyObject, placeOf } from "#model/policy.ts";
import type { Edit } from "#model/rehearsal.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { type EditSources, editWriter } from "../edits/edit-text.ts";
import { endNamespace } from "../end-name.ts";
import { editOf } from "../hole-report.ts";
import { causeWorld, denials, explainDenial, type ExplainedDenial } from "../holes.ts";
import { connectionOf, serviceFrontends } from "../judge.ts";
import { nameFacts } from "../learned-names.ts";
import { type PolicySet, policySet, proposedSet } from "../proposal.ts";
import { createProver } from "../edits/prove-edit.ts";
import { reportEnd, rulePlace } from "../report-edge.ts";
import { writeAnywhere } from "./rule-edit.ts";
import { ruleExplanations } from "./rules.ts";
import { notSelecting, selecting } from "./selecting.ts";
import { sideName, sideSentence } from "./side-sentence.ts";
import { sideSurprises } from "./side-surprises.ts";
import type { ExplainedSide, ExplainStage } from "./stage.ts";

/** One connection asked about. Its request, if any, is the conversation's only one. */
export type Question = {
  readonly conversation: Conversation;
  /** The server name of the TLS handshake beside an HTTP request. */
  readonly serverName: string | null;
  /** True when it came as recorded flows: then what Hubble said of it is told too. */
  readonly isRecorded: boolean;
};

/** Questions over a snapshot and a proposal; `sources` are texts of policy files, for edits. */
export type ExplainInput = {
  readonly snapshot: Snapshot;
  readonly proposed: readonly PolicyObject[];
  readonly only: boolean;
  readonly sources: EditSources;
  readonly questions: readonly Question[];
};

/** Decides each question and says why: who isolates, what every rule asks, what wins, and the edit that would allow it. */
export function explain(input: ExplainInput): Explained {
  const { questions, proposed, only } = input;
  const asked = questions.map((question) => question.conversation);
  const traffic = { ...input.snapshot.traffic, conversations: [...asked, ...input.snapshot.traffic.conversations] };
  const snapshot: Snapshot = { ...input.snapshot, traffic };
  const facts = nameFacts(snapshot);
  const set = policySet(snapshot, facts, proposedSet(snapshot.policies, proposed, only));
  const stage: ExplainStage = {
    set,
    world: causeWorld(snapshot, facts, set, serviceFrontends(snapshot.inventory.services)),
    prover: createProver(snapshot, facts, set),
    write: writeAnywhere(set.policies, editWriter(set.policies, input.sources)),
  };
  const { cilium, config, ciliumVersion } = snapshot;
  return {
    version: 1,
    cilium: ciliumVersion,
    assumptions: [cilium, config].flatMap((known) => (known.assumed ? [known.source] : [])),
    explanations: questions.map((question) => explainQuestion(question, stage)),
    findings: [...snapshot.findings, ...rejected(asked, set)],
  };
}

function explainQuestion(question: Question, stage: ExplainStage): Explanation {
  const { conversation, serverName } = question;
  const request = conversation.requests[0]?.request ?? null;
  const sides = (["egress", "ingress"] as const).map((side) => sideOf(side, question, request, stage));
  const reports = sides.map((side) => (side === null ? null : reportSide(side, stage)));
  const [egress = null, ingress = null] = reports;
  const verdict = verdictOf([egress, ingress]);
  const { from, to, protocol, port, icmpType, icmpCode } = conversation;
  return {
    ...{ from: reportEnd(from), to: reportEnd(to), protocol, port, icmpType, icmpCode, request },
    serverName,
    recorded: question.isRecorded ? conversation.recorded : null,
    verdict,
    sentence: wholeSentence(verdict, sides, reports),
    egress,
    ingress,
  };
}

function sideOf(
  side: Direction,
  { conversation, serverName }: Question,
  request: L7Request | null,
  { set }: ExplainStage,
): ExplainedSide | null {
  const names = set.names.of(conversation.from, conversation.to, conversation);
  const judgement = set.judge(conversation);
  const connection = { ...connectionOf(conversation, names, request), ...(serverName === null ? {} : { serverName }) };
  const decided = set.engine.decide(connection)[side];
  const judged = judgement.decision[side];
  const ruling: Ruling | null = judged?.decision === "undecided" ? judged : decided;
  if (ruling === null) return null;
  const [subject, peer] =
    side === "egress" ? [conversation.from, conversation.to] : [conversation.to, conversation.from];
  return { side, subject, peer, conversation, judgement, ruling, walk: set.engine.walk(connection, side, "clauses") };
}

function reportSide(side: ExplainedSide, stage: ExplainStage): SideExplanation {
  const { ruling, walk } = side;
  const { policies } = stage.set;
  const denial = deniedBy(side, stage);
  const allowed = ruling.decision === "allowed" ? ruling : null;
  const missing = ruling.decision === "undecided" ? ruling.missing : null;
  const selected = selecting(side, stage);
  return {
    decision: ruling.decision,
    sentence: denial?.sentence ?? sideSentence(side, stage),
    by: ruling.by.map((rule) => rulePlace(rule, policies)),
    implicit: allowed?.implicit ?? null,
    defaultDeny: walk.defaultDeny.map((rule) => rulePlace(rule, policies)),
    redirect: allowed?.redirect ?? null,
    l7: allowed?.l7 ?? null,
    auth: allowed?.auth ?? null,
    missing: missing?.what ?? null,
    remedy: missing?.remedy ?? null,
    selecting: selected,
    notSelecting: selected.length > 0 ? [] : notSelecting(side, stage),
    rules: ruleExplanations(side, stage),
    cause: denial?.cause ?? null,
    nearestRule: denial?.nearest === null || denial === null ? null : rulePlace(denial.nearest, policies),
    edit: denial === null ? null : provenEdit(denial, stage),
    surprises: sideSurprises(side, stage),
  };
}

/** The denial of this side with its cause, at L4 or in the proxy; null where nothing is denied. */
function deniedBy(
  { conversation, judgement, side }: ExplainedSide,
  { set, world }: ExplainStage,
): ExplainedDenial | null {
  const denial = denials(conversation, judgement, set).find((one) => one.side === side);
  return denial === undefined ? null : explainDenial(denial, world);
}

/** An edit that was tried and does not help is none; one that was not tried for its cost is offered as such. */
function provenEdit(denial: ExplainedDenial, stage: ExplainStage): Edit | null {
  const edit = editOf(denial, stage);
  return edit?.proven === true || stage.prover.isBounded() ? edit : null;
}

/** Denied if a side or its proxy denies, undecided if a side is; a proxy that was shown nothing lets L4 stand. */
function verdictOf(sides: readonly (SideExplanation | null)[]): Answer {
  if (sides.some((side) => side !== null && isDenied(side))) return "denied";
  return sides.some((side) => side?.decision === "undecided") ? "undecided" : "allowed";
}

function isDenied(side: SideExplanation): boolean {
  return side.decision === "denied" || side.l7 === "denied";
}

/** The sentences of the sides that made the verdict. */
function wholeSentence(
  verdict: Answer,
  sides: readonly (ExplainedSide | null)[],
  reports: readonly (SideExplanation | null)[],
): string {
  const pairs = sides.flatMap((side, index) => {
    const report = reports[index];
    return side === null || report === null || report === undefined ? [] : [{ side, report }];
  });
  if (pairs.length === 0) return "neither end is one on which Cilium enforces policy";
  const telling = pairs.filter(({ report }) => {
    if (verdict === "denied") return isDenied(report);
    return verdict === "undecided" ? report.decision === "undecided" : true;
  });
  return telling.map(({ side, report }) => `${sideName(side.side, side)}: ${report.sentence}`).join("; ");
}

/** Policies that the agent rejects and that might have spoken of these ends: they do nothing. */
function rejected(asked: readonly Conversation[], { engine, policies }: PolicySet): readonly Finding[] {
  const namespaces = new Set(asked.flatMap(({ from, to }) => [endNamespace(from), endNamespace(to)]));
  return engine.policies.flatMap((status): readonly Finding[] => {
    const policy = policies.get(status.policy);
    if (status.valid || policy === undefined) return [];
    if (policy.namespace !== null && !namespaces.has(policy.namespace)) return [];
    const message = `Cilium rejects ${status.policy}, so it does nothing: ${status.error}`;
    return [
      { id: "status-invalid", severity: "error", message, help: status.help, place: placeOf(policy, status.path) },
    ];
  });
}
