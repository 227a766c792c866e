import { applyPatch, parsePatch } from "diff";
import { type RehearsalInput, rehearse } from "#analysis/rehearse.ts";
import { readInventory } from "#decode/objects/objects.ts";
import { readManifests } from "#decode/yaml/yaml.ts";
import type { Rehearsal } from "#model/rehearsal.ts";
import { fixDiff } from "#report/fix-diff.ts";
import { idsText } from "#report/hole-groups.ts";
import { counted } from "#report/words.ts";
import { storedPolicies } from "../gather-stored.ts";
import type { Io } from "../io.ts";

/**
 * `--fix-diff`: the patch on standard output, and on standard error what it cures. Each edit was proven alone; here the
 * recording is decided once more with all of them.
 */
export async function printFixDiff(rehearsal: Rehearsal, input: RehearsalInput, io: Io): Promise<void> {
  const { patch, cured, leftOut, undecided } = fixDiff(rehearsal);
  await io.out(patch);
  const known = [...cured, ...leftOut, ...undecided];
  const rest = rehearsal.holes.filter((hole) => !known.includes(hole.id));
  const lines = [
    cured.length === 0 ? "no edit is proven: nothing to patch" : `the patch cures ${idsText(cured)}`,
    ...(leftOut.length === 0 ? [] : [`left out, they touch the same lines: ${idsText(leftOut)}`]),
    ...(undecided.length === 0 ? [] : [`left out, it would open what looks unwanted: ${idsText(undecided)}`]),
    ...(rest.length === 0 ? [] : [`without a proven edit: ${idsText(rest.map((hole) => hole.id))}`]),
    ...(patch === "" ? [] : [await outcomeOf(patch, rehearsal, input)]),
  ];
  io.err(lines.map((line) => `ringfence: ${line}\n`).join(""));
}

async function outcomeOf(patch: string, rehearsal: Rehearsal, input: RehearsalInput): Promise<string> {
  const patched = await patchedInput(patch, input);
  if (patched === null) return "the patch does not apply to the files as they were read";
  const again = rehearse(patched);
  const known = new Set(rehearsal.holes.map((hole) => `${hole.conversation} ${hole.side}`));
  const added = again.holes.filter((hole) => !known.has(`${hole.conversation} ${hole.side}`)).length;
  const left = `decided again with the patch: ${counted(again.holes.length, "hole")} of ${rehearsal.holes.length} left`;
  return added === 0 ? left : `${left}, ${added} of them new`;
}

/** The same rehearsal over the patched files; null when the patch does not apply. */
async function patchedInput(patch: string, input: RehearsalInput): Promise<RehearsalInput | null> {
  const texts = new Map(Object.entries(input.sources));
  for (const part of parsePatch(patch)) {
    const file = [...texts.keys()].find((name) => `b/${name.replace(/^\.?\//, "")}` === part.newFileName);
    const changed = file === undefined ? false : applyPatch(texts.get(file) ?? "", part);
    if (file === undefined || changed === false) return null;
    texts.set(file, changed);
  }
  const manifests = [...texts].flatMap(([file, text]) => readManifests(text, file).manifests);
  const { policies } = readInventory(manifests);
  const minor = input.snapshot.cilium.value;
  const { proposed } = await storedPolicies({ inForce: [], proposed: policies }, minor);
  return { ...input, proposed, sources: Object.fromEntries(texts), all: false };
}
