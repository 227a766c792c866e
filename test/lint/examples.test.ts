import { describe, expect, it } from "vitest";
import { CHECKS } from "#lint/checks.ts";
import { lint } from "#lint/lint.ts";
import { readInventory } from "#decode/objects/objects.ts";
import { readManifests } from "#decode/yaml/yaml.ts";
import { applyPatch } from "diff";
import { EXAMPLE_FILE, exampleInput } from "./example-input.ts";

describe.each(CHECKS.map((check) => ({ id: check.id, check })))("$id", ({ id, check }) => {
  it("finds its bad example, once awake", async () => {
    const { input, sources } = await exampleInput(check.bad, check.recorded?.bad);
    const report = lint(input, { sources });
    expect(report.slept.filter((one) => one.check === id)).toEqual([]);
    expect(report.findings.filter((one) => one.check === id)).not.toEqual([]);
  });

  it("is silent on its good example", async () => {
    const { input, sources } = await exampleInput(check.good, check.recorded?.good);
    expect(lint(input, { sources }).findings.filter((one) => one.check === id)).toEqual([]);
  });

  it("has fixes that mend the text", async () => {
    const { input, sources } = await exampleInput(check.bad, check.recorded?.bad);
    const fixes = lint(input, { sources }).findings.flatMap((one) => (one.check === id ? (one.fix ?? []) : []));
    for (const { diff, proven } of fixes) {
      expect(proven).toBe(true);
      const text = applyPatch(sources[EXAMPLE_FILE] ?? "", diff);
      if (text === false) throw new Error(`the patch does not apply:\n${diff}`);
      const linted = readInventory(readManifests(text, EXAMPLE_FILE).manifests).policies;
      const after = lint({ ...input, linted }, { sources: { [EXAMPLE_FILE]: text } });
      expect(after.findings.filter((one) => one.check === id).length).toBeLessThan(
        lint(input, { sources }).findings.filter((one) => one.check === id).length,
      );
    }
  });
});

describe("every check", () => {
  it("has an id of its own in kebab-case, and says what it is, why, and what it does not see", () => {
    expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
    for (const { id, title, why, limits } of CHECKS) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      for (const text of [title, why, limits]) expect(text.length).toBeGreaterThan(10);
    }
  });

  it("yields only to checks that there are", () => {
    const ids = new Set(CHECKS.map(({ id }) => id));
    expect(CHECKS.flatMap(({ yieldsTo = [] }) => yieldsTo).filter((id) => !ids.has(id))).toEqual([]);
  });
});
