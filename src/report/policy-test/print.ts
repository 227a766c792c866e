import { outcomeJson } from "./jsonl.ts";
import { suiteXml } from "./junit.ts";
import { outcomesMarkdown } from "./markdown.ts";
import type { TestOutcome } from "./result.ts";
import { outcomeText, type TestTextOptions } from "./text.ts";

export const TEST_FORMATS = ["text", "jsonl", "junit", "markdown"] as const;

/** The format of results, and what the text among them is printed on. */
export type TestPrinting = { readonly output: string; readonly text: TestTextOptions };

/** The results of one test in a format; what frames all tests is put round them at the end. */
export function printOutcomes(outcomes: readonly TestOutcome[], { output, text }: TestPrinting): string {
  switch (output) {
    case "jsonl":
      return outcomes.map(outcomeJson).join("");
    case "junit":
      return suiteXml(outcomes);
    case "markdown":
      return outcomesMarkdown(outcomes);
    default:
      return outcomes.map((outcome) => outcomeText(outcome, text)).join("");
  }
}
