import type { Conversation } from "#model/conversation.ts";
import type { Finding } from "#model/finding.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { endName } from "./end-name.ts";
import { nameFacts } from "./learned-names.ts";
import { changedSet, type PolicySet } from "./proposal.ts";

/** Each file beyond this is not weighed by itself: every one means deciding the outside conversations again. */
const MAX_FILES = 20;
const SHOWN = 3;

/**
 * One line for each file given with `--names`: how many names it holds, and which conversations it alone decided: those
 * that the recording by itself leaves undecided under the proposal, and the recording with this file does not.
 */
export function namesUsed(snapshot: Snapshot, after: PolicySet, judged: readonly Conversation[]): readonly Finding[] {
  const { names, questions = [] } = snapshot.traffic;
  const files = [...new Set(names.flatMap((one) => one.file ?? []))];
  const logs = [...new Set(questions.map((one) => one.file))];
  if (files.length + logs.length === 0) return [];
  const outside = judged.filter((one) => one.from.kind === "pod" && one.to.kind === "address");
  const recorded = withFile(snapshot, after, null);
  const open = files.length === 0 ? [] : outside.filter((one) => recorded.judge(one).verdict === "undecided");
  return [
    ...files.slice(0, MAX_FILES).map((file) => fileFinding(snapshot, file, decidedBy(snapshot, after, file, open))),
    ...(files.length > MAX_FILES ? [moreFiles(files.length - MAX_FILES)] : []),
    ...logs.map((file) => logFinding(snapshot, file)),
  ];
}

/** The proposal with the names of the recording, and those of one file. */
function withFile(snapshot: Snapshot, after: PolicySet, file: string | null): PolicySet {
  const names = snapshot.traffic.names.filter((one) => one.source !== "file" || one.file === file);
  const part = { ...snapshot, traffic: { ...snapshot.traffic, names } };
  return changedSet(part, nameFacts(part), after, [...after.policies.values()]);
}

function decidedBy(
  snapshot: Snapshot,
  after: PolicySet,
  file: string,
  open: readonly Conversation[],
): readonly Conversation[] {
  if (open.length === 0) return [];
  const set = withFile(snapshot, after, file);
  return open.filter((one) => set.judge(one).verdict !== "undecided");
}

function fileFinding(snapshot: Snapshot, file: string, decided: readonly Conversation[]): Finding {
  const own = snapshot.traffic.names.filter((one) => one.file === file);
  const names = new Set(own.map((one) => one.name)).size;
  const addresses = new Set(own.flatMap((one) => one.addresses)).size;
  const nodes = [...new Set(own.flatMap((one) => one.node ?? []))].sort();
  const from = nodes.length === 0 ? "" : ` (the cache of ${nodes.join(", ")})`;
  const shown = decided.slice(0, SHOWN).map((one) => `${endName(one.from)} to ${endName(one.to)}`);
  const more = decided.length > SHOWN ? `, and ${decided.length - SHOWN} more` : "";
  const result =
    decided.length === 0 ? "no conversation" : `${conversations(decided.length)}: ${shown.join(", ")}${more}`;
  return {
    id: "names-used",
    severity: "info",
    message: `${count(names, "name")} of ${count(addresses, "address", "addresses")}${from}; decided ${result}`,
    place: { file },
  };
}

function logFinding(snapshot: Snapshot, file: string): Finding {
  const own = (snapshot.traffic.questions ?? []).filter((one) => one.file === file);
  const names = new Set(own.map((one) => one.name)).size;
  const askers = new Set(own.map((one) => one.asker)).size;
  return {
    id: "names-used",
    severity: "info",
    message: `${count(names, "name")} asked by ${count(askers, "address", "addresses")}: held against the DNS rules; it tells no addresses`,
    place: { file },
  };
}

function moreFiles(files: number): Finding {
  return {
    id: "names-used",
    severity: "info",
    message: `${count(files, "more file")} of names: what each decided was not worked out`,
    help: "give them as one file",
  };
}

function conversations(number: number): string {
  return count(number, "conversation");
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
