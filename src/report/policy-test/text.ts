import { styleOf } from "../style.ts";
import { hanging, type Page } from "../text/page.ts";
import { wrap } from "../width.ts";
import { count, counted } from "../words.ts";
import {
  connectionText,
  type EditLine,
  editLines,
  failureSentences,
  subjectName,
  type TestOutcome,
  testPlace,
} from "./result.ts";

export type TestTextOptions = { readonly width: number; readonly color: boolean; readonly all: boolean };

/** Changed lines shown of one edit; the rest is counted. */
const CHANGED_LINES = 12;

function pageOf({ width, color, all }: TestTextOptions): Page {
  return { width: Math.max(40, width), style: styleOf(color), all, long: "break" };
}

/** A failure in full; a pass only with `all`, on one line. Else "". */
export function outcomeText(outcome: TestOutcome, options: TestTextOptions): string {
  const page = pageOf(options);
  if (outcome.pass) return options.all ? lines(head(outcome, page, page.style.good("✓"))) : "";
  const { connection, failure } = outcome;
  const body = [
    ...(connection === null ? [] : sentence(page, connectionText(connection))),
    ...failureSentences(outcome).flatMap((text) => sentence(page, text)),
    ...(failure === null || failure.edit === null ? [] : editText(editLines(failure.edit), page)),
    ...sentence(page, testPlace(outcome)).map(page.style.dim),
  ];
  return `${lines([...head(outcome, page, page.style.bad("✗")), ...body])}\n`;
}

function sentence(page: Page, text: string): readonly string[] {
  return hanging(page, "", 2, text);
}

function editText(edit: readonly EditLine[], page: Page): readonly string[] {
  const changes = edit.filter((line) => line.kind === "change");
  const hidden = page.all || changes.length <= CHANGED_LINES + 1 ? 0 : changes.length - CHANGED_LINES;
  const shown = new Set(changes.slice(0, changes.length - hidden));
  const texts = edit.flatMap((line) => {
    switch (line.kind) {
      case "place":
        return sentence(page, line.text).map(page.style.name);
      case "change":
        return shown.has(line) ? changeLines(line.text, page) : [];
      case "effect":
        return [
          ...(hidden === 0 ? [] : [page.style.dim(`    … ${counted(hidden, "more line")}`)]),
          ...sentence(page, line.text).map(page.style.dim),
        ];
    }
  });
  return texts;
}

/** Wrapped behind its sign, with its indentation kept. */
function changeLines(text: string, page: Page): readonly string[] {
  const lead = /^[+-] *(?:- )?/.exec(text)?.[0] ?? "";
  const sign = lead.slice(0, 1);
  const paint = sign === "-" ? page.style.bad : page.style.good;
  const parts = wrap(text.slice(lead.length), page.width - lead.length - 6, page.long);
  return parts.map(
    (part, index) => `    ${paint(`${index === 0 ? lead : `${sign}${" ".repeat(lead.length + 1)}`}${part}`)}`,
  );
}

function head(outcome: TestOutcome, page: Page, sign: string): readonly string[] {
  const [first = "", ...rest] = hanging(page, "", 2, `${outcome.test} · ${subjectName(outcome)}`);
  return [`${sign} ${page.style.bold(first.slice(2))}`, ...rest.map(page.style.bold)];
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}

/** `broken`: tests that could not be read. */
export type TestTotals = {
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
  readonly broken: number;
};

/** The last line: `✗ 3 of 41 results not as expected in 12 tests`. */
export function totalsText(totals: TestTotals, options: TestTextOptions): string {
  const { style } = pageOf(options);
  const { tests, passed, failed, broken } = totals;
  const all = passed + failed;
  const unread = broken === 0 ? "" : style.bad(`, ${counted(broken, "test")} could not be read`);
  const tail = `in ${counted(tests, "test")}${unread}`;
  if (all === 0) return `${style.unsure("nothing was checked")} ${tail}\n`;
  if (failed === 0) return `${style.good(`✓ all ${counted(all, "result")} as expected`)} ${tail}\n`;
  return `${style.bad(`✗ ${count(failed)} of ${counted(all, "result")} not as expected`)} ${tail}\n`;
}
