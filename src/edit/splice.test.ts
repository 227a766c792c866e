import { describe, expect, it } from "vitest";
import { splice } from "./splice.ts";
import { unifiedDiff } from "./unified-diff.ts";

describe("splice", () => {
  it("applies edits by offsets into the text as given, in any order", () => {
    const edits = [
      { start: 4, end: 7, text: "THREE" },
      { start: 0, end: 0, text: ">" },
      { start: 2, end: 2, text: "," },
    ];
    expect(splice("ab cdef g", edits)).toBe(">ab, cTHREE g");
  });

  it("refuses edits that overlap: our bug, not the user's", () => {
    const edits = [
      { start: 0, end: 3, text: "" },
      { start: 2, end: 4, text: "" },
    ];
    expect(() => splice("abcdef", edits)).toThrow("overlap");
  });
});

describe("unified diff", () => {
  it("is what git apply takes", () => {
    expect(unifiedDiff("./policies/a.yaml", "a\nb\nc\n", "a\nB\nc\n")).toBe(
      ["--- a/policies/a.yaml", "+++ b/policies/a.yaml", "@@ -1,3 +1,3 @@", " a", "-b", "+B", " c", ""].join("\n"),
    );
  });

  it("is empty when nothing changed", () => {
    expect(unifiedDiff("a.yaml", "x", "x")).toBe("");
  });
});
