import { type RehearsalInput, rehearse } from "#analysis/rehearse.ts";
import { UserError } from "#model/finding.ts";
import type { Rehearsal } from "#model/rehearsal.ts";
import { explainableIds, explainText } from "#report/explain.ts";
import { reportJsonChunks } from "#report/json.ts";
import { reportJunit } from "#report/junit.ts";
import { reportMarkdown } from "#report/markdown.ts";
import { failsOn } from "#report/results.ts";
import { reportSarif } from "#report/sarif.ts";
import { reportText, type TextOptions } from "#report/text.ts";
import { type Invocation, isOn, valueOf, valuesOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { EXPLAIN, FIX_DIFF, REHEARSE_OUTPUT } from "../commands/rehearse.ts";
import { progressOf, textLayout, thresholdOf } from "../flag-values.ts";
import { ALL, ONLY } from "../flags.ts";
import { type Gathered, gather } from "../gather.ts";
import { gatherRequest } from "../gather-request.ts";
import type { Io } from "../io.ts";
import { VERSION } from "../version.ts";
import { printFixDiff } from "./fix-diff.ts";
import { printChunks } from "./print.ts";

/** `ringfence rehearse`: gathers the inputs, decides, prints. */
export async function runRehearse(invocation: Invocation, io: Io): Promise<ExitCode> {
  const progress = progressOf(invocation, io);
  const output = outputOf(invocation);
  const gathered = await gather(gatherRequest(invocation), progress);
  progress.update(`deciding ${gathered.snapshot.traffic.conversations.length} conversations`);
  const explained = valuesOf(invocation, EXPLAIN);
  const all = isOn(invocation, ALL) || explained.length > 0;
  const input: RehearsalInput = { ...gathered, only: isOn(invocation, ONLY), all };
  const rehearsal = rehearse(input);
  progress.clear();
  const exitCode = failsOn(rehearsal, thresholdOf(invocation)) ? 1 : 0;
  const text: TextOptions = { ...textLayout(invocation, io), exitCode };
  if (explained.length > 0) await io.out(explainAll(explained, { rehearsal, gathered, text }));
  else if (isOn(invocation, FIX_DIFF)) await printFixDiff(rehearsal, input, io);
  else await printChunks(formatted(output, rehearsal, text), io);
  return exitCode;
}

/** `--explain` and `--fix-diff` are outputs of their own. */
function outputOf(invocation: Invocation): string {
  const output = valueOf(invocation, REHEARSE_OUTPUT) ?? "text";
  const other = [EXPLAIN, FIX_DIFF].filter((flag) => isOn(invocation, flag) || valuesOf(invocation, flag).length > 0);
  const [first, second] = other;
  if (first === undefined || (second === undefined && output === "text")) return output;
  const with_ = second === undefined ? `-o ${output}` : `--${second.name}`;
  throw new UserError("bad-arguments", `--${first.name} cannot be combined with ${with_}`, { help: "run it twice" });
}

function formatted(output: string, rehearsal: Rehearsal, text: TextOptions): Iterable<string> {
  switch (output) {
    case "json":
      return reportJsonChunks(rehearsal);
    case "markdown":
      return [reportMarkdown(rehearsal)];
    case "sarif":
      return [reportSarif(rehearsal, VERSION)];
    case "junit":
      return [reportJunit(rehearsal)];
    default:
      return [reportText(rehearsal, text)];
  }
}

type Explaining = { readonly rehearsal: Rehearsal; readonly gathered: Gathered; readonly text: TextOptions };

function explainAll(ids: readonly string[], { rehearsal, gathered, text }: Explaining): string {
  const input = { rehearsal, traffic: gathered.snapshot.traffic.conversations };
  return ids.map((id) => explainText(input, id, text) ?? unknownId(id, rehearsal)).join("\n");
}

function unknownId(id: string, rehearsal: Rehearsal): never {
  const ids = explainableIds(rehearsal);
  const known =
    ids.length === 0
      ? "this rehearsal has no lines with ids"
      : `ids here: ${ids.slice(0, 20).join(", ")}${ids.length > 20 ? ", …" : ""}`;
  throw new UserError("unknown-id", `nothing has the id ${id}`, {
    help: `${known}; the id of any conversation works too (--all)`,
  });
}
