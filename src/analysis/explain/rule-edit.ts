import { unifiedDiff } from "#edit/unified-diff.ts";
import { stringify } from "yaml";
import type { PolicyObject } from "#model/policy.ts";
import type { EditedText } from "../edits/edit-text.ts";
import { applyStep, type EditStep } from "../edits/edit-step.ts";

/** Edits as text also where no file is one to edit (objects of a cluster): a diff of the policy alone, under its name. */
export function writeAnywhere(
  policies: ReadonlyMap<string, PolicyObject>,
  write: (steps: readonly EditStep[]) => EditedText,
): (steps: readonly EditStep[]) => EditedText {
  return (steps) => {
    const text = write(steps);
    return text.diff === "" ? objectDiff(policies, steps) : text;
  };
}

function objectDiff(policies: ReadonlyMap<string, PolicyObject>, steps: readonly EditStep[]): EditedText {
  const changed = new Map<string, PolicyObject>();
  for (const step of steps) {
    const policy = changed.get(step.policy) ?? policies.get(step.policy);
    const after = policy === undefined ? null : applyStep(policy, step);
    if (after === null) return { file: null, diff: "", summary: "" };
    changed.set(step.policy, after);
  }
  const diffs = [...changed].map(([name, after]) =>
    unifiedDiff(name, textOf(policies.get(name) ?? after), textOf(after)),
  );
  const diff = diffs.join("");
  const lines = diff.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line));
  return { file: null, diff, summary: lines.map((line) => `${line[0] ?? ""} ${line.slice(1).trim()}`).join("\n") };
}

/** What of a policy people write: without status and what the API server adds. */
function textOf({ value }: PolicyObject): string {
  const { apiVersion, kind, spec, specs } = value;
  const whole = {
    apiVersion,
    kind,
    ...(spec === undefined ? {} : { spec }),
    ...(specs === undefined ? {} : { specs }),
  };
  return stringify(whole, { aliasDuplicateObjects: false });
}
