import { code, fenced, indented, prose } from "../markdown/markup.ts";
import { count, counted } from "../words.ts";
import { connectionText, editLines, failureSentences, subjectName, type TestOutcome, testPlace } from "./result.ts";
import type { TestTotals } from "./text.ts";

/** The failures of one test as entries of a pull request's comment; "" when there are none. */
export function outcomesMarkdown(outcomes: readonly TestOutcome[]): string {
  return outcomes
    .filter((outcome) => !outcome.pass)
    .map((outcome) => `${entry(outcome)}\n\n`)
    .join("");
}

function entry(outcome: TestOutcome): string {
  const { connection, failure } = outcome;
  const edit = failure?.edit ?? null;
  const told = edit === null ? [] : editLines(edit);
  const changes = told
    .filter((line) => line.kind !== "effect")
    .map((line) => (line.kind === "place" ? `# ${line.text}` : line.text));
  const body = [
    ...(connection === null ? [] : [code(connectionText(connection))]),
    ...failureSentences(outcome).map(prose),
    ...(edit === null ? [] : [fenced("diff", edit.diff === "" ? changes.join("\n") : edit.diff)]),
    ...told.filter((line) => line.kind === "effect").map((line) => prose(line.text)),
    code(testPlace(outcome)),
  ];
  return [`- ✗ **${prose(outcome.test)}** · ${prose(subjectName(outcome))}`, ...body.map(indented)].join("\n\n");
}

/** What stands below the entries, or alone when there are none. */
export function frameMarkdown(entries: readonly string[], totals: TestTotals, broken: readonly string[]): string {
  const { tests, passed, failed } = totals;
  const all = passed + failed;
  const sum =
    failed === 0
      ? `✓ all ${counted(all, "result")} as expected in ${counted(tests, "test")}`
      : `✗ ${count(failed)} of ${counted(all, "result")} not as expected in ${counted(tests, "test")}`;
  const head = all === 0 ? `nothing was checked in ${counted(tests, "test")}` : sum;
  const unread = broken.map((message) => `- ! could not be read: ${prose(message)}\n\n`);
  return `### ringfence test: ${head}\n\n${entries.join("")}${unread.join("")}`;
}
