import { unifiedDiff } from "#edit/unified-diff.ts";
import { stringify } from "yaml";
import type { PolicyObject } from "#model/policy.ts";
import { changedLines, type EditedText } from "../edits/edit-text.ts";
import { applySteps, type EditStep } from "../edits/edit-step.ts";

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
  const edited = applySteps(policies, steps);
  const names = edited === null ? [] : [...new Set(steps.map((step) => step.policy))];
  const text = (policy: PolicyObject | undefined) => (policy === undefined ? "" : textOf(policy));
  const diff = names.map((name) => unifiedDiff(name, text(policies.get(name)), text(edited?.get(name)))).join("");
  return { file: null, diff, summary: changedLines(diff) };
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
