import { explain, type Question } from "#analysis/explain/explain.ts";
import { readQuestion } from "#analysis/explain/read-question.ts";
import { nearestName } from "#decode/nearest.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Explained } from "#model/explanation.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { Snapshot, Traffic } from "#model/snapshot.ts";
import { explainedFailsOn } from "#report/explanation/severity.ts";
import { explainedJson } from "#report/explanation/json.ts";
import { explainedText } from "#report/explanation/text.ts";
import { type Invocation, isOn, valueOf, valuesOf } from "../args.ts";
import { readAskedFlows } from "../asked-flows.ts";
import { readRequest } from "../asked-request.ts";
import type { ExitCode } from "../command.ts";
import { DNS, EXPLAIN_OUTPUT, HEADER, HOST, HTTP, ICMP, SNI } from "../commands/explain.ts";
import { progressOf, textLayout, thresholdOf } from "../flag-values.ts";
import { ALL, ONLY } from "../flags.ts";
import { type Gathered, type GatherRequest, gather } from "../gather.ts";
import { gatherRequest } from "../gather-request.ts";
import { readInputText } from "../input-text.ts";
import type { Io } from "../io.ts";

const STANDARD_INPUT = "standard input";

/** `ringfence explain`: reads the question, gathers what is known, decides, prints. */
export async function runExplain(invocation: Invocation, io: Io): Promise<ExitCode> {
  const progress = progressOf(invocation, io);
  const isFlows = checkedOperands(invocation);
  const request = gatherRequest(invocation);
  refuseNothing(request);
  if (isFlows) refuseSecondStream(request);
  const asked = isFlows ? { asked: readAskedFlows(await readInputText("-"), STANDARD_INPUT) } : {};
  const gathered = await gather({ ...request, ...asked }, progress, { flows: false, policies: false });
  const found = isFlows ? recordedQuestions(gathered) : typedQuestions(invocation, gathered);
  const questions = isOn(invocation, ALL) ? found : found.slice(0, QUESTIONS);
  progress.update("deciding");
  const { proposed, sources, textsInForce } = gathered;
  const snapshot = withAskedNames(gathered);
  const texts = { ...editable(textsInForce), ...sources };
  const answered = explain({ snapshot, proposed, only: isOn(invocation, ONLY), sources: texts, questions });
  const explained = { ...answered, findings: [...leftOut(found.length - questions.length), ...answered.findings] };
  progress.clear();
  await io.out(formatted(explained, invocation, io));
  return explainedFailsOn(explained, thresholdOf(invocation)) ? 1 : 0;
}

/** Answers whether flows are read from standard input. */
function checkedOperands({ operands }: Invocation): boolean {
  if (operands[0] === "-") {
    const extra = operands[1];
    if (extra === undefined) return true;
    throw new UserError("unexpected-argument", `unexpected argument ${extra}`, {
      help: "- alone reads flows from standard input",
    });
  }
  if (operands.length >= 2) return false;
  throw new UserError("missing-argument", "TO is missing", {
    help: "as in: ringfence explain shop/web shop/db 5432; flags with several values go after them",
  });
}

function refuseNothing({ objects, policies, captures = [], cluster = null }: GatherRequest): void {
  if (objects.length + policies.length + captures.length > 0 || cluster !== null) return;
  throw new UserError("missing-policies", "no policies are named", {
    help: "give --objects PATH…, the cluster's objects with the policies in force, or --policies PATH…, a proposal",
  });
}

function refuseSecondStream({ flows, objects, policies, names }: GatherRequest): void {
  if (![...flows, ...objects, ...policies, ...names].includes("-")) return;
  throw new UserError("two-streams", "standard input is named twice: the flows to explain, and a flag's -", {
    help: "write one of them to a file",
  });
}

function typedQuestions(invocation: Invocation, { snapshot }: Gathered): readonly Question[] {
  const [from = "", to = "", ...ports] = invocation.operands;
  const typed = {
    http: valueOf(invocation, HTTP),
    host: valueOf(invocation, HOST),
    headers: valuesOf(invocation, HEADER),
  };
  const isName = /^[^/:]*[a-z][^/:]*$/i.test(to);
  const request = readRequest({ ...typed, dns: valueOf(invocation, DNS) }, isName ? to : null);
  const question = { from, to, request, icmp: valueOf(invocation, ICMP), serverName: valueOf(invocation, SNI) };
  const all = ports.length === 0 ? [null] : ports;
  return all.map((port, index) => readQuestion({ ...question, port }, index, snapshot, nearestName));
}

/** Larger files, and JSON, are dumps of a cluster that nobody edits: a diff of the policy alone says more, and sooner. */
const EDITABLE_CHARACTERS = 200_000;

function editable(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isOwn = ([file, text]: [string, string]) => text.length <= EDITABLE_CHARACTERS && !/\.json(\.gz)?$/.test(file);
  return Object.fromEntries(Object.entries(texts).filter(isOwn));
}

/** DNS answers among the flows asked about tell names as those of a recording do. */
function withAskedNames({ snapshot, asked }: Gathered): Snapshot {
  if (asked === null) return snapshot;
  const names = [...asked.names, ...snapshot.traffic.names];
  return { ...snapshot, traffic: { ...snapshot.traffic, names } };
}

/** So many are explained; the others are counted. */
const QUESTIONS = 20;

function leftOut(count: number): readonly Finding[] {
  if (count === 0) return [];
  const message = `${count} more conversations are in these flows; dropped ones were explained first`;
  return [{ id: "questions-bound", severity: "warn", message, help: "--all explains them too" }];
}

/** One question a conversation and request of the flows, dropped ones first. */
function recordedQuestions({ asked }: Gathered): readonly Question[] {
  const found = asked?.conversations ?? [];
  if (found.length === 0) throw nothingAsked(asked);
  return [...found].sort((a, b) => droppedOf(b) - droppedOf(a)).flatMap(questionsOf);
}

function droppedOf({ recorded }: Conversation): number {
  return (recorded["DROPPED"] ?? 0) + (recorded["AUDIT"] ?? 0) > 0 ? 1 : 0;
}

function questionsOf(conversation: Conversation): readonly Question[] {
  const question = (one: Conversation): Question => ({ conversation: one, serverName: null, isRecorded: true });
  if (conversation.requests.length <= 1) return [question({ ...conversation, id: `asked-${conversation.id}` })];
  return conversation.requests.map((request, index) =>
    question({ ...conversation, id: `asked-${conversation.id}-${index}`, requests: [request] }),
  );
}

function nothingAsked(asked: Traffic | null): UserError {
  const reasons = Object.keys(asked?.coverage.leftOut ?? {});
  const why = reasons.length === 0 ? "" : `: ${reasons.join(", ")}`;
  return new UserError("no-conversation", `the flows are no evidence of a connection${why}`, {
    place: { file: STANDARD_INPUT },
    help: "give a flow between two ends: type L3_L4 with a verdict of FORWARDED, DROPPED or AUDIT, or an L7 request",
  });
}

function formatted(explained: Explained, invocation: Invocation, io: Io): string {
  if (valueOf(invocation, EXPLAIN_OUTPUT) === "json") return explainedJson(explained);
  return explainedText(explained, textLayout(invocation, io));
}
