/** Where lines and columns are in a text, by offset. */

export function lineStart(source: string, offset: number): number {
  return source.lastIndexOf("\n", offset - 1) + 1;
}

export function columnOf(source: string, offset: number): number {
  return offset - lineStart(source, offset);
}

/** Spaces at the beginning of the line, up to the offset. */
export function lineIndent(source: string, offset: number): number {
  const line = source.slice(lineStart(source, offset), offset);
  return /^ */.exec(line)?.[0].length ?? 0;
}

export function isFirstOnLine(source: string, offset: number): boolean {
  return lineIndent(source, offset) === columnOf(source, offset);
}

/** The offset of the line break that ends the line, before `\r`; the end of the text without one. */
export function endOfLine(source: string, offset: number): number {
  const newline = source.indexOf("\n", offset);
  if (newline < 0) return source.length;
  return newline > offset && source[newline - 1] === "\r" ? newline - 1 : newline;
}

/** Where the next line begins; the end of the text when there is none. */
export function nextLine(source: string, offset: number): number {
  const newline = source.indexOf("\n", offset);
  return newline < 0 ? source.length : newline + 1;
}
