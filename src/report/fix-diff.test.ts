import { applyPatch, createTwoFilesPatch } from "diff";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Edit, Hole, Rehearsal } from "#model/rehearsal.ts";
import { parseDiff, fileChanges, splitFiles } from "./diff-text.ts";
import { fixDiff } from "./fix-diff.ts";

const ORIGINAL = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);

function edit(changed: readonly string[], more: Partial<Edit> = {}): Edit {
  const diff = createTwoFilesPatch("a/p.yaml", "b/p.yaml", text(ORIGINAL), text(changed), undefined, undefined, {
    context: 3,
  });
  return { file: "p.yaml", diff, summary: "", proven: true, newlyAllows: [], ...more };
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

const END = { kind: "pod", namespace: "a", workload: { kind: "Deployment", name: "b" } };
const PLAIN = { looksUnwanted: false, from: END, to: END, protocol: "TCP", port: 80 } as unknown as Hole;

/** Only what fixDiff looks at. */
function rehearsal(...edits: readonly (Edit | null)[]): Rehearsal {
  const holes = edits.map((one, index) => ({ ...PLAIN, id: `h${index + 1}`, edit: one }));
  return { holes } as unknown as Rehearsal;
}

function inserted(before: number, ...lines: readonly string[]): readonly string[] {
  return [...ORIGINAL.slice(0, before - 1), ...lines, ...ORIGINAL.slice(before - 1)];
}

describe("proven edits as one patch", () => {
  it("joins edits of one file, near and far, so that they apply", () => {
    const result = fixDiff(rehearsal(edit(inserted(5, "A")), edit(inserted(9, "B")), edit(inserted(33, "C"))));
    const wanted = [
      ...ORIGINAL.slice(0, 4),
      "A",
      ...ORIGINAL.slice(4, 8),
      "B",
      ...ORIGINAL.slice(8, 32),
      "C",
      ...ORIGINAL.slice(32),
    ];
    expect(applyPatch(text(ORIGINAL), result.patch)).toBe(text(wanted));
    expect(result).toMatchObject({ cured: ["h1", "h2", "h3"], leftOut: [] });
  });

  it("takes an edit of two files whole or not at all", () => {
    const other = createTwoFilesPatch("a/q.yaml", "b/q.yaml", "one\n", "one\ntwo\n", undefined, undefined, {
      context: 3,
    });
    const both = edit([], { diff: edit(inserted(5, "A")).diff + other });
    expect(fixDiff(rehearsal(both)).patch).toContain("+++ b/q.yaml");
    const clash = fixDiff(rehearsal(edit(inserted(5, "B")), both));
    expect(clash).toMatchObject({ cured: ["h1"], leftOut: ["h2"] });
    expect(clash.patch).not.toContain("q.yaml");
  });

  it("makes the same change once", () => {
    const result = fixDiff(rehearsal(edit(inserted(5, "A")), edit(inserted(5, "A"))));
    expect(applyPatch(text(ORIGINAL), result.patch)).toBe(text(inserted(5, "A")));
    expect(result.cured).toEqual(["h1", "h2"]);
  });

  it("leaves out an edit that changes what another one changes", () => {
    const other = ORIGINAL.map((line, index) => (index === 4 ? "changed" : line));
    const result = fixDiff(rehearsal(edit(inserted(6, "A")), edit(other)));
    expect(applyPatch(text(ORIGINAL), result.patch)).toBe(text(inserted(6, "A")));
    expect(result).toMatchObject({ cured: ["h1"], leftOut: ["h2"] });
  });

  it("takes two new items of one list", () => {
    const result = fixDiff(rehearsal(edit(inserted(6, "  - a: 1")), edit(inserted(6, "  - b: 2"))));
    expect(applyPatch(text(ORIGINAL), result.patch)).toBe(text(inserted(6, "  - a: 1", "  - b: 2")));
  });

  it("does not take two new keys of one mapping: they might be the same key", () => {
    const result = fixDiff(rehearsal(edit(inserted(6, "  a: 1")), edit(inserted(6, "  a: 2"))));
    expect(result.leftOut).toEqual(["h2"]);
  });

  it("leaves out what was not proven, and holes without an edit", () => {
    expect(fixDiff(rehearsal(edit(inserted(5, "A"), { proven: false }), null))).toEqual({
      patch: "",
      cured: [],
      leftOut: [],
      undecided: [],
    });
  });

  it("never opens what looks unwanted, by its own edit or by another's", () => {
    const own = edit(inserted(5, "A"));
    const other = edit(inserted(20, "B"), { newlyAllows: ["a/b → a/b 80"] });
    const [unwanted = PLAIN, rest = PLAIN] = rehearsal(own, other).holes;
    const result = fixDiff({ holes: [{ ...unwanted, looksUnwanted: true }, rest] } as unknown as Rehearsal);
    expect(result).toEqual({ patch: "", cured: [], leftOut: [], undecided: ["h1", "h2"] });
  });

  it("appends to a file, and fills an empty one", () => {
    const appended = fixDiff(rehearsal(edit([...ORIGINAL, "last"])));
    expect(applyPatch(text(ORIGINAL), appended.patch)).toBe(text([...ORIGINAL, "last"]));
    const diff = createTwoFilesPatch("a/n.yaml", "b/n.yaml", "", "one\n", undefined, undefined, { context: 3 });
    const filled = fixDiff(rehearsal(edit([], { diff, file: "n.yaml" })));
    expect(applyPatch("", filled.patch)).toBe("one\n");
  });

  it("keeps a last line without line break", () => {
    const before = text(ORIGINAL).trimEnd();
    for (const after of [`${before}\nadded`, `${before}\nadded\n`, before.replace("line 38", "changed")]) {
      const diff = createTwoFilesPatch("a/p.yaml", "b/p.yaml", before, after, undefined, undefined, { context: 3 });
      const { patch } = fixDiff(rehearsal(edit([], { diff })));
      expect(applyPatch(before, patch)).toBe(after);
    }
  });

  it("applies to the original whatever the edits: all of those taken, none of the others", () => {
    const change = fc.record({
      at: fc.integer({ min: 1, max: 40 }),
      remove: fc.integer({ min: 0, max: 2 }),
      add: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const edits = changes.map(({ at, remove, add }, index) => {
          const lines = Array.from({ length: add }, (_, line) => `new ${index} ${line}`);
          return edit([...ORIGINAL.slice(0, at - 1), ...lines, ...ORIGINAL.slice(at - 1 + remove)]);
        });
        const result = fixDiff(rehearsal(...edits));
        const applied = result.patch === "" ? text(ORIGINAL) : applyPatch(text(ORIGINAL), result.patch);
        expect(applied).not.toBe(false);
        const lines = new Set(String(applied).split("\n"));
        for (const [index, { add }] of changes.entries()) {
          const isTaken = result.cured.includes(`h${index + 1}`);
          for (let line = 0; line < add; line += 1) expect(lines.has(`new ${index} ${line}`)).toBe(isTaken);
        }
      }),
    );
  });
});

describe("reading a diff", () => {
  it("knows the old lines and where each change is", () => {
    const diff = parseDiff(edit(inserted(5, "A", "B")).diff);
    expect(diff?.changes).toEqual([{ line: 5, removed: [], added: ["A", "B"] }]);
    expect(diff?.oldLines.get(4)).toBe("line 4");
    expect(diff?.oldName).toBe("a/p.yaml");
  });

  it("tells removed lines that look like a header from a header", () => {
    const diff = ["--- a/x", "+++ b/x", "@@ -1,2 +1,2 @@", "--- old", "+++ new", " kept", ""].join("\n");
    expect(splitFiles(diff + diff)).toEqual([diff, diff]);
    expect(parseDiff(diff)?.changes).toEqual([{ line: 1, removed: ["-- old"], added: ["++ new"] }]);
  });

  it("knows what is changed in each file", () => {
    const one = ["--- a/x.yaml", "+++ b/x.yaml", "@@ -3,1 +3,3 @@", "     kept", "+      rules:", "+        dns: []"];
    const two = ["--- a/y.yaml", "+++ b/y.yaml", "@@ -7,1 +7,1 @@", "-  port: 80", "+  port: 8080", ""];
    expect(fileChanges([...one, ...two].join("\n"))).toEqual([
      { file: "x.yaml", line: 4, changes: [{ line: 4, removed: [], added: ["      rules:", "        dns: []"] }] },
      { file: "y.yaml", line: 7, changes: [{ line: 7, removed: ["  port: 80"], added: ["  port: 8080"] }] },
    ]);
  });

  it("has nothing to show where nothing is changed", () => {
    expect(fileChanges("")).toEqual([]);
  });
});
