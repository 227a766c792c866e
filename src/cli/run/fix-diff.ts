import type { Rehearsal } from "#model/rehearsal.ts";
import { fixDiff } from "#report/fix-diff.ts";
import { idsText } from "#report/hole-groups.ts";
import type { Io } from "../io.ts";

/** `--fix-diff`: the patch on standard output, what it cures and leaves out on standard error. */
export async function printFixDiff(rehearsal: Rehearsal, io: Io): Promise<void> {
  const { patch, cured, leftOut } = fixDiff(rehearsal);
  await io.out(patch);
  const rest = rehearsal.holes.filter((hole) => !cured.includes(hole.id) && !leftOut.includes(hole.id));
  const lines = [
    cured.length === 0 ? "no edit is proven: nothing to patch" : `the patch cures ${idsText(cured)}`,
    ...(leftOut.length === 0
      ? []
      : [`left out, they touch the same lines: ${idsText(leftOut)}; apply, then rehearse again`]),
    ...(rest.length === 0 ? [] : [`without a proven edit: ${idsText(rest.map((hole) => hole.id))}`]),
  ];
  io.err(lines.map((line) => `ringfence: ${line}\n`).join(""));
}
