/** A change to a text: what stands from `start` to `end` (offsets, end excluded) is replaced. */
export type TextEdit = { readonly start: number; readonly end: number; readonly text: string };

/** Applies edits to a text, all with offsets into the text as given. Edits must not overlap; order does not matter. */
export function splice(source: string, edits: readonly TextEdit[]): string {
  const ordered = edits.toSorted((left, right) => left.start - right.start || left.end - right.end);
  let result = "";
  let at = 0;
  for (const { start, end, text } of ordered) {
    if (start < at || end < start || end > source.length) throw new Error(`edits overlap or lie outside at ${start}`);
    result += source.slice(at, start) + text;
    at = end;
  }
  return result + source.slice(at);
}
