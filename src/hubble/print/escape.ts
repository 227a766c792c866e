/** Escape and carriage return, but with colours on not the sequences of the printer's own colours, whoever wrote them. */
const COLORED = /\u001b\[(?:3[1-6]|0)m|\u001b|\r/g;

/** Takes from a text what could steer a terminal. Upstream: hubble/pkg/printer/terminal.go. */
export function escaper(isColored: boolean): (text: string) => string {
  if (isColored) return (text) => text.replace(COLORED, escapedLetter);
  return (text) =>
    text.includes("\u001b") || text.includes("\r") ? text.replaceAll("\u001b", "^[").replaceAll("\r", "\\r") : text;
}

function escapedLetter(found: string): string {
  if (found === "\r") return "\\r";
  return found.length === 1 ? "^[" : found;
}
