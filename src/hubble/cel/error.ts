/** What the compiler has against an expression, and where in it. */
export class CelError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** What goes wrong while an expression is run: the flow does not match. */
export class CelRuntimeError extends Error {}

/** Upstream: cel-go common.Error.ToDisplayString. */
export function celErrorText(error: CelError, expression: string): string {
  const before = expression.slice(0, error.at);
  const lineStart = before.lastIndexOf("\n") + 1;
  const column = [...before.slice(lineStart)].length;
  const line = expression.slice(lineStart).split("\n")[0] ?? "";
  const row = before.split("\n").length;
  return `ERROR: <input>:${row}:${column + 1}: ${error.message}\n | ${line}\n | ${".".repeat(column)}^`;
}
