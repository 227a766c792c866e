import type { Position } from "#model/place.ts";

/** Turns offsets into a text (UTF-16 units, from 0) into lines and columns, both from 1. */
export type Lines = (offset: number) => Position;

/** The line index of a text. `\n` ends a line; `\r` before it belongs to the line. */
export function linesOf(text: string): Lines {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return [low + 1, offset - (starts[low] ?? 0) + 1];
  };
}
