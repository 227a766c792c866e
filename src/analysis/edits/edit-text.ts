import { type Documents, editManifest } from "#edit/edit-manifest.ts";
import { unifiedDiff } from "#edit/unified-diff.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { EditStep } from "./edit-step.ts";

/** Texts of the proposal's files, by the name that `PolicyObject.file` has. */
export type EditSources = Readonly<Record<string, string>>;

/** An edit as text: the first file it touches, one patch over all of them, and its added and removed lines alone. */
export type EditedText = { readonly file: string | null; readonly diff: string; readonly summary: string };

const NOTHING: EditedText = { file: null, diff: "", summary: "" };

/** Writes edits into one proposal's files; the same steps are written once. */
export function editWriter(
  policies: ReadonlyMap<string, PolicyObject>,
  sources: EditSources,
): (steps: readonly EditStep[]) => EditedText {
  const written = new Map<string, EditedText>();
  const documents: Documents = new Map();
  return (steps) => {
    const key = JSON.stringify(steps);
    const known = written.get(key) ?? editText(steps, policies, sources, documents);
    written.set(key, known);
    return known;
  };
}

/** The steps made in the user's own files; empty when one of them cannot be made there (templates, anchors, no text). */
function editText(
  steps: readonly EditStep[],
  policies: ReadonlyMap<string, PolicyObject>,
  sources: EditSources,
  documents: Documents,
): EditedText {
  const edited = new Map<string, string>();
  for (const step of steps) {
    const policy = policies.get(step.policy);
    const file = policy?.file ?? null;
    const source = file === null ? undefined : (edited.get(file) ?? sources[file]);
    const text = policy === undefined || source === undefined ? null : editManifest(source, policy, step, documents);
    if (file === null || text === null) return NOTHING;
    edited.set(file, text);
  }
  const diffs = [...edited].map(([file, text]) => unifiedDiff(file, sources[file] ?? "", text));
  return { file: [...edited.keys()][0] ?? null, diff: diffs.join(""), summary: changedLines(diffs.join("")) };
}

/** The lines that a patch adds and takes away, without context. */
export function changedLines(diff: string): string {
  const lines = diff.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line));
  return lines.map((line) => `${line[0] ?? ""} ${line.slice(1).trim()}`).join("\n");
}
