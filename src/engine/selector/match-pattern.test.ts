import { describe, expect, it } from "vitest";
import { dnsMatcher, fqdnMatcher, serverNameMatches } from "./match-pattern.ts";

// topic-f-patterns holds what Cilium answers to some two thousand pairs; here is what one would trip over.
describe("toFQDNs patterns", () => {
  const before = (pattern: string, name: string) => fqdnMatcher({ matchName: "", matchPattern: pattern }, false)(name);
  const since119 = (pattern: string, name: string) => fqdnMatcher({ matchName: "", matchPattern: pattern }, true)(name);

  it.each([
    // pattern, name, 1.18, 1.19 and later
    ["*.github.com", "api.github.com", true, true],
    ["*.github.com", "github.com", false, false],
    ["*.github.com", "a.b.github.com", false, false],
    ["*.github.com", ".github.com", true, true],
    ["**.github.com", "a.b.github.com", false, true],
    ["**.github.com", "api.github.com", true, true],
    ["**.github.com", "github.com", false, false],
    ["*", "github.com", true, true],
    ["*", "a.b.c", true, true],
    ["**", "github.com", false, true],
    ["sub*.github.com", "sub.github.com", true, true],
    ["sub*.github.com", "subway.github.com", true, true],
    ["github.*", "github.com", true, true],
    ["github.*", "github.co.uk", false, false],
    ["GitHub.com", "github.com", true, true],
    ["github.com.", "github.com", true, true],
    ["github.com", "githubxcom", false, false],
  ])("%s takes %s: 1.18 %s, later %s", (pattern, name, old, now) => {
    expect([before(pattern, name), since119(pattern, name)]).toEqual([old, now]);
  });

  it("compares a matchName in any case, with or without final dot", () => {
    const matches = fqdnMatcher({ matchName: "API.github.com", matchPattern: "" }, true);
    expect([matches("api.github.com"), matches("api.github.com."), matches("github.com")]).toEqual([true, true, false]);
  });
});

describe("rules.dns", () => {
  it("lets every question through where there is no rule", () => {
    expect(dnsMatcher([], true)("anything.example")).toBe(true);
  });

  it("lets through what any rule takes", () => {
    const matches = dnsMatcher(
      [
        { matchName: "github.com", matchPattern: "" },
        { matchName: "", matchPattern: "*.github.com" },
      ],
      true,
    );
    expect(["github.com", "api.github.com", "gitlab.com"].map(matches)).toEqual([true, true, false]);
  });
});

describe("serverNames", () => {
  it.each([
    ["a.test", "A.test", true],
    ["*.test", "a.test", true],
    ["*.test", "b.a.test", false],
    ["**.test", "b.a.test", true],
    ["**.test", "test", false],
    ["*", "a.test", true],
    ["a*.test", "ab.test", true],
  ])("%s takes %s: %s", (pattern, name, takes) => {
    expect(serverNameMatches(pattern, name)).toBe(takes);
  });

  it("does not slow down on stars", () => {
    const started = performance.now();
    expect(serverNameMatches(`${"*a".repeat(40)}.test`, `${"a".repeat(200)}.nope`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
