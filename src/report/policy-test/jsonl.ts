import type { TestOutcome } from "./result.ts";

/** One line of `ringfence test -o jsonl`, with its line break. */
export function outcomeJson({ test, subject, pass, got, expect }: TestOutcome): string {
  return `${JSON.stringify({ test, ...subject, pass, got, expect })}\n`;
}
