import type { Candidate } from "#model/connection.ts";
import type { ConversationDecision, Direction, Ruling } from "#model/decision.ts";
import { placeText } from "#model/place.ts";
import { elementPath, placeOf, type PolicyObject, type RuleRef } from "#model/policy.ts";
import type { TestConnection, TestEdit, TestFailure } from "#model/policy-test.ts";
import type { CauseWorld, Denial } from "../cause.ts";
import { flowText } from "#edit/render.ts";
import { styleOf } from "#edit/style.ts";
import { type EditSources, editWriter } from "../edits/edit-text.ts";
import type { EditStep } from "../edits/edit-step.ts";
import { endName } from "../end-name.ts";
import { causeWorld, type ExplainedDenial, explainDenial } from "../holes.ts";
import { serviceFrontends } from "../judge.ts";
import { nameFacts } from "../learned-names.ts";
import { decideConnection, isSame, type PolicyTestResult, type PreparedTest } from "./policy-test.ts";
import { type Narrowing, narrowings, peersText, takenBy } from "./policy-test-narrowing.ts";
import { createTestProver, type TestProver } from "./policy-test-prover.ts";
import { conversationOf, snapshotOfTest } from "./policy-test-snapshot.ts";
import { askedOf } from "./policy-test-world.ts";
import { byName, policySet } from "../proposal.ts";

/** Failures of one test that are explained; the others only say what was decided. */
const MAX_EXPLAINED = 50;

/** Everything that explaining one test's failures needs. */
type Stage = {
  readonly prepared: PreparedTest;
  readonly policies: ReadonlyMap<string, PolicyObject>;
  readonly world: CauseWorld;
  readonly prover: TestProver;
  readonly write: ReturnType<typeof editWriter>;
};

/**
 * Says why results are not as expected, by their index: which rules decided and where they stand, who switched default
 * deny on, which rule was nearest, and an edit that the engine has proven on the whole test. `sources` are the texts of the
 * policies' files; a policy that has none is told by element instead of by diff.
 */
export function explainFailures(
  prepared: PreparedTest,
  results: readonly PolicyTestResult[],
  sources: EditSources,
): ReadonlyMap<number, TestFailure> {
  const stage = createStage(prepared, results, sources);
  const failures = new Map<number, TestFailure>();
  for (const [index, result] of results.entries()) {
    if (result.pass) continue;
    const failure =
      "policy" in result
        ? policyFailure(result)
        : failures.size < MAX_EXPLAINED
          ? connectionFailure(stage, index, result)
          : { sentences: [`not explained: ${MAX_EXPLAINED} failures of this test are`], edit: null };
    if (failure !== null) failures.set(index, failure);
  }
  return failures;
}

function createStage(prepared: PreparedTest, results: readonly PolicyTestResult[], sources: EditSources): Stage {
  const snapshot = snapshotOfTest(prepared);
  const facts = nameFacts(snapshot);
  const set = { ...policySet(snapshot, facts, prepared.policies), engine: prepared.engine };
  const policies = byName(prepared.policies);
  const world = causeWorld(snapshot, facts, set, serviceFrontends(snapshot.inventory.services));
  return {
    prepared,
    policies,
    world,
    prover: createTestProver(prepared, results),
    write: editWriter(policies, sources),
  };
}

function policyFailure({ got }: PolicyTestResult): TestFailure | null {
  const help = got["help"];
  return typeof help === "string" && help !== "" ? { sentences: [help], edit: null } : null;
}

function connectionFailure(stage: Stage, index: number, result: PolicyTestResult): TestFailure | null {
  const connection = stage.prepared.test.connections[index];
  const decision = connection === undefined ? "" : decideConnection(stage.prepared, connection);
  if (connection === undefined || typeof decision === "string") return null;
  const sides = (["egress", "ingress"] as const).filter((side) => isAtFault(side, decision, result));
  const told = sides.map((side) => sideFailure(stage, { connection, index, side, ruling: decision[side], result }));
  return {
    sentences: [...told.flatMap((one) => one.sentences), ...rejections(stage)],
    edit: told.find((one) => one.edit !== null)?.edit ?? null,
  };
}

/** A side that is not as it was expected, or that makes the whole so. */
function isAtFault(side: Direction, decision: ConversationDecision, { expect, got }: PolicyTestResult): boolean {
  const differs = Object.keys(expect).filter((key) => !isSame(got[key], expect[key]));
  if (differs.some((key) => key.startsWith(side))) return true;
  if (!differs.includes("verdict")) return false;
  const answer = answerOf(decision[side]);
  // To deny the whole either side would do; to allow it each that is not allowed is in the way.
  return expect["verdict"] === "denied" ? decision[side] !== null : answer !== "allowed";
}

/** What a side says of the whole: a proxy that refuses denies. */
function answerOf(ruling: Ruling | null): string {
  if (ruling === null) return "allowed";
  if (ruling.decision !== "allowed" || ruling.l7 === null) return ruling.decision;
  return ruling.l7 === "unseen" ? "undecided" : ruling.l7;
}

type AtFault = {
  readonly connection: TestConnection;
  readonly index: number;
  readonly side: Direction;
  readonly ruling: Ruling | null;
  readonly result: PolicyTestResult;
};

function sideFailure(stage: Stage, fault: AtFault): TestFailure {
  const { side, ruling, connection } = fault;
  const subject = side === "egress" ? connection.from : connection.to;
  if (ruling === null) return { sentences: [`${side}: Cilium enforces nothing on ${subject}`], edit: null };
  if (ruling.decision === "undecided") {
    return { sentences: [`${side} undecided: ${ruling.missing.what}; ${ruling.missing.remedy}`], edit: null };
  }
  const denial = denialOf(stage, fault, ruling);
  if (denial === null) return { sentences: [], edit: null };
  return answerOf(ruling) === "denied" ? denied(stage, fault, denial) : allowed(stage, fault, denial);
}

/** The side as the causes take it. An allowed one is put the same way: its rules are held against the connection. */
function denialOf(stage: Stage, { connection, index, side }: AtFault, ruling: Ruling): Denial | null {
  const asked = askedOf(connection, stage.prepared.world);
  if (typeof asked === "string") return null;
  const conversation =
    stage.world.snapshot.traffic.conversations.find((one) => one.id === String(index)) ??
    conversationOf(asked, [], String(index));
  const [subject, peer] = side === "egress" ? [asked.from, asked.to] : [asked.to, asked.from];
  const isRefused = ruling.decision === "allowed" && ruling.l7 === "denied";
  const wanted = isRefused ? ruling.redirect : null;
  const refused = conversation.requests.filter((seen) => isRefused && seen.request.kind === wanted);
  const walk = stage.prepared.engine.walk({ ...asked, request: null }, side);
  return { conversation, side, subject, peer, ruling, refused: refused.slice(0, 1), walk };
}

function denied(stage: Stage, fault: AtFault, denial: Denial): TestFailure {
  const { side, ruling } = fault;
  const explained = explainDenial(denial, stage.world);
  const by = ruling?.by ?? [];
  const isRefused = ruling?.decision === "allowed";
  const reason = isRefused
    ? `${side} refused by the ${ruling.redirect ?? ""} proxy${ruling.l7Reason === null ? "" : `: ${ruling.l7Reason}`}`
    : by.length > 0
      ? `${side} denied by ${rulesText(stage, by)}: a deny beats every allow`
      : `${side} denied: ${explained.sentence}`;
  const nearest = by.length > 0 && !isRefused ? null : explained.nearest;
  const sentences = [
    reason,
    ...(isRefused ? [`the rule is ${rulesText(stage, by)}`] : []),
    ...(by.length > 0
      ? []
      : [`default deny is switched on by ${rulesText(stage, oneAPolicy(denial.walk.defaultDeny))}`]),
    ...(nearest === null || isRefused ? [] : [nearestText(stage, nearest, denial)]),
  ];
  return {
    sentences,
    edit: fault.result.expect["verdict"] === "denied" ? null : mended(stage, fault.index, explained.steps),
  };
}

function nearestText(stage: Stage, nearest: RuleRef, { walk }: Denial): string {
  const candidate = walk.candidates.find(
    ({ rule }) => rule.policy === nearest.policy && rule.element === nearest.element,
  );
  return `nearest rule: ${ruleText(stage, nearest)}${candidate === undefined ? "" : `, ${failedText(candidate)}`}`;
}

function failedText({ fails, peerField }: Candidate): string {
  switch (fails) {
    case "peer":
      return peerField === null ? "which takes nobody" : `whose ${peersText(peerField)} do not take the other end`;
    case "port":
      return "whose ports are others";
    case "protocol":
      return "whose protocol is another";
    case "not-resolved":
      return "whose named port resolves to nothing";
    case "none":
      return "which matches";
  }
}

function allowed(stage: Stage, fault: AtFault, denial: Denial): TestFailure {
  const { side, ruling } = fault;
  const by = ruling?.by ?? [];
  const implicit = ruling?.decision === "allowed" ? ruling.implicit : null;
  const taken = denial.walk.candidates.filter(({ rule }) =>
    by.some((one) => one.policy === rule.policy && one.element === rule.element),
  );
  const isolated = denial.walk.defaultDeny.length > 0;
  const sentences =
    by.length > 0
      ? by.slice(0, 3).map((rule) => {
          const candidate = taken.find((one) => one.rule.policy === rule.policy && one.rule.element === rule.element);
          const why = candidate === undefined ? "" : `: ${takenBy(candidate, stage.policies)}`;
          return `${side} allowed by ${ruleText(stage, rule)}${why}`;
        })
      : [
          isolated
            ? `${side} allowed${implicit === null ? "" : ` (${implicit})`}: no rule is asked`
            : `${side} allowed: no policy isolates ${endName(denial.subject)} on ${side}`,
        ];
  const isWanted = fault.result.expect["verdict"] === "denied" || fault.result.expect[side] === "denied";
  return { sentences, edit: isWanted ? firstProven(stage, fault.index, narrowings(denial, stage.world)) : null };
}

/** The first edit of the causes, mended one after the other, that makes the result as expected and leaves all that was so. */
function mended(stage: Stage, index: number, lists: ExplainedDenial["steps"]): TestEdit | null {
  let steps: readonly EditStep[] = [];
  const tries = lists.map((list) => {
    steps = [...steps, ...list.filter((step) => !holds(steps, step))];
    return steps;
  });
  // The plain allowing rule stands last: where the causes do not do, it may alone.
  return firstProven(
    stage,
    index,
    [...tries, ...lists.slice(-1)].map((attempt) => ({ steps: attempt, takesOut: null })),
  );
}

function firstProven(stage: Stage, index: number, edits: readonly Narrowing[]): TestEdit | null {
  for (const { steps, takesOut } of edits) {
    const proof = stage.prover(steps, index);
    if (proof === null) continue;
    const { file, diff } = takesOut === null ? stage.write(steps) : { file: null, diff: "" };
    const { alsoMends } = proof;
    if (diff !== "") return { file, diff, place: null, summary: [], alsoMends };
    const summary = takesOut === null ? steps.map(stepText) : [`- ${flowText(takesOut.value, STYLE)}`];
    const place = takesOut === null ? null : ruleText(stage, { policy: takesOut.policy, element: takesOut.path });
    return { file, diff, place, summary, alsoMends };
  }
  return null;
}

function holds(steps: readonly EditStep[], step: EditStep): boolean {
  return steps.some((one) => JSON.stringify(one) === JSON.stringify(step));
}

/** A step in words where there is no text to change: `+ spec.egress of CiliumNetworkPolicy/a/x: {…}`. */
function stepText(step: EditStep): string {
  const { policy, path } = step;
  if (step.op === "remove") return `- ${path} of ${policy}`;
  const { key, value } = step;
  return `+ ${key === undefined ? path : `${path}.${key}`} of ${policy}: ${flowText(value, STYLE)}`;
}

const STYLE = styleOf("");

/** Policies of the test that the agent rejects do nothing, which is often the reason. */
function rejections({ prepared, policies }: Stage): readonly string[] {
  const known = new Set(prepared.test.expectPolicies.filter((one) => one.valid === false).map((one) => one.policy));
  return prepared.engine.policies.flatMap((status) => {
    if (status.valid || known.has(status.policy)) return [];
    const policy = policies.get(status.policy);
    const place = policy === undefined ? "" : placeText(placeOf(policy, status.path));
    return [
      `${place === "" ? status.policy : place}: the agent rejects ${status.policy}, so it does nothing: ${status.error}`,
    ];
  });
}

/** Every rule of a policy switches default deny on: the first tells. */
function oneAPolicy(rules: readonly RuleRef[]): readonly RuleRef[] {
  return rules.filter((rule, index) => rules.findIndex((one) => one.policy === rule.policy) === index);
}

function rulesText(stage: Stage, rules: readonly RuleRef[]): string {
  const texts = rules.slice(0, 2).map((rule) => ruleText(stage, rule));
  const more = rules.length > 2 ? ` and ${rules.length - 2} more` : "";
  return texts.length === 0 ? "the enforcement mode" : texts.join(" and ") + more;
}

/** `policies/web.yaml:9 (shop/web ingress[0])`; where the file is not known the policy's whole name. */
function ruleText({ policies }: Stage, { policy, element }: RuleRef): string {
  const object = policies.get(policy);
  const name = element === "" ? policy : `${policy} ${element.replace(/^spec\./, "")}`;
  if (object === undefined) return name;
  const { file, line } = placeOf(object, element.startsWith("spec") ? element : elementPath(element));
  return file === undefined || line === undefined ? name : `${file}:${line} (${name.slice(name.indexOf("/") + 1)})`;
}
