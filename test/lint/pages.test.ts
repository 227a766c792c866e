import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKS } from "#lint/checks.ts";
import { lint } from "#lint/lint.ts";
import { checkIndex, checkPage } from "#report/lint/check-page.ts";
import { policiesOf } from "#cli/run/checks.ts";
import { exampleInput } from "./example-input.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "docs", "checks");
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";
const OTHERS = ["README.md", "real-sets.md"];

function expectPage(name: string, text: string): void {
  const file = join(FOLDER, name);
  if (isUpdate) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(text);
}

describe("docs/checks", () => {
  it.each(CHECKS.map((check) => ({ id: check.id, check })))("$id has its page", async ({ id, check }) => {
    const { input, sources } = await exampleInput(check.bad);
    const hasFix = lint(input, { sources }).findings.some((one) => one.check === id && one.fix?.proven === true);
    const fixes = !hasFix ? "none" : check.isProposal === true ? "proposal" : "fix";
    expectPage(`${id}.md`, checkPage({ ...check, bad: policiesOf(check.bad), good: policiesOf(check.good) }, fixes));
  });

  it("has an index, and no page of a check that is gone", () => {
    expectPage("README.md", checkIndex(CHECKS));
    const known = new Set([...CHECKS.map(({ id }) => `${id}.md`), ...OTHERS]);
    const strangers = readdirSync(FOLDER).filter((name) => !known.has(name));
    if (isUpdate) for (const name of strangers) rmSync(join(FOLDER, name));
    expect(isUpdate ? [] : strangers).toEqual([]);
  });
});
