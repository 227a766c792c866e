import { describe, expect, it } from "vitest";
import { cutEnd, cutMiddle, displayWidth, padTo, withoutControls, wrap, wrapCommand } from "./width.ts";

describe("displayWidth", () => {
  it.each([
    ["argocd", 6],
    ["→ ✓ ✗ ·", 7],
    ["\u001B[31mred\u001B[39m", 3],
    ["名前.yaml", 9],
    ["e\u0301", 1],
  ])("%j takes %i columns", (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

describe("cutting", () => {
  it.each([
    ["short", 10, "short", "short"],
    ["argocd-repo-server", 10, "argocd-re…", "argoc…rver"],
    ["名前名前名前", 7, "名前名…", "名前…前"],
  ])("%s in %i columns", (text, width, end, middle) => {
    expect(cutEnd(text, width)).toBe(end);
    expect(cutMiddle(text, width)).toBe(middle);
    expect(displayWidth(cutMiddle(text, width))).toBeLessThanOrEqual(width);
  });

  it("pads painted text by what is seen of it", () => {
    expect(padTo("\u001B[1mh1\u001B[22m", 4)).toBe("\u001B[1mh1\u001B[22m  ");
  });
});

describe("wrap", () => {
  it("fills lines and keeps words whole", () => {
    expect(wrap("no rule of the selecting policies allows it", 16)).toEqual([
      "no rule of the",
      "selecting",
      "policies allows",
      "it",
    ]);
  });

  it("keeps an end with its port", () => {
    expect(wrap("argocd → github.com\u00A0:443", 18)).toEqual(["argocd →", "github.com :443"]);
  });

  it("makes no line longer than asked, whatever the word", () => {
    for (const line of wrap(`a ${"x".repeat(300)} b`, 20)) expect(displayWidth(line)).toBeLessThanOrEqual(20);
  });
});

describe("long words", () => {
  it("break over lines where nothing may be lost", () => {
    expect(wrap(`a ${"x".repeat(25)} b`, 10, "break")).toEqual(["a", "x".repeat(10), "x".repeat(10), "xxxxx b"]);
  });
});

describe("wrapCommand", () => {
  it("breaks with a backslash, so that it can be copied", () => {
    expect(wrapCommand("hubble observe --from-pod argocd/x --last 20", 24)).toEqual([
      "hubble observe \\",
      "  --from-pod argocd/x \\",
      "  --last 20",
    ]);
  });

  it("never cuts an argument", () => {
    expect(wrapCommand(`echo ${"x".repeat(40)}`, 20).join("")).toContain("x".repeat(40));
  });
});

it("control characters and direction marks become visible", () => {
  expect(withoutControls("a\u001B[2Jb\rc\u202Ed")).toBe("a\uFFFD[2Jb\uFFFDc\uFFFDd");
});
