import type { TestConnection } from "#model/policy-test.ts";
import { styleOf } from "../style.ts";
import { hanging, type Page } from "../text/page.ts";
import { count, counted } from "../words.ts";
import { differences, subjectName, type TestOutcome } from "./result.ts";

export type TestTextOptions = { readonly width: number; readonly color: boolean; readonly all: boolean };

function pageOf({ width, color, all }: TestTextOptions): Page {
  return { width: Math.max(40, width), style: styleOf(color), all, long: "break" };
}

/** A failure in full; a pass only with `all`, on one line. Else "". */
export function outcomeText(outcome: TestOutcome, options: TestTextOptions): string {
  const page = pageOf(options);
  if (outcome.pass) return options.all ? lines(head(outcome, page, page.style.good("✓"))) : "";
  const { connection, got, reasons } = outcome;
  const error = typeof got["error"] === "string" && outcome.expect["error"] === undefined ? got["error"] : "";
  const body = [
    ...(connection === null ? [] : [connectionText(connection)]),
    ...differences(outcome),
    ...(error === "" ? [] : [error]),
    ...reasons,
    ...(outcome.file === null ? [] : [outcome.file]),
  ];
  return `${lines([...head(outcome, page, page.style.bad("✗")), ...body.flatMap((text) => hanging(page, "", 2, text))])}\n`;
}

function head(outcome: TestOutcome, page: Page, sign: string): readonly string[] {
  return hanging(page, sign, 2, `${outcome.test} · ${subjectName(outcome)}`);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}

function connectionText({ from, to, protocol, port, icmpType, request, serverName }: TestConnection): string {
  const target =
    port === null ? ` ${protocol}${icmpType === null ? "" : ` type ${icmpType}`}` : ` :${port}/${protocol}`;
  const asked = request === null ? "" : request.kind === "dns" ? `, asks for ${request.name}` : requestText(request);
  return `${from} → ${to}${target}${asked}${serverName === null ? "" : `, SNI ${serverName}`}`;
}

function requestText(request: Exclude<NonNullable<TestConnection["request"]>, { readonly kind: "dns" }>): string {
  return request.kind === "http"
    ? `, ${request.method === "" ? "HTTP" : request.method} ${request.path}`
    : `, SNI ${request.serverName}`;
}

export type TestTotals = { readonly tests: number; readonly passed: number; readonly failed: number };

/** The last line: `3 of 41 results fail in 12 tests`. */
export function totalsText(totals: TestTotals, options: TestTextOptions): string {
  const { style } = pageOf(options);
  const { tests, passed, failed } = totals;
  const all = passed + failed;
  const tail = `in ${counted(tests, "test")}`;
  if (all === 0) return `${style.unsure("nothing was checked")} ${tail}\n`;
  if (failed === 0) return `${style.good(`✓ all ${counted(all, "result")} as expected`)} ${tail}\n`;
  return `${style.bad(`✗ ${count(failed)} of ${counted(all, "result")} not as expected`)} ${tail}\n`;
}
