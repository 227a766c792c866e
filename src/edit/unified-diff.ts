import { createTwoFilesPatch } from "diff";

/** The unified diff of a file, three lines of context, as `git apply` takes it; "" when nothing changed. */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return "";
  const path = file.replace(/^\.?\//, "");
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, { context: 3 });
  return patch.replace(/^=+\n/, "");
}
