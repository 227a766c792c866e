import type { PolicyObject } from "#model/policy.ts";
import type { EditStep } from "./edit-step.ts";

/** Texts of the proposal's files, by the name that `PolicyObject.file` has. */
export type EditSources = Readonly<Record<string, string>>;

export function editText(
  _steps: readonly EditStep[],
  _policies: ReadonlyMap<string, PolicyObject>,
  _sources: EditSources,
): { readonly file: string | null; readonly diff: string; readonly summary: string } {
  return { file: null, diff: "", summary: "" };
}
