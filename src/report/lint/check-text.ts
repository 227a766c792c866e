import type { Severity } from "#model/finding.ts";
import { styleOf } from "../style.ts";
import { type Page, paragraph } from "../text/page.ts";
import { padTo } from "../width.ts";

/** A check as it is shown. `bad` and `good`: manifests. */
export type ShownCheck = {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly why: string;
  readonly limits: string;
  readonly needs: readonly string[];
  readonly yieldsTo?: readonly string[];
  readonly bad: string;
  readonly good: string;
};

export type CheckLayout = { readonly width: number; readonly color: boolean };

const pageOf = ({ width, color }: CheckLayout): Page => ({ width, style: styleOf(color), all: true, long: "cut" });

/** Every check on a line: id, severity, title, what it needs. */
export function checkListLines(checks: readonly ShownCheck[], layout: CheckLayout): string {
  const page = pageOf(layout);
  const { style } = page;
  const wide = Math.max(...checks.map(({ id }) => id.length));
  const paint = { error: style.bad, warn: style.unsure, info: style.dim };
  const lines = checks.flatMap(({ id, severity, title, needs }) => {
    const asks = needs.length === 0 ? "" : ` (needs ${needs.join(", ")})`;
    const [first = "", ...rest] = paragraph({ ...page, width: page.width - wide - 9 }, title + asks, 0);
    const head = `${style.name(padTo(id, wide))}  ${paint[severity](padTo(severity, 5))}  ${first}`;
    return [head, ...rest.map((line) => " ".repeat(wide + 9) + line)];
  });
  return `${lines.join("\n")}\n${style.dim("one in full: ringfence checks ID")}\n`;
}

/** One check in full. */
export function checkLines(check: ShownCheck, layout: CheckLayout): string {
  const page = pageOf(layout);
  const { style } = page;
  const { needs, yieldsTo = [] } = check;
  const manifest = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`);
  const lines = [
    `${style.name(check.id)}  ${check.severity}`,
    ...paragraph(page, check.title, 0).map(style.bold),
    "",
    ...check.why.split("\n").flatMap((text) => paragraph(page, text, 0)),
    "",
    style.bad("Avoid"),
    ...manifest(check.bad),
    "",
    style.good("Prefer"),
    ...manifest(check.good),
    "",
    ...paragraph(page, `Needs: ${needs.length === 0 ? "manifests alone" : needs.join(", ")}`, 0),
    ...paragraph(page, `Limits: ${check.limits}`, 0),
    ...(yieldsTo.length === 0 ? [] : paragraph(page, `Silent where these find the same: ${yieldsTo.join(", ")}`, 0)),
  ];
  return `${lines.join("\n")}\n`;
}

/** The checks as JSON: one object a check. */
export function checkJson(checks: readonly ShownCheck[]): string {
  const shown = checks.map(({ id, severity, title, why, limits, needs, yieldsTo = [] }) => ({
    ...{ id, severity, title, why, limits, needs, yieldsTo },
  }));
  return `${JSON.stringify({ version: 1, checks: shown }, null, 2)}\n`;
}
