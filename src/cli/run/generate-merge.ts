import { mkdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import { dirname } from "node:path";
import { unifiedDiff } from "#edit/unified-diff.ts";
import type { GenerateInput } from "#generate/options.ts";
import { type MergePlan, planMerge } from "#generate/merge.ts";
import { UserError } from "#model/finding.ts";
import type { Generated } from "#model/generated.ts";
import { policyName } from "#model/policy.ts";
import { count, counted } from "#report/words.ts";
import { type Invocation, isOn, valueOf } from "../args.ts";
import { EVIDENCE, INTO, TARGET, VALUES_KEY, WRITE_MERGED } from "../commands/generate.ts";
import { type MergeTarget, openTarget, type Texts } from "../generate-target.ts";
import type { Io } from "../io.ts";

/**
 * `--into`: brings generated policies into files that are there, prints the difference, and with `--write` makes it. What
 * the files hold stays: comments, order, quoting, anchors, every rule.
 */
export async function runMerge(
  generated: Generated,
  input: GenerateInput,
  { invocation, io }: { readonly invocation: Invocation; readonly io: Io },
): Promise<MergePlan> {
  const path = valueOf(invocation, INTO) ?? "";
  const target = await openTarget(valueOf(invocation, TARGET) ?? "files", path, valueOf(invocation, VALUES_KEY) ?? "");
  const plan = planMerge(generated, target.existing, input);
  const after = mergedTexts(plan, target, (valueOf(invocation, EVIDENCE) ?? "comments") === "comments");
  const changed = [...after].filter(([file, text]) => textBefore(file, target.texts) !== text);
  await io.out(changed.map(([file, text]) => unifiedDiff(file, textBefore(file, target.texts), text)).join(""));
  const isWritten = isOn(invocation, WRITE_MERGED);
  if (isWritten) for (const [file, text] of changed) writeText(file, text);
  io.err(planText(plan, changed.length, isWritten));
  return plan;
}

function mergedTexts({ steps, added }: MergePlan, target: MergeTarget, withEvidence: boolean): Texts {
  const policies = new Map(target.existing.map((policy) => [policyName(policy), policy]));
  let texts = target.texts;
  for (const { policy: name, ...change } of steps) {
    const policy = policies.get(name);
    const next = policy === undefined ? null : target.edit(texts, policy, change);
    if (next === null) {
      throw new UserError("cannot-merge", `${name} cannot be changed in place at ${change.path}`, {
        ...(policy?.file === undefined || policy.file === null ? {} : { place: { file: policy.file } }),
        help: "it stands in an anchor or a template; write files beside it with --to",
      });
    }
    texts = next;
  }
  for (const policy of added) texts = target.add(texts, policy, withEvidence);
  return texts;
}

/** "" for a file that is new. */
function textBefore(file: string, texts: Texts): string {
  return texts.get(file) ?? (existsSync(file) ? readFileSync(file, "utf8") : "");
}

function writeText(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function planText({ steps, added, covered }: MergePlan, files: number, isWritten: boolean): string {
  const done = isWritten ? "changed" : "would change";
  const changes =
    files === 0
      ? "nothing to merge: what is there allows it already"
      : `${counted(steps.length, "addition")} to policies that are there, ${counted(added.length, "policy", "policies")} new; ${done} ${counted(files, "file")}${isWritten ? "" : " (--write)"}`;
  return `${changes}${covered === 0 ? "" : `; ${count(covered)} rules were allowed already`}\n`;
}
